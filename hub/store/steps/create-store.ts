import { apiKeySteps } from '../api-keys.ts';
import { authRowSteps } from '../auth-row-steps.ts';
import type { Base } from '../base.ts';
import { deliveryListSteps } from '../delivery-lists.ts';
import { deviceSteps } from '../devices.ts';
import type { FileStore } from '../files.ts';
import { listSteps } from '../lists.ts';
import type { EndpointChange } from '../record-keeping.ts';
import { recordKeepingSteps } from '../record-keeping-steps.ts';
import type { ClaimedDelivery, NewMessage, SettledDelivery } from '../records.ts';
import type { RetentionStore } from '../retention.ts';
import { setupLinkSteps } from '../setup-link-steps.ts';
import type { AcceptOutcome, DeliveryStore, MessageStore, Store } from '../store.ts';
import type { TrafficStore } from '../traffic.ts';
import { userSteps } from '../user-steps.ts';
import { workspaceSteps } from '../workspaces.ts';
import { findAccepted } from './accept.ts';
import { cancelMessage } from './cancel.ts';
import type { ClaimRequest } from './claim.ts';
import type { StoreContext } from './context.ts';
import { countEndpoints } from './endpoint-health.ts';
import { claimFetches, freeAllFetches, releaseFetches } from './fetch-claims.ts';
import {
  countUploads,
  findFile,
  findGrantedFile,
  forgetFile,
  listUnknownFiles,
  listUnneededFiles,
  recordFile,
  recordUpload,
  touchFile,
} from './files.ts';
import { settleFetch } from './files-outgoing.ts';
import { forgetDeliveries, forgetMessages, forgetReports } from './forget.ts';
import { findServedGroup } from './groups.ts';
import { hubSteps } from './hubs.ts';
import { recordJournal } from './journal.ts';
import { deleteWorkspace, purgeDeleted } from './purge.ts';
import { countQueues, ping } from './queues.ts';
import { deleteDevice } from './remove.ts';
import { hastenDeliveries, replayDeliveries, retryDelivery } from './replay.ts';
import { resendMessage } from './resend.ts';
import { routeQueued, unrouteAll, unrouteDevice, unrouteExcept } from './route.ts';
import { followClock } from './schedules.ts';
import { claimSends, expireDispatched, expireQueued, releaseSends, settleSends } from './sends.ts';
import { freeAllDeliveries, freeStrayDeliveries, releaseDeliveries } from './settle.ts';
import { countWebhooks, findTrafficSince, readAttemptTraffic, readMessageTraffic } from './traffic.ts';

/** Runs one whole step of `work`. */
export type Run = <T>(work: (context: StoreContext) => Promise<T>) => Promise<T>;

/** How a database runs the steps. */
export interface Runner {
  base: Base;
  /** Sees one state of the database, and changes nothing. */
  read: Run;
  /** One transaction, on disk when it resolves. */
  write: Run;
  /** Like `write`, for a step that changes nothing more when it is done again: it is, until it is known to stand. */
  writeSurely: Run;
  /** Like `write`, but only the next durable one puts it on disk: a power failure may undo it. */
  writeRelaxed: Run;
  /** Answers mostly from memory, without waiting for other steps. */
  recall: Run;
}

/** The steps that each database does in its own way, for speed. */
export interface OwnSteps {
  acceptMessages(context: StoreContext, messages: NewMessage[], now: number): Promise<AcceptOutcome[]>;
  claimDeliveries(context: StoreContext, request: ClaimRequest, now: number): Promise<ClaimedDelivery[]>;
  nextDeliveryAt(context: StoreContext, busy: string[]): Promise<number | undefined>;
  settleDeliveries(
    context: StoreContext,
    owner: string,
    settled: SettledDelivery[],
    now: number,
  ): Promise<EndpointChange[]>;
}

export type StoreSteps = Omit<Store, typeof Symbol.asyncDispose> & {
  /** Frees what a process held that is gone; only where this one is alone with the database. */
  freeLeases(): Promise<void>;
};

/** Puts the store together from the steps. */
export function createStore(runner: Runner, own: OwnSteps, clock: () => number): StoreSteps {
  const { base, read, write, writeRelaxed, recall } = runner;
  return {
    ...workspaceSteps(base),
    ...apiKeySteps(base),
    ...deviceSteps(base),
    ...listSteps(base),
    ...deliveryListSteps(base),
    ...recordKeepingSteps(base),
    ...userSteps(base),
    ...setupLinkSteps(base),
    ...authRowSteps(base),
    countEndpoints: () => read(countEndpoints),
    ...messageSteps(runner, own),
    ...deliverySteps(runner, own),
    ...fileSteps(runner),
    ...retentionSteps(runner),
    ...trafficSteps(runner),
    ...hubSteps(runner),
    findWorkspace: (locationId) => recall(({ directory }) => directory.workspace(locationId)),
    readWorkspace: (locationId) => read(({ directory }) => directory.workspaceOfNow(locationId)),
    listServedChannels: (locationId) => recall(({ directory }) => directory.served(locationId)),
    deleteWorkspace: (locationId) => write((context) => deleteWorkspace(context, locationId, clock())),
    deleteDevice: (id, now) => write((context) => deleteDevice(context, id, now)),
    countQueues: (now) => read((context) => countQueues(context, now, own.nextDeliveryAt)),
    followClock: (seen, now) => writeRelaxed((context) => followClock(context, seen, now)),
    ping: () => write((context) => ping(context, clock())),
    freeLeases: () =>
      write(async (context) => {
        await freeAllDeliveries(context);
        await freeAllFetches(context);
        await unrouteAll(context);
        await context.db.run('DELETE FROM hubs');
      }),
  };
}

