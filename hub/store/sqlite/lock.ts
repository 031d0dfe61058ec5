import type Database from 'better-sqlite3';
import { openSqlite } from '../../../shared/runtime/sqlite.ts';

/** Another process serves this database. */
class DatabaseInUseError extends Error {
  override readonly name = 'DatabaseInUseError';
}

/**
 * Makes this process the only hub on the database: an exclusive SQLite lock on a file beside it, which the system
 * drops when the process ends, however it ends. The database itself stays open to readers (backup, sqlite3).
 */
export function lockDatabase(file: string): Disposable {
  const lock: Database.Database = openSqlite(`${file}.lock`, { timeout: 0 });
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if (!(cause instanceof Error) || !('code' in cause) || !String(cause.code).startsWith('SQLITE_BUSY'))
      throw cause;
    throw new DatabaseInUseError(
      `Another hub is running on ${file}: stop it, or give this one its own HUB_DATA_DIR.`,
      { cause },
    );
  }
  return { [Symbol.dispose]: () => lock.close() };
}
