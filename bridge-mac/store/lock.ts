import { openSqlite } from '../../shared/runtime/sqlite.ts';

/** One bridge per BRIDGE_HOME. Held by SQLite's own file lock, so it ends with the process, however that ends. */
export function takeLock(path: string): Disposable | undefined {
  const db = openSqlite(path, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
    return { [Symbol.dispose]: () => db.close() };
  } catch (error) {
    db.close();
    if ((error as { code?: unknown }).code === 'SQLITE_BUSY') return undefined;
    throw error;
  }
}
