import { Kysely, SqliteDialect } from 'kysely';
import type { Logger } from 'pino';
import { apiKeySteps } from '../api-keys.ts';
import type { Base } from '../base.ts';
import { deviceSteps } from '../devices.ts';
import type { FileStore, LinkTo } from '../files.ts';
import { listSteps } from '../lists.ts';
import type { Schema } from '../schema.ts';
import { type DeliveryStore, type MessageStore, type Store, StoreUnavailableError } from '../store.ts';
import type { Vault } from '../vault.ts';
import { workspaceSteps } from '../workspaces.ts';
import { acceptMessages, findAccepted } from './accept.ts';
import { claimDeliveries, nextDeliveryAt } from './claim.ts';
import type { SqliteContext } from './context.ts';
import type { SqliteConnection } from './database.ts';
import { Directory } from './directory.ts';
import { asStoreError } from './errors.ts';
import { claimFetches, freeAllFetches, releaseFetches } from './fetch-claims.ts';
import {
  findFile,
  findGrantedFile,
  forgetFile,
  listUnknownFiles,
  listUnneededFiles,
  recordFile,
  touchFile,
} from './files.ts';
import { settleFetch } from './files-outgoing.ts';
import { findServedGroup } from './groups.ts';
import { recordJournal } from './journal.ts';
import { countQueues, ping } from './queues.ts';
import { deleteDevice, deleteWorkspace } from './remove.ts';
import { routeQueued, unrouteAll, unrouteDevice } from './route.ts';
import { advanceSchedules } from './schedules.ts';
import { claimSends, expireDispatched, expireQueued, releaseSends, settleSends } from './sends.ts';
import { freeAllDeliveries, releaseDeliveries, retryDelivery, settleDeliveries } from './settle.ts';

/** Runs one whole step of `work` on the SQLite connection. */
type Run = <T>(work: (context: SqliteContext) => T) => Promise<T>;

/** The store on a connection of its own, whose schema is up to date. Disposing of it does not close the connection. */
export function createSqliteStore(
  db: SqliteConnection,
  { vault, log, linkTo, clock }: { vault: Vault; log: Logger; linkTo: LinkTo; clock: () => number },
): Omit<Store, typeof Symbol.asyncDispose> & { freeLeases(): Promise<void> } {
  const context: SqliteContext = { db, directory: new Directory(db, vault), log, linkTo, lastServed: '' };
  const kysely = new Kysely<Schema>({ dialect: new SqliteDialect({ database: db.forKysely }) });
  const { base, read, write, writeRelaxed, recall } = steps(context, kysely, vault);
  return {
    ...workspaceSteps(base),
    ...apiKeySteps(base),
    ...deviceSteps(base),
    ...listSteps(base),
    ...messageSteps(write),
    ...deliverySteps(read, write, writeRelaxed),
    ...fileSteps(read, write),
    findWorkspace: (locationId) => recall(({ directory }) => directory.workspace(locationId)),
    listServedChannels: (locationId) => recall(({ directory }) => directory.served(locationId)),
    findAccepted: (locationId, messageId) => read((own) => findAccepted(own, locationId, messageId)),
    findServedGroup: (locationId, id) => read((own) => findServedGroup(own, locationId, id)),
    deleteWorkspace: (locationId) => write((own) => deleteWorkspace(own, locationId, clock())),
    deleteDevice: (id, now) => write((own) => deleteDevice(own, id, now)),
    countQueues: (now) => read((own) => countQueues(own, now)),
    advanceSchedules: (by) => write((own) => advanceSchedules(own, by)),
    ping: () => write((own) => ping(own, clock())),
    freeLeases: () =>
      write((own) => {
        freeAllDeliveries(own);
        freeAllFetches(own);
        unrouteAll(own);
      }),
  };
}

