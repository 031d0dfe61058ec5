import type { Database, Statement } from 'better-sqlite3';

/** How far chat.db has been read. `dated` is the newest row date met so far, epoch milliseconds. */
export interface Cursor {
  rowId: number;
  /** Guid of the row at `rowId`: tells a replaced database from the one that was read. Null for an empty one. */
  guid: string | null;
  dated: number;
}

/** A row that was not whole when it was met; `since` is epoch milliseconds. */
export interface PendingRow {
  rowId: number;
  guid: string;
  since: number;
}

/** The state of reading chat.db: cursor, rows to look at again, and messages that went into the journal before. */
export class InboxStore {
  readonly #cursor: Statement<[], Cursor>;
  readonly #setCursor: Statement<[number, string | null, number]>;
  readonly #pending: Statement<[], PendingRow>;
  readonly #addPending: Statement<[number, string, number]>;
  readonly #dropPending: Statement<[string]>;
  readonly #knows: Statement<[string], unknown>;
  readonly #knowsTwin: Statement<[Buffer], unknown>;
  readonly #remember: Statement<[string, Buffer, number]>;
  readonly #forget: Statement<[number]>;

  constructor(db: Database) {
    this.#cursor = db.prepare('SELECT row_id AS rowId, guid, dated FROM cursor');
    this.#setCursor = db.prepare(
      `INSERT INTO cursor (one, row_id, guid, dated) VALUES (1, ?, ?, ?)
       ON CONFLICT (one) DO UPDATE SET row_id = excluded.row_id, guid = excluded.guid, dated = excluded.dated`,
    );
    this.#pending = db.prepare('SELECT row_id AS rowId, guid, since FROM pending_rows ORDER BY row_id');
    this.#addPending = db.prepare(
      'INSERT INTO pending_rows (row_id, guid, since) VALUES (?, ?, ?) ON CONFLICT (row_id) DO UPDATE SET guid = excluded.guid',
    );
    this.#dropPending = db.prepare('DELETE FROM pending_rows WHERE guid = ?');
    this.#knows = db.prepare('SELECT 1 FROM seen_messages WHERE guid = ?');
    this.#knowsTwin = db.prepare('SELECT 1 FROM seen_messages WHERE twin = ?');
    this.#remember = db.prepare(
      'INSERT INTO seen_messages (guid, twin, seen_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.#forget = db.prepare('DELETE FROM seen_messages WHERE seen_at < ?');
  }

  get cursor(): Cursor | undefined {
    return this.#cursor.get();
  }

  setCursor({ rowId, guid, dated }: Cursor): void {
    this.#setCursor.run(rowId, guid, dated);
  }

  get pending(): PendingRow[] {
    return this.#pending.all();
  }

  addPending({ rowId, guid, since }: PendingRow): void {
    this.#addPending.run(rowId, guid, since);
  }

  dropPending(guid: string): void {
    this.#dropPending.run(guid);
  }

  /** Whether this message, or one of the same sender, date and text under another guid, was journaled before. */
  hasSeen(guid: string, twin: Buffer): boolean {
    return this.#knows.get(guid) !== undefined || this.#knowsTwin.get(twin) !== undefined;
  }

  remember(guid: string, twin: Buffer, now: number): void {
    this.#remember.run(guid, twin, now);
  }

  /** Forgets messages journaled before `moment`. */
  forgetBefore(moment: number): void {
    this.#forget.run(moment);
  }
}
