import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { openSqlite } from '../../shared/runtime/sqlite.ts';
import { toAppleTime } from './apple-time.ts';
import { asInteger, asText } from './cells.ts';
import { OwnRows } from './own-rows.ts';
import { findLacking, prepareQueries, type Queries } from './queries.ts';
import {
  type AttachmentRow,
  type Chat,
  type MessageRow,
  toAttachmentRow,
  toChat,
  toMessageRow,
} from './rows.ts';
import { readOr } from './salvage.ts';
import { isReplayIn } from './twins.ts';
import { explainForeign, explainUnreadable } from './unreadable.ts';

export type { AttachmentRow, Chat, MessageRow } from './rows.ts';

/** One open connection to Messages' database: read-only, and everything Apple's schema means is known here. */
export class ChatDb implements Disposable {
  readonly #db: Database;
  readonly #path: string;
  readonly #file: string;
  readonly #queries: Queries;
  readonly #schema: bigint;
  /** What was sent from here, and the chats to send to. */
  readonly own: OwnRows;

  private constructor(db: Database, path: string, file: string) {
    this.#db = db;
    this.#path = path;
    this.#file = file;
    // Read first: columns that come in between are noticed later.
    this.#schema = BigInt(Number(db.pragma('schema_version', { simple: true })));
    this.#queries = prepareQueries(db);
    this.own = new OwnRows(db);
  }

  /** Throws ChatDbUnreadableError with what to do about it. `nodePath` is the binary that needs the access. */
  static open(path: string, nodePath: string): ChatDb {
    let db: Database | undefined;
    let lacking: string | undefined;
    try {
      const file = fileAt(path);
      db = openSqlite(path, { readonly: true, fileMustExist: true, timeout: 1_000 });
      lacking = findLacking(db);
      if (lacking === undefined) return new ChatDb(db, path, file);
    } catch (error) {
      db?.close();
      throw explainUnreadable(path, error, nodePath);
    }
    db.close();
    throw explainForeign(path, lacking);
  }

  /** Whether the path still leads to the file that is open; another one may have been put in its place. */
  isCurrent(): boolean {
    try {
      return fileAt(this.#path) === this.#file;
    } catch {
      return false;
    }
  }

  /** Changes when another process commits. */
  dataVersion(): bigint {
    return this.#queries.dataVersion.get()?.data_version ?? 0n;
  }

  /** Whether tables or columns are other ones than when it was opened: macOS may be upgraded at any time. */
  hasOtherSchema(): boolean {
    return this.#queries.schemaVersion.get()?.schema_version !== this.#schema;
  }

  /** Runs `read` on one consistent state of the database. */
  snapshot<Result>(read: () => Result): Result {
    if (this.#db.inTransaction) return read();
    this.#db.exec('BEGIN');
    try {
      return read();
    } finally {
      this.#endSnapshot();
    }
  }

  // Once a read has met damaged pages, COMMIT fails too. Nothing was written, so nothing is lost.
  #endSnapshot(): void {
    try {
      this.#db.exec('COMMIT');
    } catch {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
    }
  }

  /** 0 for an empty database. */
  maxRowId(): number {
    // Where the newest page is damaged, SQLite's own count of rows ever inserted still tells.
    const raw = readOr(
      () => this.#queries.maxRowId.get(),
      () => this.#queries.lastInserted.get(),
    );
    return Number(asInteger(raw?.row_id));
  }

  /** The ROWID just below the first row dated at or after `epochMs`; MAX(ROWID) when there is no such row. */
  rowIdBefore(epochMs: number): number {
    const first = this.#queries.firstDated.get(toAppleTime(epochMs))?.row_id;
    return typeof first === 'bigint' ? Number(first) - 1 : this.maxRowId();
  }

  guidAt(rowId: number): string | undefined {
    return asText(this.#queries.guidAt.get(rowId)?.guid) ?? undefined;
  }

  rowsAfter(rowId: number, limit: number): MessageRow[] {
    return this.#queries.after.all(rowId, limit).map(toMessageRow);
  }

  rowAt(rowId: number): MessageRow | undefined {
    const raw = this.#queries.rowAt.get(rowId);
    return raw === undefined ? undefined : toMessageRow(raw);
  }

  /** A row by its guid; `rowId` is where it was, and where one without a guid still is. */
  findRow({ rowId, guid }: { rowId: number; guid: string }): MessageRow | undefined {
    const there = this.rowAt(rowId);
    if (there?.guid === guid) return there;
    const raw = this.#queries.byGuid.get(guid);
    return raw === undefined ? undefined : toMessageRow(raw);
  }

  /** Own rows dated from `since` to `until`, epoch milliseconds. */
  ownRowsBetween(since: number, until: number): MessageRow[] {
    return this.#queries.ownBetween.all(toAppleTime(since), toAppleTime(until)).map(toMessageRow);
  }

  /** Rows with the very same date that were there before this one. */
  earlierTwinsOf(row: MessageRow): MessageRow[] {
    return this.#queries.sameMoment.all(row.date, row.rowId).map(toMessageRow);
  }

  /** Whether a row repeats one that was there before it, as iCloud makes them. */
  isReplay(row: MessageRow, now: number): boolean {
    return isReplayIn(this, row, now);
  }

  /** Rows dated at or after `since` (epoch milliseconds) that were edited or taken back, oldest first. */
  editedSince(since: number): MessageRow[] {
    return this.#queries.editedSince.all(toAppleTime(since)).map(toMessageRow);
  }

  /** ROWIDs of rows dated at or after `since`, read from the index alone. */
  rowIdsSince(since: number): number[] {
    return this.#queries.datedSince.all(toAppleTime(since)).map((raw) => Number(asInteger(raw.row_id)));
  }

  /** The owner's accounts that rows above `rowId` were sent through. */
  accountsAfter(rowId: number): string[] {
    return this.#queries.accountsAfter
      .all(rowId)
      .map((raw) => asText(raw.account))
      .filter((account) => account !== null);
  }

  /** The chats that a row is joined to; none while Messages has not joined it yet. */
  chatsOf(rowId: number): Chat[] {
    return this.#queries.chatsOf
      .all(rowId)
      .map((raw) => toChat(raw, this.#queries.participants.all(Number(raw.chat_id))));
  }

  /** A row's attachments in order of their ROWIDs, which is that of their marks in the text. */
  attachmentsOf(rowId: number): AttachmentRow[] {
    return this.#queries.attachmentsOf.all(rowId).map(toAttachmentRow);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

function fileAt(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
}
