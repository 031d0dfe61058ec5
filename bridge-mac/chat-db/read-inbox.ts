import type { Logger } from 'pino';
import type { MessageEntry } from '../../shared/wire/journal.ts';
import type { Cursor, PendingRow } from '../store/inbox-store.ts';
import type { BridgeStore } from '../store/open-store.ts';
import type { ChatDb, MessageRow } from './chat-db.ts';
import { type Judgement, judgeRow } from './judge-row.ts';

const ROWS_AT_ONCE = 500;
const PENDING_PATIENCE_MS = 24 * 3_600_000;
// A replaced database is read again from this long before the newest message known; what was journaled is dropped.
const REREAD_MS = 24 * 3_600_000;

export interface InboxDeps {
  store: BridgeStore;
  /** Appends inside the running transaction. */
  append: (entries: readonly MessageEntry[]) => void;
  /** Rows dated before are never forwarded. Epoch milliseconds. */
  pairedAt: number;
  log: Logger;
  now: () => number;
}

/**
 * Makes sure that the cursor means a place in this database. A first cursor lies just below the first row since
 * pairing. When the row at the cursor is another one, the database was replaced or rebuilt: reading resumes by date.
 * Answers whether that happened.
 */
export function settleCursor(db: ChatDb, { store, pairedAt, log, now }: InboxDeps): { replaced: boolean } {
  return db.snapshot(() => {
    const cursor = store.inbox.cursor;
    if (cursor === undefined) {
      store.inbox.setCursor(cursorAt(db, db.rowIdBefore(pairedAt), Math.min(pairedAt, now())));
      return { replaced: false };
    }
    if (isSameDatabase(db, cursor)) return { replaced: false };
    const from = Math.max(pairedAt, cursor.dated - REREAD_MS);
    const resumed = cursorAt(db, db.rowIdBefore(from), cursor.dated);
    store.inbox.setCursor(resumed);
    log.warn(
      { row_id: cursor.rowId, resumed_at: resumed.rowId },
      'chat.db is not the database it was: reading it again by date',
    );
    return { replaced: true };
  });
}

// Deleting a message frees its row for good, so a row that is gone tells nothing while there are later ones.
function isSameDatabase(db: ChatDb, cursor: Cursor): boolean {
  if (cursor.guid === null) return db.maxRowId() >= cursor.rowId;
  const guid = db.guidAt(cursor.rowId);
  return guid === undefined ? db.maxRowId() > cursor.rowId : guid === cursor.guid;
}

function cursorAt(db: ChatDb, rowId: number, dated: number): Cursor {
  return { rowId, guid: db.guidAt(rowId) ?? null, dated };
}

/**
 * Journals what came in: rows that were pending first, then every row above the cursor. Journal entries, pending
 * set, seen messages and cursor are one commit per batch.
 */
export function readInbox(db: ChatDb, deps: InboxDeps): void {
  // One snapshot for both: a row whose chat is committed in between would come after rows that followed it.
  const readOnce = (): number => {
    recheckPending(db, deps);
    return readBatch(db, deps);
  };
  while (db.snapshot(readOnce) === ROWS_AT_ONCE);
}

function readBatch(db: ChatDb, deps: InboxDeps): number {
  const { store, now } = deps;
  return db.snapshot(() => {
    const cursor = store.inbox.cursor;
    const rows = db.rowsAfter(cursor?.rowId ?? 0, ROWS_AT_ONCE);
    const last = rows.at(-1);
    if (last === undefined) return 0;
    const moment = now();
    const dates = rows.map((row) => row.at).filter((at) => at <= moment);
    const dated = dates.reduce((newest, at) => Math.max(newest, at), cursor?.dated ?? 0);
    const judged = rows.map((row) => ({ row, judgement: judge(db, row, deps) }));
    // What brings nothing for the hub is read again after a power failure, and judged the same.
    const isNews = judged.some(({ judgement }) => judgement.kind === 'message');
    const commit = isNews ? store.transaction : store.relaxedTransaction;
    commit(() => {
      for (const { row, judgement } of judged) takeRow(row, judgement, deps, undefined);
      store.inbox.setCursor({ rowId: last.rowId, guid: last.guid, dated });
    });
    return rows.length;
  });
}

function recheckPending(db: ChatDb, deps: InboxDeps): void {
  const { store } = deps;
  const pending = store.inbox.pending;
  if (pending.length === 0) return;
  db.snapshot(() =>
    store.transaction(() => {
      for (const waiting of pending) {
        const row = db.rowByGuid(waiting.guid);
        if (row === undefined) store.inbox.dropPending(waiting.guid);
        else takeRow(row, judge(db, row, deps), deps, waiting);
      }
    }),
  );
}

function judge(db: ChatDb, row: MessageRow, { pairedAt }: InboxDeps): Judgement {
  return judgeRow(row, row.fromMe ? [] : db.chatsOf(row.rowId), pairedAt);
}

function takeRow(
  row: MessageRow,
  judgement: Judgement,
  deps: InboxDeps,
  waiting: PendingRow | undefined,
): void {
  const { store, log, now } = deps;
  if (judgement.kind === 'wait') {
    keepWaiting(row, judgement.lacks, waiting, deps);
    return;
  }
  if (waiting !== undefined) store.inbox.dropPending(row.guid);
  if (judgement.kind === 'skip') return;

  const { entry, twin } = judgement;
  if (store.inbox.hasSeen(entry.guid, twin)) {
    log.debug({ row_id: row.rowId, guid: entry.guid }, 'row dropped: the same message was read before');
    return;
  }
  store.inbox.remember(entry.guid, twin, now());
  deps.append([entry]);
  const about = { row_id: row.rowId, guid: entry.guid, channel: entry.channel };
  if (entry.warning === undefined) log.info(about, 'received');
  else log.warn(about, `received; ${entry.warning}`);
}

function keepWaiting(row: MessageRow, lacks: string, waiting: PendingRow | undefined, deps: InboxDeps): void {
  const { store, log, now } = deps;
  if (waiting === undefined) {
    store.inbox.addPending({ rowId: row.rowId, guid: row.guid, since: now() });
    return;
  }
  if (now() - waiting.since < PENDING_PATIENCE_MS) return;
  store.inbox.dropPending(row.guid);
  // A link's preview that never got a text is no loss.
  if (row.balloon !== null) return;
  log.warn(
    { row_id: row.rowId, guid: row.guid },
    `Row ${row.rowId} in chat.db still lacks ${lacks} after a day: given up`,
  );
}
