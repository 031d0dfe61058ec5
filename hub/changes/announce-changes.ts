import type { Topic } from '../../shared/api/changes.ts';
import type { Store } from '../store/store.ts';

type Steps = Omit<Store, typeof Symbol.asyncDispose>;
type Step = keyof Steps;
type ResultOf<Name extends Step> = Awaited<ReturnType<Steps[Name]>>;

/** What a step changes that a panel shows: always the same, or by its answer and what it was asked. `undefined`: nothing. */
type About<Name extends Step> =
  | readonly Topic[]
  | ((result: ResultOf<Name>, ...asked: Parameters<Steps[Name]>) => readonly Topic[])
  | undefined;

const NOTHING: readonly Topic[] = [];

/** Every step of the store, so that a new one does not compile until it is said here what of it panels are told. */
const ABOUT: { [Name in Step]: About<Name> } = {
  ping: undefined,
  followClock: undefined,
  countQueues: undefined,

  createWorkspace: ['workspaces'],
  listWorkspaces: undefined,
  findWorkspace: undefined,
  readWorkspace: undefined,
  updateWorkspace: ['workspaces', 'deliveries', 'notices'],
  deleteWorkspace: ['workspaces', 'devices', 'messages', 'deliveries', 'notices'],
  setAssignments: ['workspaces', 'devices'],
  listAssignments: undefined,
  listServedChannels: undefined,
  createApiKey: ['workspaces'],
  listApiKeys: undefined,
  useApiKey: undefined,
  revokeApiKey: ['workspaces'],

  createEnrollment: ['devices'],
  renewCode: undefined,
  redeemEnrollment: ['devices'],
  listDevices: undefined,
  findDevice: undefined,
  findDeviceByToken: undefined,
  updateDevice: ['devices', 'workspaces'],
  deleteDevice: ['devices', 'workspaces', 'messages', 'deliveries'],
  recordHello: undefined,
  recordSeen: ['devices'],
  readSettings: undefined,
  connectDevice: ['devices'],
  endConnections: ['devices'],
  listConnections: undefined,

  acceptMessages: ['messages'],
  findAccepted: undefined,
  routeQueued: (devices) => (devices.length > 0 ? ['messages'] : NOTHING),
  unrouteDevice: undefined,
  unrouteExcept: undefined,
  claimSends: undefined,
  releaseSends: undefined,
  settleSends: ['messages', 'deliveries'],
  expireQueued: (expired) => (expired > 0 ? ['messages', 'deliveries'] : NOTHING),
  expireDispatched: (expired) => (expired > 0 ? ['messages', 'deliveries'] : NOTHING),
  // An event that is only recorded is one, too.
  recordJournal: ['messages', 'deliveries'],
  findServedGroup: undefined,
  cancelMessage: ['messages', 'deliveries'],
  resendMessage: ['messages'],
  listMessages: undefined,
  findMessage: undefined,
  listTimeline: undefined,

  countKept: undefined,
  countWebhooks: undefined,
  findTrafficSince: undefined,
  readMessageTraffic: undefined,
  readAttemptTraffic: undefined,

  claimDeliveries: undefined,
  settleDeliveries: (changes) =>
    changes.length > 0 ? ['deliveries', 'notices', 'workspaces'] : ['deliveries'],
  releaseDeliveries: undefined,
  freeStrayDeliveries: undefined,
  nextDeliveryAt: undefined,
  replayDeliveries: ['deliveries'],
  hastenDeliveries: ['deliveries'],
  listDeliveries: undefined,
  findDelivery: undefined,
  listAttempts: undefined,
  listMessageDeliveries: undefined,
  retryDelivery: ['deliveries'],

  claimFetches: undefined,
  settleFetch: ['messages', 'deliveries'],
  releaseFetches: undefined,
  recordFile: undefined,
  recordUpload: undefined,
  countUploads: undefined,
  findFile: undefined,
  touchFile: undefined,
  findGrantedFile: undefined,
  listUnneededFiles: undefined,
  forgetFile: undefined,
  listUnknownFiles: undefined,

  registerHub: undefined,
  beatHub: undefined,
  takeOverHub: ['devices'],
  leaveHub: undefined,

  addAuditEntry: ['audit'],
  listAuditEntries: undefined,
  listNotices: undefined,
  countEndpoints: undefined,

  hasUsers: undefined,
  createSetupLink: undefined,
  findSetupLink: undefined,
  useSetupLink: ['users'],
  createUser: ['users'],
  // Of all that shows what they may see.
  updateUser: ['users', 'workspaces', 'devices', 'messages', 'deliveries', 'notices'],
  deleteUser: ['users'],
  listUsers: undefined,
  findUser: undefined,
  findUserByEmail: undefined,
  readAccess: undefined,
  recordLogin: ['users'],
  listOpenSessions: undefined,
  insertAuthRow: undefined,
  findAuthRows: undefined,
  countAuthRows: undefined,
  updateAuthRows: (rows, table) => (table === 'users' && rows.length > 0 ? ['users'] : NOTHING),
  // A session that ended ends its panels.
  deleteAuthRows: (rows, table) => (table === 'sessions' && rows.length > 0 ? ['users'] : NOTHING),

  forgetMessages: undefined,
  forgetDeliveries: undefined,
  forgetReports: undefined,
  purgeDeleted: undefined,
};

/** The same store; `note` is called after each step that changed something which panels show. */
export function announceChanges<Kind extends Store>(
  store: Kind,
  note: (topics: readonly Topic[]) => void,
): Kind {
  const announced = { ...store };
  for (const name of Object.keys(ABOUT) as Step[]) announceStep(announced, name, note);
  return announced;
}

function announceStep(store: Steps, name: Step, note: (topics: readonly Topic[]) => void): void {
  // The table types each entry by its own step; here they are all alike.
  const about = ABOUT[name] as readonly Topic[] | ((...told: unknown[]) => readonly Topic[]) | undefined;
  if (about === undefined) return;
  const take = store[name] as (...args: unknown[]) => Promise<unknown>;
  const announced = async (...args: unknown[]): Promise<unknown> => {
    const result = await take(...args);
    note(typeof about === 'function' ? about(result, ...args) : about);
    return result;
  };
  Object.assign(store, { [name]: announced });
}
