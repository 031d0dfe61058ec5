import { createRequire } from 'node:module';
import { arch, type } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';

/**
 * Opens an SQLite file. better-sqlite3 picks its binary by process.platform; where that was preset to stand in for
 * another system (a stand-in Mac on Linux), the binary of the system the process really runs on is loaded instead.
 */
export function openSqlite(filename: string, options: Database.Options = {}): Database.Database {
  const real = type() === 'Linux' ? 'linux' : process.platform;
  if (real === process.platform) return new Database(filename, options);
  const folder = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'));
  return new Database(filename, {
    ...options,
    nativeBinding: join(folder, 'prebuilds', `${real}-${arch()}.node`),
  });
}
