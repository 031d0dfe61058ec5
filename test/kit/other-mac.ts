import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ROOT } from '../architecture/sources.ts';

// A second stand-in Mac, made by other hands so to speak: it shares nothing with test/simulated-mac, knows only the
// columns that every macOS has, fills `text`, writes whole rows, and its osascript is a reader of patterns.

const SCHEMA = `
  CREATE TABLE handle (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, service TEXT NOT NULL, UNIQUE (id, service));
  CREATE TABLE chat (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, style INTEGER, chat_identifier TEXT,
    service_name TEXT, room_name TEXT, display_name TEXT);
  CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT, handle_id INTEGER DEFAULT 0,
    attributedBody BLOB, service TEXT, account TEXT, date INTEGER, date_read INTEGER, date_delivered INTEGER,
    is_delivered INTEGER DEFAULT 0, is_finished INTEGER DEFAULT 0, is_from_me INTEGER DEFAULT 0, is_sent INTEGER DEFAULT 0,
    is_read INTEGER DEFAULT 0, error INTEGER DEFAULT 0, cache_has_attachments INTEGER DEFAULT 0, item_type INTEGER DEFAULT 0,
    associated_message_guid TEXT, associated_message_type INTEGER DEFAULT 0, balloon_bundle_id TEXT,
    was_downgraded INTEGER DEFAULT 0);
  CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER, PRIMARY KEY (chat_id, message_id));
  CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER);
  CREATE INDEX message_idx_date ON message (date);
`;

const OSASCRIPT = `
const Database = require(${JSON.stringify(join(ROOT, 'node_modules/better-sqlite3'))});
const { readFileSync } = require('node:fs');
const script = process.argv[process.argv.indexOf('-e') + 1];
const values = {};
for (const [, name, path] of script.matchAll(/set (\\w+) to \\(?read \\(?POSIX file "((?:[^"\\\\]|\\\\.)*)"\\)? as «class utf8»/g))
  values[name] = readFileSync(path.replace(/\\\\(.)/g, '$1'), 'utf8');
const [, textName] = /\\bsend (\\w+) to\\b/.exec(script);
const [, toName] = /\\b(?:participant|buddy) (\\w+) of\\b/.exec(script);
const service = /service type = (\\w+)/.exec(script)[1];
const db = new Database(process.env.OTHER_MAC_DB);
db.pragma('journal_mode = WAL');
const { deliver } = require(process.env.OTHER_MAC_WRITER);
deliver(db, { to: values[toName], text: values[textName], service });
`;

const WRITER = `
const { randomUUID } = require('node:crypto');
const now = () => (BigInt(Date.now()) - 978307200000n) * 1000000n;
function conversation(db, address, service) {
  db.prepare('INSERT OR IGNORE INTO handle (id, service) VALUES (?, ?)').run(address, service);
  const handle = db.prepare('SELECT ROWID FROM handle WHERE id = ? AND service = ?').pluck().get(address, service);
  const guid = service + ';-;' + address;
  db.prepare('INSERT OR IGNORE INTO chat (guid, style, chat_identifier, service_name) VALUES (?, 45, ?, ?)').run(guid, address, service);
  const chat = db.prepare('SELECT ROWID FROM chat WHERE guid = ?').pluck().get(guid);
  db.prepare('INSERT INTO chat_handle_join SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM chat_handle_join WHERE chat_id = ?)').run(chat, handle, chat);
  return { handle, chat };
}
function write(db, address, service, text, fromMe) {
  return db.transaction(() => {
    const { handle, chat } = conversation(db, address, service);
    const guid = randomUUID().toUpperCase();
    const row = db.prepare('INSERT INTO message (guid, text, handle_id, service, date, is_from_me, is_sent, is_delivered, is_finished) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)')
      .run(guid, text, handle, service, now(), fromMe, fromMe, fromMe ? 0 : 1).lastInsertRowid;
    db.prepare('INSERT INTO chat_message_join VALUES (?, ?)').run(chat, row);
    return row;
  })();
}
exports.deliver = (db, { to, text, service }) => {
  const row = write(db, to, service, text, 1);
  db.prepare('UPDATE message SET is_delivered = 1, date_delivered = ? WHERE ROWID = ?').run(now(), row);
};
exports.receive = (db, { from, text }) => write(db, from, 'iMessage', text, 0);
`;

export class OtherMac implements AsyncDisposable {
  readonly #folder: string;
  readonly #db: Database.Database;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#db = new Database(join(folder, 'chat.db'));
    this.#db.pragma('journal_mode = WAL');
    this.#db.exec(SCHEMA);
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'writer.cjs'), WRITER);
    writeFileSync(join(folder, 'bin', 'osascript.cjs'), OSASCRIPT);
    // The preset platform is the bridge's alone: it would lead this program to another system's SQLite binary.
    const shim = `#!/bin/sh\nunset NODE_OPTIONS\nexec '${process.execPath}' "${join(folder, 'bin', 'osascript.cjs')}" "$@"\n`;
    writeFileSync(join(folder, 'bin', 'osascript'), shim);
    chmodSync(join(folder, 'bin', 'osascript'), 0o755);
    const platform = "Object.defineProperty(process, 'platform', { value: 'darwin' });\n";
    writeFileSync(join(folder, 'darwin.mjs'), platform);
  }

  static async start(): Promise<OtherMac> {
    return new OtherMac(await mkdtemp(join(tmpdir(), "other 'mac' ")));
  }

  bridgeEnv(): Record<string, string> {
    return {
      // Nothing but the stand-in is to be found: the bridge may ask nothing else of the system.
      PATH: join(this.#folder, 'bin'),
      NODE_OPTIONS: `--import ${new URL(`file://${this.#folder}/darwin.mjs`).href.replaceAll("'", '%27')}`,
      BRIDGE_CHAT_DB: join(this.#folder, 'chat.db'),
      BRIDGE_HOME: join(this.#folder, 'Application "Support"', 'Bluewire'),
      BRIDGE_STAGING_DIR: join(this.#folder, 'staging'),
      OTHER_MAC_DB: join(this.#folder, 'chat.db'),
      OTHER_MAC_WRITER: join(this.#folder, 'writer.cjs'),
    };
  }

  async receive(message: { from: string; text: string }): Promise<void> {
    const { default: writer } = (await import(join(this.#folder, 'writer.cjs'))) as {
      default: { receive: (db: Database.Database, message: { from: string; text: string }) => void };
    };
    writer.receive(this.#db, message);
  }

  /** Texts that left, by recipient, oldest first. */
  sent(): { recipient: string; text: string; service: string }[] {
    const sql = `SELECT h.id AS recipient, m.text, m.service FROM message m JOIN handle h ON h.ROWID = m.handle_id
      WHERE m.is_from_me = 1 ORDER BY m.ROWID`;
    return this.#db.prepare(sql).all() as { recipient: string; text: string; service: string }[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#db.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
