import type { ClaimedFetch, FetchPlaces } from '../files.ts';
import type { Connection } from './connection.ts';
import { IS_OVER, type StoreContext } from './context.ts';

interface DueRow extends Omit<ClaimedFetch, 'id'> {
  message_seq: number;
}

/** Fetches that run, by workspace and host. */
type Running = Map<string, Map<string, number>>;

const FREE_EXPIRED = `
UPDATE attachments SET owner = NULL, lease_until = NULL
WHERE state = 'waiting' AND owner IS NOT NULL AND ${IS_OVER}`;

const END_RESTS = `
UPDATE attachments SET next_try_at = NULL
WHERE state = 'waiting' AND owner IS NULL AND next_try_at IS NOT NULL AND next_try_at <= ?`;

// Only what is due has no time, and only that is in the index: what rests, on however many hosts, costs a claim nothing.
const IS_DUE = `state = 'waiting' AND owner IS NULL AND next_try_at IS NULL`;

// Hops from workspace to workspace and from host to host through the index, whatever waits in each.
const NEXT_WORKSPACE = `
SELECT location_id FROM attachments WHERE ${IS_DUE} AND location_id > ? ORDER BY location_id LIMIT 1`;

const NEXT_HOST = `
SELECT host FROM attachments WHERE ${IS_DUE} AND location_id = ? AND host > ? ORDER BY host LIMIT 1`;

const DUE = `
SELECT message_seq, n, location_id, url, tries + 1 AS attempt FROM attachments
WHERE ${IS_DUE} AND location_id = ? AND host = ? ORDER BY message_seq, n LIMIT ?`;

const LEASE = `
UPDATE attachments SET owner = ?, lease_until = ?, tries = tries + 1 WHERE message_seq = ? AND n = ?`;

interface ClaimRequest {
  owner: string;
  lease_until: number;
  places: FetchPlaces;
}

export async function claimFetches(
  context: StoreContext,
  request: ClaimRequest,
  now: number,
): Promise<ClaimedFetch[]> {
  const { db } = context;
  const { total, per_workspace } = request.places;
  // The places are counted over all hubs, so one claims at a time.
  await context.hold(['fetches']);
  await db.run(FREE_EXPIRED, now, request.owner);
  await db.run(END_RESTS, now);
  const running = await countRunning(context);
  let free = total - running.values().reduce((sum, hosts) => sum + sumOf(hosts), 0);
  const claimed: ClaimedFetch[] = [];
  let workspace = await db.get<{ location_id: string }>(NEXT_WORKSPACE, '');
  while (workspace) {
    const { location_id } = workspace;
    const hosts = running.get(location_id) ?? new Map<string, number>();
    const own = sumOf(hosts);
    const room = Math.min(per_workspace - own, Math.max(free, own === 0 ? 1 : 0));
    const taken = await claimFrom(context, location_id, { ...request, hosts, room });
    claimed.push(...taken);
    free -= taken.length;
    workspace = await db.get<{ location_id: string }>(NEXT_WORKSPACE, location_id);
  }
  return claimed;
}

/** One for each host that has none, and only then more: a few hosts that hang leave places to the others. */
async function claimFrom(
  context: StoreContext,
  location_id: string,
  { hosts, room, places, ...lease }: ClaimRequest & { hosts: Map<string, number>; room: number },
): Promise<ClaimedFetch[]> {
  const { db } = context;
  const claimed: ClaimedFetch[] = [];
  for (const most of [1, places.per_host]) {
    let lane = room > claimed.length ? await db.get<{ host: string }>(NEXT_HOST, location_id, '') : undefined;
    while (lane && claimed.length < room) {
      const { host } = lane;
      const running = hosts.get(host) ?? 0;
      const limit = Math.min(most - running, room - claimed.length);
      const taken = limit > 0 ? await claimLane(context, { location_id, host, limit }, lease) : [];
      hosts.set(host, running + taken.length);
      claimed.push(...taken);
      lane = await db.get<{ host: string }>(NEXT_HOST, location_id, host);
    }
  }
  return claimed;
}

async function claimLane(
  { db }: StoreContext,
  { location_id, host, limit }: { location_id: string; host: string; limit: number },
  { owner, lease_until }: Pick<ClaimRequest, 'owner' | 'lease_until'>,
): Promise<ClaimedFetch[]> {
  const claimed: ClaimedFetch[] = [];
  for (const { message_seq, ...fetch } of await db.all<DueRow>(DUE, location_id, host, limit)) {
    await db.run(LEASE, owner, lease_until, message_seq, fetch.n);
    claimed.push({ ...fetch, id: await idOf(db, message_seq) });
  }
  return claimed;
}

async function idOf(db: Connection, messageSeq: number): Promise<string> {
  const message = await db.get<{ id: string }>('SELECT id FROM messages WHERE seq = ?', messageSeq);
  if (message === undefined) throw new Error('a file waits without its message');
  return message.id;
}

async function countRunning({ db }: StoreContext): Promise<Running> {
  const rows = await db.all<{ location_id: string; host: string; fetches: number }>(
    `SELECT location_id, host, count(*) AS fetches FROM attachments
     WHERE state = 'waiting' AND owner IS NOT NULL GROUP BY location_id, host`,
  );
  const running: Running = new Map();
  for (const { location_id, host, fetches } of rows) {
    const hosts = running.get(location_id) ?? new Map<string, number>();
    running.set(location_id, hosts.set(host, fetches));
  }
  return running;
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return counts.values().reduce((sum, count) => sum + count, 0);
}

/** Gives back what this owner did not settle: it does not count as a try. */
export async function releaseFetches({ db }: StoreContext, owner: string): Promise<void> {
  await db.run(
    `UPDATE attachments SET owner = NULL, lease_until = NULL, tries = tries - 1
     WHERE state = 'waiting' AND owner IS NOT NULL AND owner = ?`,
    owner,
  );
}

/** Leases of a hub that is gone; its fetches stay counted. */
export async function freeFetchesOf({ db }: StoreContext, owner: string): Promise<void> {
  await db.run(
    `UPDATE attachments SET owner = NULL, lease_until = NULL
     WHERE state = 'waiting' AND owner IS NOT NULL AND owner = ?`,
    owner,
  );
}

/** Leases of a process that is gone; its fetches stay counted. */
export async function freeAllFetches({ db }: StoreContext): Promise<void> {
  await db.run(
    `UPDATE attachments SET owner = NULL, lease_until = NULL WHERE state = 'waiting' AND owner IS NOT NULL`,
  );
}
