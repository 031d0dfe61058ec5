import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { MacosVersion } from './columns.ts';
import { createTables } from './create-tables.ts';

export type Cell = string | number | bigint | Buffer | null;
export type Row = Readonly<Record<string, Cell>>;

/** A conversation as Messages keeps it: `style` 45 is one person, 43 a group. */
export interface ChatSpec {
  readonly guid: string;
  readonly style: 43 | 45;
  readonly identifier: string;
  readonly service: string;
  readonly accountGuid: string;
  readonly accountLogin: string;
  readonly members: readonly string[];
  readonly displayName?: string;
}

const APPLE_EPOCH_MS = 978_307_200_000;

/** Nanoseconds since 2001-01-01 UTC; the digits below a millisecond are never zero, as on a Mac. */
export function appleNanoseconds(epochMs: number): bigint {
  const whole = BigInt(Math.trunc(epochMs) - APPLE_EPOCH_MS) * 1_000_000n;
  return whole + BigInt(1 + Math.floor(Math.random() * 999_998));
}

/** Apple's seconds since 2001-01-01 UTC, as `attachment.created_date` still holds them. */
export function appleSeconds(epochMs: number): number {
  return Math.floor((epochMs - APPLE_EPOCH_MS) / 1000);
}

/** The only writer of a chat.db. Each method is one commit, as Messages makes them. */
export class ChatDatabase {
  readonly path: string;
  #db: Database.Database;
  #columns: ReadonlyMap<string, ReadonlySet<string>>;

  constructor(path: string, version: MacosVersion) {
    this.path = path;
    mkdirSync(dirname(path), { recursive: true });
    const fresh = !existsSync(path);
    this.#db = this.#open();
    if (fresh || this.#db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'message'").get() === undefined) {
      createTables(this.#db, version);
    }
    this.#columns = this.#probe();
  }

  #open(): Database.Database {
    const db = new Database(this.path);
    db.defaultSafeIntegers(false);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('busy_timeout = 5000');
    // Messages checkpoints often enough that readers meet a WAL that starts over.
    db.pragma('wal_autocheckpoint = 200');
    // The triggers call these; on a Mac only Apple's own process has them.
    for (const name of ['delete_attachment_path', 'after_delete_message_plugin'])
      db.function(name, { varargs: true }, () => null);
    return db;
  }

