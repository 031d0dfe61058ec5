import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { appleNanoseconds } from './chat-database.ts';
import { type MacosVersion, tablesOf } from './columns.ts';
import { addColumns, createTables } from './create-tables.ts';

/** Puts a finished file in the place of a closed chat.db; who has the old one open keeps reading that. */
function takePlace(fresh: string, path: string): void {
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  renameSync(fresh, path);
}

/** A restored backup: every row as it was, in another file. */
export function replaceByCopy(path: string): void {
  const fresh = `${path}-copy`;
  rmSync(fresh, { force: true });
  const db = new Database(path);
  db.prepare('VACUUM INTO ?').run(fresh);
  db.close();
  takePlace(fresh, path);
}

/** Somebody else's chat.db: one stranger, a few messages of the last hour, one of them in this very moment. */
export function replaceByStranger(path: string, version: MacosVersion): void {
  const fresh = `${path}-other`;
  rmSync(fresh, { force: true });
  const db = new Database(fresh);
  createTables(db, version);
  db.exec(`INSERT INTO handle (id, service) VALUES ('stranger@example.org', 'iMessage');
    INSERT INTO chat (guid, style, chat_identifier, service_name)
      VALUES ('iMessage;-;stranger@example.org', 45, 'stranger@example.org', 'iMessage');
    INSERT INTO chat_handle_join (chat_id, handle_id) VALUES (1, 1)`);
  const message =
    db.prepare(`INSERT INTO message (guid, text, handle_id, service, account, date, is_delivered, is_finished)
    VALUES (?, 'from another life', 1, 'iMessage', 'E:somebody@example.org', ?, 1, 1)`);
  const join = db.prepare(
    'INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, ?, ?)',
  );
  for (const minutes of [60, 40, 20, 0]) {
    const date = appleNanoseconds(Date.now() - minutes * 60_000);
    join.run(message.run(crypto.randomUUID().toUpperCase(), date).lastInsertRowid, date);
  }
  db.close();
  takePlace(fresh, path);
}

/** New ROWIDs from 1, in the order of the dates; everything that refers to them follows in the same commit. */
export function renumberRows(db: Database.Database): void {
  db.exec('CREATE TEMP TABLE number (old INTEGER PRIMARY KEY, new INTEGER)');
  db.exec('INSERT INTO number SELECT ROWID, row_number() OVER (ORDER BY date, ROWID) FROM message');
  const references = [
    ['message', 'ROWID'],
    ['chat_message_join', 'message_id'],
    ['message_attachment_join', 'message_id'],
  ] as const;
  for (const [table, column] of references) {
    // Through negative numbers, so that no two rows meet on the way.
    db.exec(`UPDATE ${table} SET ${column} = -(SELECT new FROM number WHERE old = ${table}.${column})
      WHERE ${column} IN (SELECT old FROM number)`);
    db.exec(`UPDATE ${table} SET ${column} = -${column} WHERE ${column} < 0`);
  }
  db.exec("UPDATE sqlite_sequence SET seq = (SELECT max(ROWID) FROM message) WHERE name = 'message'");
  db.exec('DROP TABLE number');
}

/** What an upgrade of macOS does to a chat.db that is in use: new columns at the end, new tables. */
export function addNewerColumns(db: Database.Database, version: MacosVersion): void {
  for (const [table, columns] of Object.entries(tablesOf(version))) addColumns(db, table, columns);
}

/** Overwrites a leaf page of the message table, away from both ends. Throws where the table is too small. */
export function corruptOnePage(path: string): void {
  const db = new Database(path);
  const leaves = db
    .prepare("SELECT pageno FROM dbstat WHERE name = 'message' AND pagetype = 'leaf' ORDER BY path")
    .pluck()
    .all() as number[];
  const size = db.pragma('page_size', { simple: true }) as number;
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  const page = leaves[leaves.length >> 1];
  if (page === undefined || leaves.length < 5)
    throw new Error('The message table is too small: fill it with some thirty messages first.');
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(size, 0xa5), 0, size, (page - 1) * size);
  closeSync(file);
}
