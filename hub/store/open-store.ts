import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import type { Logger } from 'pino';
import { apiKeySteps } from './api-keys.ts';
import type { Base } from './base.ts';
import { deviceSteps } from './devices.ts';
import { listSteps } from './lists.ts';
import type { Schema } from './schema.ts';
import { acceptMessages, findAccepted } from './sqlite/accept.ts';
import { claimDeliveries, nextDeliveryAt } from './sqlite/claim.ts';
import type { SqliteContext } from './sqlite/context.ts';
import { SqliteConnection } from './sqlite/database.ts';
import { Directory } from './sqlite/directory.ts';
import { asStoreError } from './sqlite/errors.ts';
import { recordJournal } from './sqlite/journal.ts';
import { lockDatabase } from './sqlite/lock.ts';
import { migrate } from './sqlite/migrate.ts';
import { countQueues, ping } from './sqlite/queues.ts';
import { deleteDevice, deleteWorkspace } from './sqlite/remove.ts';
import { routeQueued, unrouteAll, unrouteDevice } from './sqlite/route.ts';
import { claimSends, expireQueued, releaseSends, settleSends } from './sqlite/sends.ts';
import { freeAllDeliveries, releaseDeliveries, retryDelivery, settleDeliveries } from './sqlite/settle.ts';
import { type DeliveryStore, type MessageStore, type Store, StoreUnavailableError } from './store.ts';
import { openVault, type Vault, VaultError } from './vault.ts';
import { workspaceSteps } from './workspaces.ts';

export interface SqliteStoreOptions {
  /** Path of the database; its folder is made when missing. */
  file: string;
  /** HUB_SECRET: what webhook headers and signing secrets are encrypted under. */
  secret: string | Uint8Array;
  log: Logger;
  /** Epoch milliseconds, for the few times that no caller gives. */
  clock?: () => number;
}

/** Runs one whole step of `work` on the SQLite connection. */
type Run = <T>(work: (context: SqliteContext) => T) => Promise<T>;

/**
 * Opens the hub's database, brings its schema up to date, and frees what a process that is gone held. Throws, with a
 * sentence for the operator: DatabaseInUseError, NewerSchemaError, VaultError (another HUB_SECRET), or
 * StoreUnavailableError.
 */
export async function openSqliteStore({
  file,
  secret,
  log,
  clock = Date.now,
}: SqliteStoreOptions): Promise<Store> {
  const vault = openVault(secret);
  await using opening = new AsyncDisposableStack();
  const { context, kysely } = openDatabase({ file, vault, log }, opening);
  const { base, read, write, recall } = steps(context, kysely, vault);
  await write((own) => {
    freeAllDeliveries(own);
    unrouteAll(own);
  });
  const opened = opening.move();
  return {
    ...workspaceSteps(base),
    ...apiKeySteps(base),
    ...deviceSteps(base),
    ...listSteps(base),
    ...messageSteps(write),
    ...deliverySteps(read, write),
    findWorkspace: (locationId) => recall(({ directory }) => directory.workspace(locationId)),
    listServedChannels: (locationId) => recall(({ directory }) => directory.served(locationId)),
    findAccepted: (locationId, messageId) => read((own) => findAccepted(own, locationId, messageId)),
    deleteWorkspace: (locationId) => write((own) => deleteWorkspace(own, locationId, clock())),
    deleteDevice: (id, now) => write((own) => deleteDevice(own, id, now)),
    countQueues: (now) => read((own) => countQueues(own, now)),
    ping: () => write((own) => ping(own, clock())),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function openDatabase(
  { file, vault, log }: { file: string; vault: Vault; log: Logger },
  opening: AsyncDisposableStack,
): { context: SqliteContext; kysely: Kysely<Schema> } {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    opening.use(lockDatabase(file));
    const db = new SqliteConnection(file);
    opening.defer(() => db.close());
    migrate(db.db, file);
    checkSecret(db, vault);
    const directory = new Directory(db, vault);
    return {
      context: { db, directory, log },
      kysely: new Kysely<Schema>({ dialect: new SqliteDialect({ database: db.forKysely }) }),
    };
  } catch (error) {
    throw asStoreError(error);
  }
}

/** A value sealed when the database was made tells another secret from a damaged row. */
function checkSecret(db: SqliteConnection, vault: Vault): void {
  const place = 'meta/secret_check';
  const known = db.get<{ value: string }>(`SELECT value FROM meta WHERE name = 'secret_check'`);
  if (known === undefined) {
    db.run(`INSERT INTO meta (name, value) VALUES ('secret_check', ?)`, vault.seal('bluewire', place));
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

function steps(
  context: SqliteContext,
  kysely: Kysely<Schema>,
  vault: Vault,
): { base: Base; read: Run; write: Run; recall: Run } {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!context.db.db.open) throw new StoreUnavailableError('The store is closed.');
    try {
      return await work();
    } catch (error) {
      throw asStoreError(error);
    }
  };
  // Kysely's transactions are open across turns of the event loop: its own lock keeps the steps out of them.
  const write: Run = (work) =>
    guarded(() =>
      kysely.connection().execute(async () => {
        try {
          return context.db.transaction(() => work(context));
        } catch (error) {
          context.directory.forget();
          throw error;
        }
      }),
    );
  const read: Run = (work) => guarded(() => kysely.connection().execute(async () => work(context)));
  // Mostly from memory, so not behind that lock. What it may meet of an open change, the change's end forgets.
  const recall: Run = (work) => guarded(async () => work(context));
  const base: Base = {
    vault,
    query: (work) => guarded(() => work(kysely)),
    change: (work) =>
      guarded(() => kysely.transaction().execute(work)).finally(() => context.directory.forget()),
  };
  return { base, read, write, recall };
}

function messageSteps(
  write: Run,
): Omit<MessageStore, 'findAccepted' | 'listMessages' | 'findMessage' | 'listTimeline'> {
  return {
    acceptMessages: (messages, now) => write((own) => acceptMessages(own, messages, now)),
    routeQueued: (request, now) => write((own) => routeQueued(own, request, now)),
    unrouteDevice: (deviceId) => write((own) => unrouteDevice(own, deviceId)),
    unrouteAll: () => write(unrouteAll),
    claimSends: (request, now) => write((own) => claimSends(own, request, now)),
    releaseSends: (deviceId) => write((own) => releaseSends(own, deviceId)),
    settleSends: (deviceId, acceptances, now) => write((own) => settleSends(own, deviceId, acceptances, now)),
    expireQueued: (now, limit) => write((own) => expireQueued(own, now, limit)),
    recordJournal: (deviceId, batch, now) => write((own) => recordJournal(own, deviceId, batch, now)),
  };
}

function deliverySteps(
  read: Run,
  write: Run,
): Omit<DeliveryStore, 'listDeliveries' | 'findDelivery' | 'listAttempts'> {
  return {
    claimDeliveries: (request, now) => write((own) => claimDeliveries(own, request, now)),
    settleDeliveries: (owner, settled, now) => write((own) => settleDeliveries(own, owner, settled, now)),
    releaseDeliveries: (owner) => write((own) => releaseDeliveries(own, owner)),
    nextDeliveryAt: (_now, busy = []) => read((own) => nextDeliveryAt(own, busy)),
    retryDelivery: (id, now) => write((own) => retryDelivery(own, id, now)),
  };
}
