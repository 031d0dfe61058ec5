import type { JournalEntry, MessageEntry } from '../../shared/wire/journal.ts';
import type { PendingRow } from '../store/inbox-store.ts';
import type { ChatDb } from './chat-db.ts';
import type { Judgement, Ready } from './judge-row.ts';
import { DAMAGED_PAGES, Judging, type JudgingDeps } from './judging.ts';
import type { AttachmentRow, MessageRow } from './rows.ts';
import { isDamage, listRowIds, readOr, salvageRows } from './salvage.ts';
import { settleCursor } from './settle-cursor.ts';
import { EditSweep } from './sweep-edits.ts';

const ROWS_AT_ONCE = 500;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const PENDING_PATIENCE_MS = DAY_MS;
// Send Later: a year ahead at most.
const SCHEDULED_PATIENCE_MS = 400 * DAY_MS;
// A row's chat comes milliseconds after it, or after Messages was restarted in between.
const CHAT_WITHIN_MS = 3_000;
// One look counts as no more waiting than this: after sleep, Messages has had no time to finish either.
const MOST_CREDITED_MS = MINUTE_MS;
const CREDIT_EVERY_MS = 1_000;
// Damage that goes away was a database in the middle of being replaced.
const LOOKS_BEFORE_SALVAGE = 3;

/** Brings a message's files to the hub. */
export interface FileDesk {
  /** The files in their order, once each is on the hub or given up; undefined until then. */
  resultsOf(
    message: { guid: string; rowId: number },
    files: readonly AttachmentRow[],
    waitedMs: number,
  ): MessageEntry['attachments'] | undefined;
  /** A message is told, or gone: forgets its files. */
  forget(message: string): void;
}

export interface InboxDeps extends JudgingDeps {
  /** Appends inside the running transaction. */
  append: (entries: readonly JournalEntry[]) => void;
  files: FileDesk;
  /** Milliseconds of a clock that nobody sets. */
  elapsed: () => number;
}

/**
 * The way in: journals what chat.db tells. Journal entries, pending set, seen messages and cursor are one commit.
 * Rows that are not whole yet wait; where their conversation is known, what follows in it waits behind them.
 */
