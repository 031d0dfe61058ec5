import { queueOf, type StoreContext } from './context.ts';

export interface ReplayRequest {
  location_id: string;
  statuses: ('dead' | 'recorded')[];
  /** Only what was recorded between these, epoch milliseconds, both included. */
  since: number;
  until: number;
  /** Where the batch before ended. */
  after?: ReplayPlace | undefined;
  limit: number;
}

interface ReplayPlace {
  created_at: number;
  seq: number;
}

/** `next`: there may be more, from there on. `silent`: the webhook is off or has no URL, or there is no such workspace. */
export type ReplayOutcome =
  | { kind: 'replayed'; count: number; next: ReplayPlace | undefined }
  | { kind: 'silent' };

interface Kept extends ReplayPlace {
  phone: string;
}

const KEPT = `
SELECT seq, phone, created_at FROM deliveries
WHERE status IN ('dead', 'recorded') AND location_id = ? AND (created_at, seq) > (?, ?) AND created_at <= ?
  AND status IN (SELECT value FROM json_each(?))
ORDER BY created_at, seq LIMIT ?`;

/** Makes one batch of dead or recorded deliveries pending again, oldest first; batch by batch, so that none takes long. */
export async function replayDeliveries(
  context: StoreContext,
  { location_id, statuses, since, until, after, limit }: ReplayRequest,
  now: number,
): Promise<ReplayOutcome> {
  await context.hold([queueOf(location_id)]);
  if (!(await context.directory.listens(location_id))) return { kind: 'silent' };
  const { created_at, seq } = after ?? { created_at: since, seq: 0 };
  const kept = await context.db.all<Kept>(
    `${KEPT} ${context.db.forUpdate}`,
    location_id,
    created_at,
    seq,
    until,
    JSON.stringify(statuses),
    limit,
  );
  await makePending(context, location_id, kept, now);
  return { kind: 'replayed', count: kept.length, next: kept.length < limit ? undefined : kept.at(-1) };
}

/**
 * Makes a dead or recorded delivery pending again at the start of its schedule, with `force` a delivered one too, or ends
 * the rest of a waiting one. False when there is none with this id to send again.
 */
export async function retryDelivery(
  context: StoreContext,
  id: string,
  now: number,
  force = false,
): Promise<boolean> {
  const { db } = context;
  const find = (): Promise<(Kept & { location_id: string; status: string }) | undefined> =>
    db.get('SELECT seq, location_id, phone, status, created_at FROM deliveries WHERE id = ?', id);
  await context.hold(async () => {
    const meant = await find();
    return meant ? [queueOf(meant.location_id)] : [];
  });
  const delivery = await find();
  if (delivery === undefined || (delivery.status === 'delivered' && !force)) return false;
  if (!(await context.directory.listens(delivery.location_id))) return false;
  await db.run(GIVE_BACK, delivery.seq, now);
  await makePending(context, delivery.location_id, [delivery], now);
  return true;
}

/** An attempt that somebody asked for takes no step of the schedule from the hub's own. */
const GIVE_BACK = `
UPDATE deliveries SET tries = tries - 1
WHERE seq = ? AND status = 'pending' AND owner IS NULL AND tries > 0 AND next_attempt_at > ?`;

const HASTEN = `
UPDATE deliveries SET next_attempt_at = ?, tries = CASE WHEN tries > 0 THEN tries - 1 ELSE 0 END
WHERE owner IS NULL AND seq IN (
  SELECT seq FROM deliveries
  WHERE status = 'pending' AND location_id = CAST(? AS TEXT) AND owner IS NULL AND next_attempt_at > ?
  ORDER BY next_attempt_at LIMIT ?)`;

/**
 * Ends the rest of one batch of a workspace's waiting deliveries, as if each had been asked for: how many. In each conversation
 * one alone rests, the others are behind it.
 */
export async function hastenDeliveries(
  context: StoreContext,
  { location_id, limit }: { location_id: string; limit: number },
  now: number,
): Promise<number> {
  await context.hold([queueOf(location_id)]);
  if (!(await context.directory.listens(location_id))) return 0;
  return await context.db.run(HASTEN, now, location_id, now, limit);
}

const DUE = `
SELECT seq, phone, owner FROM deliveries WHERE seq IN (
  SELECT (SELECT seq FROM deliveries
          WHERE status = 'pending' AND location_id = CAST(? AS TEXT) AND phone = value AND next_attempt_at IS NOT NULL
          ORDER BY seq LIMIT 1)
  FROM json_each(?))`;

const REVIVE = `
UPDATE deliveries SET status = 'pending', tries = 0, next_attempt_at = NULL
WHERE seq IN (SELECT CAST(value AS BIGINT) FROM json_each(?)) AND status <> 'pending'`;

const STAND_BACK = `
UPDATE deliveries SET next_attempt_at = NULL WHERE seq IN (SELECT CAST(value AS BIGINT) FROM json_each(?))`;

/**
 * Puts deliveries of one workspace back in line. Order within each conversation holds: its oldest pending one becomes the
 * one that is due, and one that is being attempted is not overtaken: when it ends, the oldest follows.
 */
async function makePending(
  context: StoreContext,
  locationId: string,
  deliveries: Kept[],
  now: number,
): Promise<void> {
  if (deliveries.length === 0) return;
  const { db } = context;
  const phones = [...new Set(deliveries.map(({ phone }) => phone))];
  // Asked before they are back in line: the one that is due then stands first in its conversation, or nearly.
  const due = await db.all<{ seq: number; phone: string; owner: string | null }>(
    `${DUE} ${db.forUpdate}`,
    locationId,
    JSON.stringify(phones),
  );
  await db.run(REVIVE, JSON.stringify(deliveries.map(({ seq }) => seq)));
  const idle = due.filter(({ owner }) => owner === null);
  await db.run(STAND_BACK, JSON.stringify(idle.map(({ seq }) => seq)));
  const underWay = new Set(due.filter(({ owner }) => owner !== null).map(({ phone }) => phone));
  await promoteHeads(
    context,
    locationId,
    phones.filter((phone) => !underWay.has(phone)),
    now,
  );
}

const PROMOTE = `
UPDATE deliveries SET next_attempt_at = CAST(? AS BIGINT) WHERE seq IN (
  SELECT (SELECT seq FROM deliveries
          WHERE status = 'pending' AND location_id = CAST(? AS TEXT) AND phone = value ORDER BY seq LIMIT 1)
  FROM json_each(?))`;

async function promoteHeads(
  context: StoreContext,
  locationId: string,
  phones: string[],
  now: number,
): Promise<void> {
  if (phones.length === 0) return;
  await context.db.run(PROMOTE, now, locationId, JSON.stringify(phones));
}