function steps(
  context: SqliteContext,
  kysely: Kysely<Schema>,
  vault: Vault,
): { base: Base; read: Run; write: Run; writeRelaxed: Run; recall: Run } {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!context.db.db.open) throw new StoreUnavailableError('The store is closed.');
    try {
      return await work();
    } catch (error) {
      throw asStoreError(error);
    }
  };
  // Kysely's transactions are open across turns of the event loop: its own lock keeps the steps out of them.
  const step = <T>(run: () => T): Promise<T> =>
    guarded(() =>
      kysely.connection().execute(async () => {
        try {
          return run();
        } catch (error) {
          context.directory.forget();
          throw error;
        }
      }),
    );
  const write: Run = (work) => step(() => context.db.transaction(() => work(context)));
  const writeRelaxed: Run = (work) => step(() => context.db.relaxedTransaction(() => work(context)));
  const read: Run = (work) => guarded(() => kysely.connection().execute(async () => work(context)));
  // Mostly from memory, so not behind that lock. What it may meet of an open change, the change's end forgets.
  const recall: Run = (work) => guarded(async () => work(context));
  const base: Base = {
    vault,
    query: (work) => guarded(() => work(kysely)),
    change: (work) =>
      guarded(() => kysely.transaction().execute(work)).finally(() => context.directory.forget()),
  };
  return { base, read, write, writeRelaxed, recall };
}

function messageSteps(
  write: Run,
): Omit<MessageStore, 'findAccepted' | 'findServedGroup' | 'listMessages' | 'findMessage' | 'listTimeline'> {
  return {
    acceptMessages: (messages, now) => write((own) => acceptMessages(own, messages, now)),
    routeQueued: (request, now) => write((own) => routeQueued(own, request, now)),
    unrouteDevice: (deviceId) => write((own) => unrouteDevice(own, deviceId)),
    unrouteAll: () => write(unrouteAll),
    claimSends: (request, now) => write((own) => claimSends(own, request, now)),
    releaseSends: (deviceId) => write((own) => releaseSends(own, deviceId)),
    settleSends: (deviceId, acceptances, now) => write((own) => settleSends(own, deviceId, acceptances, now)),
    expireQueued: (now, limit) => write((own) => expireQueued(own, now, limit)),
    expireDispatched: (request, now) => write((own) => expireDispatched(own, request, now)),
    recordJournal: (deviceId, batch, now) => write((own) => recordJournal(own, deviceId, batch, now)),
  };
}

/** A claim or an outcome that a power failure undoes costs one more POST of the same event: what at least once allows. */
function deliverySteps(
  read: Run,
  write: Run,
  writeRelaxed: Run,
): Omit<DeliveryStore, 'listDeliveries' | 'findDelivery' | 'listAttempts'> {
  return {
    claimDeliveries: (request, now) => writeRelaxed((own) => claimDeliveries(own, request, now)),
    settleDeliveries: (owner, settled, now) =>
      writeRelaxed((own) => settleDeliveries(own, owner, settled, now)),
    releaseDeliveries: (owner) => write((own) => releaseDeliveries(own, owner)),
    nextDeliveryAt: (_now, busy = []) => read((own) => nextDeliveryAt(own, busy)),
    retryDelivery: (id, now) => write((own) => retryDelivery(own, id, now)),
  };
}

function fileSteps(read: Run, write: Run): FileStore {
  return {
    claimFetches: (request, now) => write((own) => claimFetches(own, request, now)),
    settleFetch: (owner, fetch, outcome, now) => write((own) => settleFetch(own, owner, fetch, outcome, now)),
    releaseFetches: (owner) => write((own) => releaseFetches(own, owner)),
    recordFile: (file, now) => write((own) => recordFile(own, file, now)),
    findFile: (sha256) => read((own) => findFile(own, sha256)),
    touchFile: (sha256, now) => write((own) => touchFile(own, sha256, now)),
    findGrantedFile: (deviceId, sha256) => read((own) => findGrantedFile(own, deviceId, sha256)),
    listUnneededFiles: (request, now) => read((own) => listUnneededFiles(own, request, now)),
    forgetFile: (sha256, before, now) => write((own) => forgetFile(own, sha256, before, now)),
    listUnknownFiles: (sha256s) => read((own) => listUnknownFiles(own, sha256s)),
  };
}