function messageSteps(
  { read, write, writeSurely }: Runner,
  { acceptMessages }: OwnSteps,
): Omit<MessageStore, keyof ReturnType<typeof listSteps>> {
  return {
    acceptMessages: (messages, now) => writeSurely((context) => acceptMessages(context, messages, now)),
    findAccepted: (locationId, messageId) => read((context) => findAccepted(context, locationId, messageId)),
    findServedGroup: (locationId, id) => read((context) => findServedGroup(context, locationId, id)),
    routeQueued: (request, now) => write((context) => routeQueued(context, request, now)),
    unrouteDevice: (deviceId) => write((context) => unrouteDevice(context, deviceId)),
    unrouteExcept: (deviceIds) => write((context) => unrouteExcept(context, deviceIds)),
    claimSends: (request, now) => write((context) => claimSends(context, request, now)),
    releaseSends: (deviceId, owner) => write((context) => releaseSends(context, deviceId, owner)),
    settleSends: (deviceId, acceptances, now) =>
      write((context) => settleSends(context, deviceId, acceptances, now)),
    cancelMessage: (id, now) => write((context) => cancelMessage(context, id, now)),
    resendMessage: (request, now) => write((context) => resendMessage(context, request, now, acceptMessages)),
    expireQueued: (now, limit) => write((context) => expireQueued(context, now, limit)),
    expireDispatched: (request, now) => write((context) => expireDispatched(context, request, now)),
    recordJournal: (deviceId, batch, now) => write((context) => recordJournal(context, deviceId, batch, now)),
  };
}

/** A claim or an outcome that a power failure undoes costs one more POST of the same event: what at least once allows. */
function deliverySteps(
  { read, write, writeRelaxed }: Runner,
  { claimDeliveries, nextDeliveryAt, settleDeliveries }: OwnSteps,
): Omit<DeliveryStore, keyof ReturnType<typeof deliveryListSteps>> {
  return {
    claimDeliveries: (request, now) => writeRelaxed((context) => claimDeliveries(context, request, now)),
    settleDeliveries: (owner, settled, now) =>
      writeRelaxed((context) => settleDeliveries(context, owner, settled, now)),
    freeStrayDeliveries: (owner, inHand) => write((context) => freeStrayDeliveries(context, owner, inHand)),
    releaseDeliveries: (owner, leaseUntil) =>
      write((context) => releaseDeliveries(context, owner, leaseUntil)),
    nextDeliveryAt: (_now, busy = []) => read((context) => nextDeliveryAt(context, busy)),
    replayDeliveries: (request, now) => write((context) => replayDeliveries(context, request, now)),
    hastenDeliveries: (request, now) => write((context) => hastenDeliveries(context, request, now)),
    retryDelivery: (id, now, force) => write((context) => retryDelivery(context, id, now, force)),
  };
}

function fileSteps({ read, write }: Runner): FileStore {
  return {
    claimFetches: (request, now) => write((context) => claimFetches(context, request, now)),
    settleFetch: (owner, fetch, outcome, now) =>
      write((context) => settleFetch(context, owner, fetch, outcome, now)),
    releaseFetches: (owner) => write((context) => releaseFetches(context, owner)),
    recordFile: (file, now) => write((context) => recordFile(context, file, now)),
    recordUpload: (deviceId, file, now) => write((context) => recordUpload(context, deviceId, file, now)),
    countUploads: (deviceId) => read((context) => countUploads(context, deviceId)),
    findFile: (sha256) => read((context) => findFile(context, sha256)),
    touchFile: (sha256, now) => write((context) => touchFile(context, sha256, now)),
    findGrantedFile: (deviceId, sha256) => read((context) => findGrantedFile(context, deviceId, sha256)),
    listUnneededFiles: (request, now) => read((context) => listUnneededFiles(context, request, now)),
    forgetFile: (sha256, before, now) => write((context) => forgetFile(context, sha256, before, now)),
    listUnknownFiles: (sha256s) => read((context) => listUnknownFiles(context, sha256s)),
  };
}

/** A removal that a power failure undoes is made again: the fsync of each would be what holds up others. */
function retentionSteps({ writeRelaxed }: Runner): RetentionStore {
  return {
    forgetMessages: (walk) => writeRelaxed((context) => forgetMessages(context, walk)),
    forgetDeliveries: (walk) => writeRelaxed((context) => forgetDeliveries(context, walk)),
    forgetReports: (request, now) => writeRelaxed((context) => forgetReports(context, request, now)),
    purgeDeleted: (request, now) => writeRelaxed((context) => purgeDeleted(context, request, now)),
  };
}

function trafficSteps({ base, read }: Runner): TrafficStore {
  return {
    findTrafficSince: (since) => base.query((db) => findTrafficSince(db, since)),
    readMessageTraffic: (walk) => read((context) => readMessageTraffic(context, walk)),
    readAttemptTraffic: (walk) => read((context) => readAttemptTraffic(context, walk)),
    countWebhooks: (workspaces) => read((context) => countWebhooks(context, workspaces)),
  };
}
