import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { toAppleTime } from '../../../bridge-mac/chat-db/apple-time.ts';
import { encodeBplist, Real } from '../../simulated-mac/bplist.ts';
import type { MacosVersion } from '../../simulated-mac/chat-db/columns.ts';
import { createTables } from '../../simulated-mac/chat-db/create-tables.ts';
import { encodeAttributedBody } from '../../simulated-mac/typedstream.ts';

export interface NewRow {
  guid?: string;
  from?: string | null;
  text?: string | null;
  body?: Uint8Array | null;
  /** Epoch milliseconds. */
  at?: number;
  /** The date column itself, where milliseconds are not exact enough. */
  date?: bigint;
  service?: string;
  /** Further columns of message. */
  columns?: Record<string, string | number | bigint | null>;
  /** The chat to join in the same commit; null for none yet. */
  chat?: string | null;
}

/** A chat.db that a test writes itself, commit by commit. */
export class MessagesDb implements Disposable {
  #received = 0n;
  readonly path: string;
  db: Database.Database;

  private constructor(path: string, db: Database.Database) {
    this.path = path;
    this.db = db;
  }

  /** A new database, in a folder of its own unless a path is given. */
  static create({ version = 'tahoe-26', path }: { version?: MacosVersion; path?: string } = {}): MessagesDb {
    const place = path ?? join(mkdtempSync(join(tmpdir(), 'bluewire-chat-db-')), 'chat.db');
    const db = new Database(place);
    db.pragma('journal_mode = WAL');
    createTables(db, version);
    return new MessagesDb(place, db);
  }

  /** Another connection to a database that is there. */
  static open(path: string): MessagesDb {
    return new MessagesDb(path, new Database(path));
  }

  handle(id: string, service = 'iMessage'): number {
    this.db.prepare('INSERT OR IGNORE INTO handle (id, service) VALUES (?, ?)').run(id, service);
    const found = this.db
      .prepare('SELECT ROWID AS id FROM handle WHERE id = ? AND service = ?')
      .get(id, service);
    return (found as { id: number }).id;
  }

  /** A chat with these members; style 45 is one-to-one, 43 a group. */
  chat(guid: string, members: string[], style = 45, name: string | null = null): string {
    const identifier = guid.split(';').at(-1) ?? guid;
    this.db
      .prepare(
        'INSERT INTO chat (guid, style, chat_identifier, service_name, display_name) VALUES (?, ?, ?, ?, ?)',
      )
      .run(guid, style, identifier, 'iMessage', name);
    const chat = (this.db.prepare('SELECT ROWID AS id FROM chat WHERE guid = ?').get(guid) as { id: number })
      .id;
    for (const member of members) {
      this.db
        .prepare('INSERT INTO chat_handle_join (chat_id, handle_id) VALUES (?, ?)')
        .run(chat, this.handle(member));
    }
    return guid;
  }

  /** The one-to-one chat with an address, made when it is new. */
  direct(address: string): string {
    const guid = `any;-;${address}`;
    const known = this.db.prepare('SELECT 1 FROM chat WHERE guid = ?').get(guid);
    return known ? guid : this.chat(guid, [address]);
  }

  /** Inserts a received message in one commit; joined to its sender's chat unless told otherwise. */
  receive(row: NewRow = {}): { rowId: number; guid: string } {
    const from = row.from === undefined ? '+12145550101' : row.from;
    const values: Record<string, unknown> = {
      guid: row.guid ?? randomUUID().toUpperCase(),
      text: row.text === undefined ? 'Hello' : row.text,
      attributedBody: row.body ?? null,
      // To the nanosecond: no two messages have the same date.
      date: row.date ?? toAppleTime(row.at ?? Date.now()) + this.#nextNanosecond(),
      handle_id: from === null ? 0 : this.handle(from, row.service ?? 'iMessage'),
      service: row.service ?? 'iMessage',
      is_from_me: 0,
      is_delivered: 1,
      is_finished: 1,
      ...row.columns,
    };
    const names = Object.keys(values);
    return this.db.transaction(() => {
      const sql = `INSERT INTO message (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`;
      const rowId = Number(this.db.prepare(sql).run(values).lastInsertRowid);
      const chat = row.chat === undefined && from !== null ? this.direct(from) : row.chat;
      if (chat) this.join(rowId, chat);
      return { rowId, guid: String(values.guid) };
    })();
  }

