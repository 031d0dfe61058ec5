import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import type { LinkTo } from './files.ts';
import { PostgresConnection } from './postgres/connection.ts';
import { sessionName } from './postgres/end-sessions.ts';
import { asStoreError as asPostgresError } from './postgres/errors.ts';
import { migrate as migratePostgres } from './postgres/migrate.ts';
import { openPools } from './postgres/open-pool.ts';
import { createPostgresStore } from './postgres/postgres-store.ts';
import { SignalLine } from './postgres/signal-line.ts';
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

export interface PostgresStoreOptions extends Omit<SqliteStoreOptions, 'file'> {
  /** DATABASE_URL. */
  url: string;
  /** The same place for people and logs, without a password. */
  shown: string;
  /** Id of this hub: by it the others end its connections once it is gone. */
  hub: string;
}

export interface SharedStore extends Store {
  /** By which the hubs that share the database signal to each other. */
  line: SignalLine;
}

/**
 * Opens the database that several hubs share, and brings its schema up to date. Throws, with a sentence for the operator:
 * NewerSchemaError, VaultError (another HUB_SECRET than the other hubs'), or StoreUnavailableError.
 */
export async function openPostgresStore({
  url,
  shown,
  hub,
  secret,
  log,
  linkTo,
  clock = Date.now,
}: PostgresStoreOptions): Promise<SharedStore> {
  const vault = openVault(secret);
  await using opening = new AsyncDisposableStack();
  const pools = openPools(url, sessionName(hub), log);
  opening.defer(() => pools.lifeline.end());
  opening.defer(() => pools.pool.end());
  try {
    const client = await pools.pool.connect();
    try {
      await migratePostgres(client, shown);
      await checkSecret(new PostgresConnection(client), vault);
    } finally {
      client.release();
    }
  } catch (error) {
    throw asPostgresError(error);
  }
  const { freeLeases: _, ...store } = createPostgresStore(pools, { vault, log, linkTo, clock });
  const line = opening.use(new SignalLine(url, pools.lifeline));
  const opened = opening.move();
  return { ...store, line, [Symbol.asyncDispose]: () => opened.disposeAsync() };
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
  const find = (): Promise<{ value: string } | undefined> =>
    db.get(`SELECT value FROM meta WHERE name = 'secret_check'`);
  const known = await find();
  if (known === undefined)
    await db.run(
      `INSERT INTO meta (name, value) VALUES ('secret_check', ?) ON CONFLICT (name) DO NOTHING`,
      vault.seal('bluewire', place),
    );
  try {
    vault.open((known ?? (await find()))?.value ?? '', place);
  } catch (cause) {
    throw new VaultError(
      'HUB_SECRET is not the one this database was written with: its webhook headers and signing secrets cannot be read. Start with the old secret.',
      { cause },
    );
  }
}