export class Inbox {
  readonly #deps: InboxDeps;
  readonly #edits: EditSweep;
  readonly #judging: Judging;
  #creditedAt: number;
  #damagedLooks = 0;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
    this.#judging = new Judging(deps);
    this.#edits = new EditSweep({
      ...deps,
      wants: (event) => this.#judging.wants(event),
      ownAddress: () => this.#judging.ownAddress,
    });
    this.#creditedAt = deps.elapsed();
  }

  /** Before each look: whether chat.db was replaced by another database, in which ROWIDs mean something else. */
  settle(db: ChatDb): { replaced: boolean } {
    const settled = settleCursor(db, { ...this.#deps, pairedAt: this.#judging.floor });
    this.#judging.prepare(db);
    return settled;
  }

  /** One look: rows that waited, new rows, edits. Answers whether there is more to read. */
  read(db: ChatDb): { more: boolean } {
    this.#creditWaiting();
    // One snapshot for all: a row whose chat is committed in between would come after rows that followed it.
    return db.snapshot(() => {
      this.#recheckPending(db);
      const { count, hasWaiting } = this.#readBatch(db);
      if (hasWaiting) this.#recheckPending(db);
      const more = count === ROWS_AT_ONCE;
      if (!more) this.#edits.look(db);
      return { more };
    });
  }

  /** Whether it is time for a look although chat.db did not change. */
  get isDue(): boolean {
    const { elapsed, store } = this.#deps;
    const moment = elapsed();
    if (moment >= this.#edits.nextLook) return true;
    return moment - this.#creditedAt >= CREDIT_EVERY_MS && store.inbox.hasPending;
  }

  #creditWaiting(): void {
    const { elapsed, store } = this.#deps;
    const since = elapsed() - this.#creditedAt;
    if (since < CREDIT_EVERY_MS) return;
    this.#creditedAt += since;
    if (!store.inbox.hasPending) return;
    store.relaxedTransaction(() => store.inbox.creditPending(Math.round(Math.min(since, MOST_CREDITED_MS))));
  }

  #readBatch(db: ChatDb): { count: number; hasWaiting: boolean } {
    const { store, now } = this.#deps;
    const cursor = store.inbox.cursor;
    const { rows, upTo } = this.#readRows(db, cursor?.rowId ?? 0);
    if (upTo === undefined) return { count: 0, hasWaiting: false };
    const moment = now();
    const dates = rows.map((row) => row.at).filter((at) => at <= moment);
    const dated = dates.reduce((newest, at) => Math.max(newest, at), cursor?.dated ?? 0);
    const judged = rows.map((row) => ({ row, judgement: this.#judging.judge(db, row, 0) }));
    // What brings nothing for the hub is read again after a power failure, and judged the same.
    const isNews = judged.some(({ judgement }) => judgement.kind === 'ready');
    const commit = isNews ? store.transaction : store.relaxedTransaction;
    let hasWaiting = false;
    commit(() => {
      for (const { row, judgement } of judged) {
        if (this.#meet(db, row, judgement) === 'waits') hasWaiting = true;
      }
      // Stepped over, a row tells no guid.
      const guid = rows.find((row) => row.rowId === upTo)?.guid ?? null;
      store.inbox.setCursor({ rowId: upTo, guid, dated });
    });
    return { count: rows.length, hasWaiting };
  }

  /** The next rows, past damaged pages where there are any; `upTo` is the last ROWID looked at, if any was. */
  #readRows(db: ChatDb, after: number): { rows: MessageRow[]; upTo: number | undefined } {
    try {
      const rows = db.rowsAfter(after, ROWS_AT_ONCE);
      this.#damagedLooks = 0;
      return { rows, upTo: rows.at(-1)?.rowId };
    } catch (error) {
      this.#damagedLooks += 1;
      if (!isDamage(error) || this.#damagedLooks < LOOKS_BEFORE_SALVAGE) throw error;
    }
    const { rows, damaged, upTo } = salvageRows(db, after, ROWS_AT_ONCE);
    if (damaged.length > 0) {
      const which = listRowIds(damaged);
      this.#deps.log.warn(
        { row_id: damaged[0] },
        `Damaged pages in chat.db: row ${which} cannot be read and is stepped over.`,
      );
    }
    return { rows, upTo };
  }

  /** Takes a row that is met for the first time. */
  #meet(db: ChatDb, row: MessageRow, judgement: Judgement): 'waits' | 'done' {
    const { store, now, log } = this.#deps;
    if (store.inbox.isPending(row.guid)) return 'waits';
    const { rowId, guid } = row;
    switch (judgement.kind) {
      case 'skip':
        return 'done';
      case 'ours':
        store.inbox.remember(guid, judgement.twin, now());
        return 'done';
      case 'wait':
        store.inbox.addPending({ rowId, guid, conversation: null });
        if (judgement.lacks === DAMAGED_PAGES) {
          log.warn(
            { row_id: rowId, guid },
            `Row ${rowId} in chat.db lacks ${DAMAGED_PAGES}; it is tried again.`,
          );
        }
        return 'waits';
      case 'hold':
        store.inbox.addPending({ rowId, guid, conversation: judgement.conversation });
        return 'waits';
      case 'ready': {
        // Rows of one batch are judged before any of them is told.
        if (this.#judging.isKnown(row, judgement)) return 'done';
        const { conversation, files } = judgement;
        const isBehind = store.inbox.headOf(conversation) !== undefined || this.#isBehindUnjoined(db, row);
        if (files.length > 0 || isBehind) {
          store.inbox.addPending({ rowId, guid, conversation });
          return 'waits';
        }
        this.#tell(row, judgement);
        return 'done';
      }
    }
  }

  #recheckPending(db: ChatDb): void {
    const { store } = this.#deps;
    const heads = store.inbox.heads;
    if (heads.length === 0) return;
    store.transaction(() => {
      for (const head of heads) {
        let waiting: PendingRow | undefined = head;
        while (waiting !== undefined && this.#recheck(db, waiting) === 'done') {
          waiting = waiting.conversation === null ? undefined : store.inbox.headOf(waiting.conversation);
        }
      }
    });
  }

  #recheck(db: ChatDb, waiting: PendingRow): 'waits' | 'done' {
    const { store, now, files } = this.#deps;
    const row = this.#find(db, waiting);
    if (row === 'damaged') return this.#keepWaiting(waiting, DAMAGED_PAGES, undefined);
    if (row === undefined) return this.#drop(waiting);
    const judgement = this.#judging.judge(db, row, waiting.waited);
    if (judgement.kind === 'ours') store.inbox.remember(row.guid, judgement.twin, now());
    if (judgement.kind === 'skip' || judgement.kind === 'ours') return this.#drop(waiting);
    if (judgement.kind !== 'wait') {
      const { conversation } = judgement;
      if (waiting.conversation !== conversation) store.inbox.setConversation(row.guid, conversation);
      // Something earlier may have begun to wait in the conversation that this row turns out to be of.
      if (store.inbox.headOf(conversation)?.guid !== row.guid) return 'waits';
    }
    if (judgement.kind !== 'ready') return this.#keepWaiting(waiting, judgement.lacks, row);
    if (this.#isBehindUnjoined(db, row)) return 'waits';
    if (judgement.entry.kind === 'message' && judgement.files.length > 0) {
      const results = files.resultsOf(row, judgement.files, waiting.waited);
      if (results === undefined) return 'waits';
      judgement.entry.attachments = results;
    }
    this.#drop(waiting);
    this.#tell(row, judgement);
    return 'done';
  }

  /** Whether an earlier row of the same person has no chat yet: it may be of this row's conversation, and comes first. */
  #isBehindUnjoined(db: ChatDb, row: MessageRow): boolean {
    return this.#deps.store.inbox.unjoined.some((waiting) => {
      if (waiting.rowId >= row.rowId || waiting.waited >= CHAT_WITHIN_MS) return false;
      const earlier = this.#find(db, waiting);
      return typeof earlier === 'object' && earlier.handle === row.handle && earlier.fromMe === row.fromMe;
    });
  }

  #find(db: ChatDb, waiting: PendingRow): MessageRow | 'damaged' | undefined {
    return readOr<MessageRow | 'damaged' | undefined>(
      () => db.findRow(waiting),
      () => 'damaged',
    );
  }

  #drop({ guid }: PendingRow): 'done' {
    this.#deps.store.inbox.dropPending(guid);
    this.#deps.files.forget(guid);
    return 'done';
  }

  #tell(row: MessageRow, { entry, twin, marks }: Ready): void {
    const { store, append, log, now } = this.#deps;
    store.inbox.remember(entry.guid, twin, now(), marks);
    append([entry]);
    const about = { row_id: row.rowId, guid: entry.guid, channel: entry.channel };
    const told = entry.kind === 'reaction' ? 'reaction' : entry.from_me ? 'echo' : 'received';
    const warning = entry.kind === 'message' ? entry.warning : undefined;
    if (warning === undefined) log.info(about, told);
    else log.warn(about, `${told}; ${warning}`);
  }

  #keepWaiting(waiting: PendingRow, lacks: string, row: MessageRow | undefined): 'waits' | 'done' {
    const patience = row?.scheduled ? SCHEDULED_PATIENCE_MS : PENDING_PATIENCE_MS;
    if (waiting.waited < patience) return 'waits';
    this.#drop(waiting);
    // A link's preview that never got a text is no loss, nor an own row that Messages left unfinished.
    if (row !== undefined && (row.balloon !== null || row.fromMe)) return 'done';
    this.#deps.log.warn(
      { row_id: waiting.rowId, guid: waiting.guid },
      `Row ${waiting.rowId} in chat.db still lacks ${lacks} after a day: given up`,
    );
    return 'done';
  }
}
