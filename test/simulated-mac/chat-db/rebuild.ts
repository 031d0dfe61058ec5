import { renameSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { MacosVersion } from './columns.ts';
import { createTables } from './create-tables.ts';

/** Tables whose rows are copied as they are; messages and their joins get new numbers. */
const COPIED = ['handle', 'chat', 'chat_handle_join', 'attachment'];

function columnsOf(db: Database.Database, table: string): string[] {
  return db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table) as string[];
}

function quoted(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join(', ');
}

function copyMessages(db: Database.Database): void {
  const columns = columnsOf(db, 'message').filter((column) => column !== 'ROWID');
  const list = quoted(columns);
  // The older half has not come back from iCloud yet; what there is, is numbered anew in the order of its dates.
  db.exec(`INSERT INTO message (${list}) SELECT ${list} FROM old.message
    WHERE ROWID > (SELECT max(ROWID) / 2 FROM old.message) ORDER BY date`);
  const renumbered = `(SELECT n.ROWID FROM message n JOIN old.message o ON o.guid = n.guid WHERE o.ROWID = j.message_id)`;
  for (const [table, other] of [
    ['chat_message_join', 'chat_id'],
    ['message_attachment_join', 'attachment_id'],
  ] as const) {
    db.exec(`INSERT INTO ${table} (${other}, message_id) SELECT j.${other}, ${renumbered} FROM old.${table} j
      WHERE ${renumbered} IS NOT NULL`);
  }
  db.exec('UPDATE chat_message_join SET message_date = (SELECT date FROM message WHERE ROWID = message_id)');
}

/**
 * Replaces a closed chat.db by another file with the same conversations, fewer messages and other ROWIDs, as after a
 * restore. A reader that has the old file open goes on reading that one.
 */
export function rebuildDatabase(path: string, version: MacosVersion): void {
  const fresh = `${path}-rebuilt`;
  rmSync(fresh, { force: true });
  const db = new Database(fresh);
  db.pragma('journal_mode = WAL');
  createTables(db, version);
  db.prepare('ATTACH ? AS old').run(path);
  db.transaction(() => {
    for (const table of COPIED) {
      const list = quoted(columnsOf(db, table));
      db.exec(`INSERT INTO ${table} (${list}) SELECT ${list} FROM old.${table}`);
    }
    copyMessages(db);
  })();
  db.exec('DETACH old');
  db.close();
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  renameSync(fresh, path);
}
