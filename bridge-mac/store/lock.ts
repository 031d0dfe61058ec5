import type { Database } from 'better-sqlite3';
import { openSqlite } from '../../shared/runtime/sqlite.ts';

/**
 * One bridge per BRIDGE_HOME; undefined when another has it. Held by SQLite's own file lock, so it ends with the process,
 * however that ends. Throws a sentence when the file cannot be used.
 */
export function takeLock(path: string): Disposable | undefined {
  let db: Database | undefined;
  try {
    db = openSqlite(path, { timeout: 0 });
    const lock = db;
    lock.exec('BEGIN EXCLUSIVE');
    return { [Symbol.dispose]: () => lock.close() };
  } catch (error) {
    db?.close();
    const { code } = error as { code?: unknown };
    if (code === 'SQLITE_BUSY') return undefined;
    const isDamaged = code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT';
    const remedy = isDamaged
      ? 'It is damaged: remove it.'
      : 'Is the folder yours, and is there room on the disk?';
    throw new Error(`The bridge's lock cannot be taken: ${path}. ${remedy}`, { cause: error });
  }
}