  /** Inserts a message that the owner wrote, to one person unless a chat is given. */
  write(to: string, row: NewRow & { account?: string } = {}): { rowId: number; guid: string } {
    const account = row.account ?? 'E:owner@example.com';
    const sent = { is_from_me: 1, is_sent: 1, is_delivered: 0, account };
    return this.receive({ from: to, ...row, columns: { ...sent, ...row.columns } });
  }

  /** A tapback, or anything else that is about another message. */
  react(to: string, type: number, row: NewRow = {}): { rowId: number; guid: string } {
    const columns = { associated_message_type: type, associated_message_guid: to, ...row.columns };
    return this.receive({ text: 'Loved “a message”', ...row, columns });
  }

  /** Adds an attachment row to a message; Messages sets cache_has_attachments by trigger. */
  attach(rowId: number, columns: Record<string, unknown> = {}): string {
    const guid = randomUUID().toUpperCase();
    const values: Record<string, unknown> = {
      guid,
      original_guid: guid,
      filename: null,
      transfer_name: 'photo.jpg',
      mime_type: 'image/jpeg',
      transfer_state: 0,
      total_bytes: 0,
      ...columns,
    };
    const names = Object.keys(values);
    this.db.transaction(() => {
      const sql = `INSERT INTO attachment (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`;
      const attachment = this.db.prepare(sql).run(values).lastInsertRowid;
      this.db
        .prepare('INSERT INTO message_attachment_join (message_id, attachment_id) VALUES (?, ?)')
        .run(rowId, attachment);
    })();
    return guid;
  }

  setAttachment(guid: string, columns: Record<string, unknown>): void {
    const sets = Object.keys(columns).map((name) => `${name} = @${name}`);
    this.db.prepare(`UPDATE attachment SET ${sets.join(', ')} WHERE guid = @guid`).run({ ...columns, guid });
  }

  /** What Messages writes when somebody edits a message: `texts` is its history, the present text last. */
  edit(rowId: number, texts: string[], at = Date.now()): void {
    const text = texts.at(-1) ?? '';
    const history = texts.map((past) => ({ d: new Real(at / 1000), t: encodeAttributedBody(past) }));
    const summary = encodeBplist({ ust: true, ec: { '0': history }, ep: [0] });
    const body = encodeAttributedBody(text);
    const date_edited = toAppleTime(at);
    this.set(rowId, { text: null, attributedBody: body, message_summary_info: summary, date_edited });
  }

  /** What Messages writes when parts of a message are taken back; without a rest, all of it. */
  unsend(rowId: number, parts = [0], rest: string | null = null, at = Date.now()): void {
    const body = rest === null ? null : encodeAttributedBody(rest);
    const summary = encodeBplist({ ust: true, rp: parts });
    const date_edited = toAppleTime(at);
    this.set(rowId, { text: null, attributedBody: body, message_summary_info: summary, date_edited });
  }

  join(rowId: number, chat: string): void {
    this.db
      .prepare(
        'INSERT INTO chat_message_join (chat_id, message_id, message_date) SELECT c.ROWID, ?, m.date FROM chat c, message m WHERE c.guid = ? AND m.ROWID = ?',
      )
      .run(rowId, chat, rowId);
  }

  set(rowId: number, columns: Record<string, unknown>): void {
    const sets = Object.keys(columns).map((name) => `${name} = @${name}`);
    this.db.prepare(`UPDATE message SET ${sets.join(', ')} WHERE ROWID = @rowId`).run({ ...columns, rowId });
  }

  [Symbol.dispose](): void {
    this.db.close();
    rmSync(dirname(this.path), { recursive: true, force: true });
  }

  #nextNanosecond(): bigint {
    this.#received += 1n;
    return this.#received;
  }
}
