import { existsSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { openSqlite } from '../../shared/runtime/sqlite.ts';

/** What can be told of the bridge's database without disturbing it. */
export type StoreLook = { kind: 'none' } | { kind: 'damaged'; why: string } | { kind: 'sound' };

/** Looks at the database of a bridge that may be running. Never throws. */
export function inspectStore(path: string): StoreLook {
  if (!existsSync(path)) return { kind: 'none' };
  try {
    using db = openReadonly(path);
    const faults = db.pragma('quick_check(1)', { simple: true });
    return faults === 'ok' ? { kind: 'sound' } : { kind: 'damaged', why: String(faults) };
  } catch (error) {
    return { kind: 'damaged', why: error instanceof Error ? error.message : String(error) };
  }
}

/** The ROWID in chat.db up to which the bridge has read; undefined when it has not, or when that cannot be told. */
export function readCursor(path: string): number | undefined {
  if (!existsSync(path)) return undefined;
  try {
    using db = openReadonly(path);
    return db.prepare<[], { row_id: number }>('SELECT row_id FROM cursor').get()?.row_id;
  } catch {
    return undefined;
  }
}

function openReadonly(path: string): Database & Disposable {
  const db = openSqlite(path, { readonly: true, fileMustExist: true, timeout: 2_000 });
  return Object.assign(db, { [Symbol.dispose]: (): void => void db.close() });
}

/** What to do about a database that cannot be used, as a sentence. */
export function remedyForDamage(path: string): string {
  return `Move ${path} aside (with the files of the same name ending in -wal and -shm) and start the bridge again: it begins a new one, and messages that were being sent stay without a result. If the disk is at fault, see to it first.`;
}
