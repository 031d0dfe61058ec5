import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import type { LinkTo } from './files.ts';
import { SqliteConnection } from './sqlite/database.ts';
import { asStoreError } from './sqlite/errors.ts';
import { lockDatabase } from './sqlite/lock.ts';
import { migrate } from './sqlite/migrate.ts';
import { createSqliteStore } from './sqlite/sqlite-store.ts';
import type { Connection } from './steps/connection.ts';
import type { Store } from './store.ts';
import { openVault, type Vault, VaultError } from './vault.ts';

export interface SqliteStoreOptions {
  /** Path of the database; its folder is made when missing. */
  file: string;
  /** HUB_SECRET: what webhook headers and signing secrets are encrypted under. */
  secret: string | Uint8Array;
  log: Logger;
  /** Makes the links to the files of inbound messages, which stand in their events. */
  linkTo: LinkTo;
  /** Epoch milliseconds, for the few times that no caller gives. */
  clock?: () => number;
}

/**
 * Opens the hub's database, brings its schema up to date, and frees what a process that is gone held. Throws, with a
 * sentence for the operator: DatabaseInUseError, NewerSchemaError, VaultError (another HUB_SECRET), or
 * StoreUnavailableError.
 */
export async function openSqliteStore({
  file,
  secret,
  log,
  linkTo,
  clock = Date.now,
}: SqliteStoreOptions): Promise<Store> {
  const vault = openVault(secret);
  await using opening = new AsyncDisposableStack();
  const db = await openDatabase(file, vault, opening);
  const { freeLeases, ...store } = createSqliteStore(db, { vault, log, linkTo, clock });
  await freeLeases();
  const opened = opening.move();
  return { ...store, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function openDatabase(
  file: string,
  vault: Vault,
  opening: AsyncDisposableStack,
): Promise<SqliteConnection> {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    opening.use(lockDatabase(file));
    const db = new SqliteConnection(file);
    opening.defer(() => db.close());
    migrate(db.db, file);
    await checkSecret(db, vault);
    return db;
  } catch (error) {
    throw asStoreError(error);
  }
}

/** A value sealed when the database was made tells another secret from a damaged row. */
async function checkSecret(db: Connection, vault: Vault): Promise<void> {
  const place = 'meta/secret_check';
  const known = await db.get<{ value: string }>(`SELECT value FROM meta WHERE name = 'secret_check'`);
  if (known === undefined) {
    await db.run(
      `INSERT INTO meta (name, value) VALUES ('secret_check', ?) ON CONFLICT DO NOTHING`,
      vault.seal('bluewire', place),
    );
    return;
  }
  try {
    vault.open(known.value, place);
  } catch (cause) {
    throw new VaultError(
      'HUB_SECRET is not the one this database was written with: its webhook headers and signing secrets cannot be read. Start with the old secret.',
      { cause },
    );
  }
}
