import type { ClaimedDelivery } from '../records.ts';
import { webhookId } from '../rows.ts';
import { IS_OVER, type StoreContext } from './context.ts';
import { freeLeases, recordPending } from './deliveries.ts';
import { listDeleted } from './purge.ts';

interface Due {
  location_id: string;
  next_attempt_at: number;
}

interface DueRow {
  seq: number;
  id: string;
  type: string;
  body: string;
  tries: number;
  created_at: number;
}

// Hops from workspace to workspace through the index, whatever backlog lies between.
const NEXT_WORKSPACE = `
SELECT location_id, next_attempt_at FROM deliveries
WHERE status = 'pending' AND owner IS NULL AND next_attempt_at IS NOT NULL AND location_id > ?
ORDER BY location_id, next_attempt_at LIMIT 1`;

const DUE = `
SELECT seq, id, type, body, tries, created_at FROM deliveries
WHERE status = 'pending' AND owner IS NULL AND location_id = ? AND next_attempt_at <= ?
ORDER BY next_attempt_at, seq LIMIT ?`;

const LEASE = `
UPDATE deliveries SET owner = ?, lease_until = ?, attempts = attempts + 1, tries = tries + 1 WHERE seq = ?`;

export interface ClaimRequest {
  owner: string;
  lease_until: number;
  limit: number;
  busy: string[];
  mostFor?: (locationId: string) => number;
}

/**
 * Takes what is due: an equal share from each workspace, what some leave to the others, and the next claim begins after
 * the last one served. So the backlog of one holds up no other, however many there are.
 */
export async function claimDeliveries(
  context: StoreContext,
  request: ClaimRequest,
  now: number,
): Promise<ClaimedDelivery[]> {
  await freeLeases(context, IS_OVER, now, request.owner);
  const due = (await listWaiting(context, request.busy)).filter(
    ({ next_attempt_at }) => next_attempt_at <= now,
  );
  const ids = due.map(({ location_id }) => location_id);
  const next = ids.findIndex((id) => id > context.turns.lastServed);
  let open = next > 0 ? [...ids.slice(next), ...ids.slice(0, next)] : ids;
  const claimed: ClaimedDelivery[] = [];
  const given = new Map<string, number>();
  while (open.length > 0 && claimed.length < request.limit) {
    const unfinished: string[] = [];
    for (const [index, locationId] of open.entries()) {
      const share = Math.ceil((request.limit - claimed.length) / (open.length - index));
      if (share <= 0) break;
      const most = (request.mostFor?.(locationId) ?? request.limit) - (given.get(locationId) ?? 0);
      const taken = await claimFrom(context, locationId, request, Math.min(share, most), now);
      given.set(locationId, (given.get(locationId) ?? 0) + taken.length);
      claimed.push(...taken);
      context.turns.lastServed = locationId;
      if (taken.length === share && taken.length < most) unfinished.push(locationId);
    }
    open = unfinished;
  }
  return claimed;
}

/** When the next delivery comes due that nobody is attempting. */
export async function nextDeliveryAt(context: StoreContext, busy: string[]): Promise<number | undefined> {
  const waiting = await listWaiting(context, busy);
  const times = waiting.map(({ next_attempt_at }) => next_attempt_at);
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
}

/** Every workspace with something to send, with the time of its earliest. */
async function listWaiting({ db }: StoreContext, busy: string[]): Promise<Due[]> {
  const aside = new Set([...busy, ...(await listDeleted({ db }))]);
  const waiting: Due[] = [];
  let due = await db.get<Due>(NEXT_WORKSPACE, '');
  while (due) {
    if (!aside.has(due.location_id)) waiting.push(due);
    due = await db.get<Due>(NEXT_WORKSPACE, due.location_id);
  }
  return waiting;
}

async function claimFrom(
  context: StoreContext,
  locationId: string,
  { owner, lease_until }: ClaimRequest,
  limit: number,
  now: number,
): Promise<ClaimedDelivery[]> {
  const workspace = await context.directory.workspace(locationId);
  if (workspace === undefined) return [];
  if (!workspace.url || !workspace.webhook_enabled) {
    await recordPending(context, locationId);
    return [];
  }
  const { url, headers, signing_secret, previous_secret_until, failing_since } = workspace;
  const previous_secret = (previous_secret_until ?? 0) > now ? workspace.previous_secret : null;
  const due = await context.db.all<DueRow>(DUE, locationId, now, limit);
  for (const { seq } of due) await context.db.run(LEASE, owner, lease_until, seq);
  return due.map(({ id, type, body, tries, created_at }) => ({
    id,
    webhook_id: webhookId(id),
    location_id: locationId,
    type,
    body,
    attempt: tries + 1,
    created_at,
    url,
    headers,
    signing_secret,
    previous_secret,
    failing_since,
  }));
}
