import type { Logger } from 'pino';
import type { Cursor } from '../store/inbox-store.ts';
import type { BridgeStore } from '../store/open-store.ts';
import type { ChatDb } from './chat-db.ts';
import { readOr } from './salvage.ts';

// A replaced database is read again from this long before the newest message known; what was journaled is dropped.
const REREAD_MS = 24 * 3_600_000;

export interface CursorDeps {
  store: BridgeStore;
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
export function settleCursor(db: ChatDb, { store, pairedAt, log, now }: CursorDeps): { replaced: boolean } {
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
  // A damaged page tells nothing of another database.
  const guid = readOr(
    () => db.guidAt(cursor.rowId),
    () => cursor.guid ?? undefined,
  );
  return guid === undefined ? db.maxRowId() > cursor.rowId : guid === cursor.guid;
}

function cursorAt(db: ChatDb, rowId: number, dated: number): Cursor {
  const guid = readOr(
    () => db.guidAt(rowId),
    () => undefined,
  );
  return { rowId, guid: guid ?? null, dated };
}