  #probe(): ReadonlyMap<string, ReadonlySet<string>> {
    const tables = this.#db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .pluck()
      .all() as string[];
    return new Map(
      tables.map((table) => {
        const columns = this.#db
          .prepare('SELECT name FROM pragma_table_info(?)')
          .pluck()
          .all(table) as string[];
        return [table, new Set(columns)];
      }),
    );
  }

  /** Drops the cells that this macOS version has no column for. */
  #known(table: string, row: Row): [names: string[], cells: Cell[]] {
    const columns = this.#columns.get(table);
    const entries = Object.entries(row).filter(([name]) => columns?.has(name));
    return [entries.map(([name]) => name), entries.map(([, cell]) => cell)];
  }

  #insert(table: string, row: Row, verb = 'INSERT'): number {
    const [names, cells] = this.#known(table, row);
    const list = names.map((name) => `"${name}"`).join(', ');
    const marks = names.map(() => '?').join(', ');
    const done = this.#db.prepare(`${verb} INTO "${table}" (${list}) VALUES (${marks})`).run(...cells);
    return Number(done.lastInsertRowid);
  }

  #handle(address: string, service: string): number {
    const found = this.#db
      .prepare('SELECT ROWID FROM handle WHERE id = ? AND service = ?')
      .pluck()
      .get(address, service) as number | undefined;
    if (found !== undefined) return found;
    const country = address.startsWith('+1') ? 'us' : null;
    return this.#insert('handle', { id: address, service, country, uncanonicalized_id: null });
  }

  /** Inserts a message, its handle too when new; a guid that is already there is left alone. */
  insertMessage(row: Row, handle: { address: string; service: string } | undefined): number {
    return this.#db.transaction(() => {
      const there = this.rowidOf(String(row.guid));
      if (there !== undefined) return there;
      if (handle === undefined) return this.#insert('message', { handle_id: 0, ...row });
      const handleId = this.#handle(handle.address, handle.service);
      return this.#insert('message', { ...row, handle_id: handleId });
    })();
  }

  rowidOf(guid: string): number | undefined {
    return this.#db.prepare('SELECT ROWID FROM message WHERE guid = ?').pluck().get(guid) as
      | number
      | undefined;
  }

  /** Joins a message to its chat, making the chat and its members when new. */
  joinMessage(messageGuid: string, chat: ChatSpec): void {
    this.#db.transaction(() => {
      const message = this.#db.prepare('SELECT ROWID AS id, date FROM message WHERE guid = ?').safeIntegers();
      const row = message.get(messageGuid) as { id: bigint; date: bigint } | undefined;
      if (row === undefined) return;
      const chatId = this.#ensureChat(chat);
      this.#insert(
        'chat_message_join',
        { chat_id: chatId, message_id: row.id, message_date: row.date },
        'INSERT OR IGNORE',
      );
    })();
  }

  #ensureChat(chat: ChatSpec): number {
    const found = this.#db.prepare('SELECT ROWID FROM chat WHERE guid = ?').pluck().get(chat.guid);
    if (found !== undefined) return Number(found);
    const group = chat.style === 43;
    const id = this.#insert('chat', {
      guid: chat.guid,
      style: chat.style,
      state: 3,
      account_id: chat.accountGuid,
      account_login: chat.accountLogin,
      chat_identifier: chat.identifier,
      service_name: chat.service,
      room_name: group ? chat.identifier : null,
      display_name: chat.displayName ?? '',
      group_id: crypto.randomUUID().toUpperCase(),
      last_addressed_handle: chat.accountLogin.slice(2),
      successful_query: 1,
    });
    for (const member of chat.members) {
      const handleId = this.#handle(member, chat.service);
      this.#insert('chat_handle_join', { chat_id: id, handle_id: handleId }, 'INSERT OR IGNORE');
    }
    if (this.#columns.has('chat_service')) this.#insert('chat_service', { service: chat.service, chat: id });
    return id;
  }

  /** Changes cells of one row, found by guid. */
  update(table: 'message' | 'attachment' | 'chat', guid: string, cells: Row): void {
    const [names, values] = this.#known(table, cells);
    if (names.length === 0) return;
    const set = names.map((name) => `"${name}" = ?`).join(', ');
    this.#db.prepare(`UPDATE "${table}" SET ${set} WHERE guid = ?`).run(...values, guid);
  }

  /** Adds an attachment to a message; the trigger sets cache_has_attachments in the same commit. */
  attach(messageGuid: string, row: Row): void {
    this.#db.transaction(() => {
      const message = this.rowidOf(messageGuid);
      const known = this.#db.prepare('SELECT 1 FROM attachment WHERE guid = ?').get(row.guid);
      if (message === undefined || known !== undefined) return;
      const attachment = this.#insert('attachment', row);
      this.#insert('message_attachment_join', { message_id: message, attachment_id: attachment });
    })();
  }

  /** Chats by a condition on `chat c`, with their members. */
  chats(condition: string, ...params: Cell[]): ChatSpec[] {
    const columns = 'c.ROWID AS id, c.guid, c.style, c.chat_identifier, c.service_name, c.account_id';
    const rows = this.all(
      `SELECT ${columns}, c.account_login, c.display_name FROM chat c WHERE ${condition}`,
      ...params,
    );
    return rows.map((row) => {
      const members = this.all(
        'SELECT h.id FROM chat_handle_join j JOIN handle h ON h.ROWID = j.handle_id WHERE j.chat_id = ?',
        row.id ?? 0,
      );
      return {
        guid: String(row.guid),
        style: row.style === 43n ? 43 : 45,
        identifier: String(row.chat_identifier),
        service: String(row.service_name),
        accountGuid: String(row.account_id),
        accountLogin: String(row.account_login),
        members: members.map((member) => String(member.id)),
        ...(row.display_name ? { displayName: String(row.display_name) } : {}),
      };
    });
  }

  /** Makes a chat in which nothing was written. */
  makeChat(chat: ChatSpec): void {
    this.#db.transaction(() => this.#ensureChat(chat))();
  }

  handleOf(address: string, service: string): number {
    return this.#db.transaction(() => this.#handle(address, service))();
  }

  addMember(chat: ChatSpec, address: string): void {
    this.#db.transaction(() => {
      const row = { chat_id: this.#ensureChat(chat), handle_id: this.#handle(address, chat.service) };
      this.#insert('chat_handle_join', row, 'INSERT OR IGNORE');
    })();
  }

  removeMember(chat: ChatSpec, address: string): void {
    this.#db
      .prepare(
        `DELETE FROM chat_handle_join WHERE chat_id = (SELECT ROWID FROM chat WHERE guid = ?)
         AND handle_id IN (SELECT ROWID FROM handle WHERE id = ?)`,
      )
      .run(chat.guid, address);
  }

  /** Deletes messages with their joins; a trigger notes them in deleted_messages where there is such a table. */
  deleteMessages(rowids: readonly number[]): void {
    this.#db.transaction(() => {
      for (const rowid of rowids) {
        for (const table of ['chat_message_join', 'message_attachment_join'])
          this.#db.prepare(`DELETE FROM ${table} WHERE message_id = ?`).run(rowid);
        this.#db.prepare('DELETE FROM message WHERE ROWID = ?').run(rowid);
      }
    })();
  }

  /** Rows of any query, integers as bigint: for the simulated Mac's own decisions and for tests. */
  all(sql: string, ...params: Cell[]): Record<string, Cell>[] {
    return this.#db
      .prepare(sql)
      .safeIntegers()
      .all(...params) as Record<string, Cell>[];
  }

  /** Empties the WAL file to zero bytes; readers in a transaction make this a plain checkpoint. */
  truncateWal(): void {
    this.#db.pragma('busy_timeout = 100');
    this.#db.pragma('wal_checkpoint(TRUNCATE)');
    this.#db.pragma('busy_timeout = 5000');
  }

  /** Closes and reopens: without other readers SQLite deletes the WAL, and the next commit makes a new file. */
  rotateWal(): void {
    this.#db.close();
    this.#db = this.#open();
  }

  /** Deletes the WAL, which other readers may have open; nothing of it is lost. */
  deleteWal(): void {
    this.#db.pragma('wal_checkpoint(TRUNCATE)');
    this.#db.close();
    for (const suffix of ['-wal', '-shm']) rmSync(`${this.path}${suffix}`, { force: true });
    this.#db = this.#open();
  }

  /** Lets something be done to the file while it is closed here. */
  replace(change: (path: string) => void): void {
    this.#db.pragma('wal_checkpoint(TRUNCATE)');
    this.#db.close();
    try {
      change(this.path);
    } finally {
      this.#db = this.#open();
      this.#columns = this.#probe();
    }
  }

  /** Lets something be changed in one commit that no other method makes. */
  change(work: (db: Database.Database) => void): void {
    this.#db.transaction(() => work(this.#db))();
    this.#columns = this.#probe();
  }

  close(): void {
    this.#db.close();
  }
}
