import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { openSqlite } from '../../shared/runtime/sqlite.ts';
import { fromAppleTime, toAppleTime } from './apple-time.ts';
import { OwnRows } from './own-rows.ts';
import { findLacking, prepareQueries, type Queries, type RawChat, type RawMessage } from './queries.ts';
import { explainForeign, explainUnreadable } from './unreadable.ts';

/** A row of `message` with the chats it is joined to. `at` is epoch milliseconds. */
export interface MessageRow {
  rowId: number;
  guid: string;
  text: string | null;
  body: Uint8Array | null;
  at: number;
  /** The row's date as it is stored: tells twins apart to the nanosecond. */
  date: bigint;
  handle: string | null;
  service: string | null;
  fromMe: boolean;
  /** 0 for a message; renamings, joinings and the like have other numbers. */
  itemType: number;
  /** 0 for a message; tapbacks, stickers and votes have other numbers. */
  associatedType: number;
  balloon: string | null;
  scheduled: boolean;
  hasAttachments: boolean;
}

export interface Chat {
  guid: string;
  isGroup: boolean;
  identifier: string | null;
  name: string | null;
  participants: string[];
}

const GROUP_STYLE = 43n;

/** One open connection to Messages' database: read-only, and everything Apple's schema means is known here. */
export class ChatDb implements Disposable {
  readonly #db: Database;
  readonly #path: string;
  readonly #file: string;
  readonly #queries: Queries;
  /** What was sent from here, and the chats to send to. */
  readonly own: OwnRows;

  private constructor(db: Database, path: string, file: string) {
    this.#db = db;
    this.#path = path;
    this.#file = file;
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

  /** Runs `read` on one consistent state of the database. */
  snapshot<Result>(read: () => Result): Result {
    return this.#db.inTransaction ? read() : this.#db.transaction(read)();
  }

  /** 0 for an empty database. */
  maxRowId(): number {
    return Number(this.#queries.maxRowId.get()?.row_id ?? 0);
  }

  /** The ROWID just below the first row dated at or after `epochMs`; MAX(ROWID) when there is no such row. */
  rowIdBefore(epochMs: number): number {
    const first = this.#queries.firstDated.get(toAppleTime(epochMs))?.row_id;
    return first === null || first === undefined ? this.maxRowId() : Number(first) - 1;
  }

  guidAt(rowId: number): string | undefined {
    return this.#queries.guidAt.get(rowId)?.guid;
  }

  rowsAfter(rowId: number, limit: number): MessageRow[] {
    return this.#queries.after.all(rowId, limit).map(toMessageRow);
  }

  rowByGuid(guid: string): MessageRow | undefined {
    const raw = this.#queries.byGuid.get(guid);
    return raw === undefined ? undefined : toMessageRow(raw);
  }

  /** The chats that a row is joined to; none while Messages has not joined it yet. */
  chatsOf(rowId: number): Chat[] {
    return this.#queries.chatsOf.all(rowId).map((raw) => this.#toChat(raw));
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #toChat(raw: RawChat): Chat {
    const joined = this.#queries.participants.all(Number(raw.chat_id)).map((handle) => handle.id);
    // One person may have a handle per service: only where Messages says nothing does the number of members tell.
    const isGroup =
      raw.style === GROUP_STYLE || raw.guid.includes(';+;') || (raw.style === null && joined.length > 1);
    const participants = joined.length === 0 && !isGroup && raw.identifier ? [raw.identifier] : joined;
    return { guid: raw.guid, isGroup, identifier: raw.identifier, name: raw.name, participants };
  }
}

function fileAt(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
}

function toMessageRow(raw: RawMessage): MessageRow {
  const date = raw.date ?? 0n;
  return {
    rowId: Number(raw.row_id),
    guid: String(raw.guid),
    text: typeof raw.text === 'string' ? raw.text : null,
    body: raw.body instanceof Uint8Array ? raw.body : null,
    at: fromAppleTime(date),
    date,
    handle: raw.handle,
    service: raw.service,
    fromMe: raw.is_from_me === 1n,
    itemType: Number(raw.item_type ?? 0),
    associatedType: Number(raw.associated_message_type ?? 0),
    balloon: raw.balloon_bundle_id,
    scheduled: (raw.schedule_state ?? 0n) !== 0n,
    hasAttachments: raw.has_attachments === 1n,
  };
}
