import type { Walk, Walked } from '../retention.ts';
import type { StoreContext } from './context.ts';

/** A table whose rows grow old, each with rows of other tables that go with it. */
interface Aging {
  /** Rows in the order they came. Takes where to begin and how many. */
  page: string;
  /** Those of a page that may go, with how many rows each takes along. Takes its two ends and the age. */
  removable: string;
  /** Of a row that takes too many along. Takes the row and how many. */
  thin: string;
  remove: string;
}

/** Rows looked at for each that may be removed: what is kept costs little to pass by. */
const LOOKS = 5;

const MESSAGES: Aging = {
  page: 'SELECT seq, created_at FROM messages WHERE seq > ? ORDER BY seq LIMIT ?',
  removable: `
SELECT seq, (SELECT count(*) FROM timeline t WHERE t.message_seq = m.seq) AS steps,
       (SELECT count(*) FROM attachments a WHERE a.message_seq = m.seq) AS more
FROM messages m
WHERE seq > ? AND seq <= ? AND updated_at < ? AND status NOT IN ('QUEUED', 'DISPATCHED')
  AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.message_seq = m.seq AND d.status = 'pending')
ORDER BY seq`,
  thin: `
DELETE FROM timeline WHERE message_seq = ? AND n IN (
  SELECT n FROM timeline WHERE message_seq = ? ORDER BY n LIMIT ?)`,
  remove: 'DELETE FROM messages WHERE seq = ?',
};

const DELIVERIES: Aging = {
  page: 'SELECT seq, created_at FROM deliveries WHERE seq > ? ORDER BY seq LIMIT ?',
  removable: `
SELECT seq, (SELECT count(*) FROM attempts t WHERE t.delivery_seq = m.seq) AS steps, 0 AS more
FROM deliveries m
WHERE seq > ? AND seq <= ? AND created_at < ? AND status <> 'pending'
ORDER BY seq`,
  thin: `
DELETE FROM attempts WHERE delivery_seq = ? AND n IN (
  SELECT n FROM attempts WHERE delivery_seq = ? ORDER BY n LIMIT ?)`,
  remove: 'DELETE FROM deliveries WHERE seq = ?',
};

interface Removable {
  seq: number;
  steps: number;
  more: number;
}

export async function forgetMessages(context: StoreContext, walk: Walk): Promise<Walked> {
  const walked = await forget(context, MESSAGES, walk);
  if (walked.removed > 0) await noteForgotten(context, walk.before);
  return walked;
}

export async function forgetDeliveries(context: StoreContext, walk: Walk): Promise<Walked> {
  return await forget(context, DELIVERIES, walk);
}

/** Rows stand in the order they came, so the walk ends where all are young: no index over their age is needed. */
async function forget(context: StoreContext, aging: Aging, walk: Walk): Promise<Walked> {
  const { before, after, limit } = walk;
  const looks = limit * LOOKS;
  const page = await context.db.all<{ seq: number; created_at: number }>(aging.page, after, looks);
  const last = page.at(-1);
  if (last === undefined || page.every(({ created_at }) => created_at >= before))
    return { removed: 0, next: undefined };
  const removable = await context.db.all<Removable>(
    `${aging.removable} ${context.db.forUpdateOrSkip}`,
    after,
    last.seq,
    before,
  );
  const { removed, stopped } = await removeSome(context, aging, removable, limit);
  if (stopped !== undefined) return { removed, next: stopped };
  return { removed, next: page.length < looks ? undefined : last.seq };
}

/** Removes rows until `limit` is used up. `stopped`: where it was, undefined when all are removed. */
async function removeSome(
  { db }: StoreContext,
  { thin, remove }: Pick<Aging, 'thin' | 'remove'>,
  removable: Removable[],
  limit: number,
): Promise<{ removed: number; stopped: number | undefined }> {
  let removed = 0;
  for (const { seq, steps, more } of removable) {
    const weight = 1 + steps + more;
    if (weight > limit && removed === 0 && steps > 0)
      return { removed: await db.run(thin, seq, seq, Math.min(steps, limit)), stopped: seq - 1 };
    if (removed > 0 && removed + weight > limit) return { removed, stopped: seq - 1 };
    await db.run(remove, seq);
    removed += weight;
  }
  return { removed, stopped: undefined };
}

const OF_WORKSPACE = `
SELECT seq, (SELECT count(*) FROM attempts t WHERE t.delivery_seq = m.seq) AS steps, 0 AS more
FROM deliveries m WHERE location_id = ? ORDER BY seq LIMIT ?`;

/** Removes deliveries of a workspace, whatever their state; how many rows, 0 when none is left. */
export async function removeDeliveries(
  context: StoreContext,
  locationId: string,
  limit: number,
): Promise<number> {
  const found = await context.db.all<Removable>(`${OF_WORKSPACE} ${context.db.forUpdate}`, locationId, limit);
  return (await removeSome(context, DELIVERIES, found, limit)).removed;
}

const OLD_EXTRAS = `
DELETE FROM extras WHERE (device_id, guid, kind, at) IN (
  SELECT device_id, guid, kind, at FROM extras WHERE at < ? ORDER BY at LIMIT ?)`;

const OLD_ASIDE = `
DELETE FROM set_aside WHERE (device_id, journal_id, seq) IN (
  SELECT device_id, journal_id, seq FROM set_aside WHERE at < ? ORDER BY at LIMIT ?)`;

// A device's latest stays, however long it was away: it goes on with that one.
const OLD_JOURNALS = `
DELETE FROM journals WHERE (device_id, journal_id) IN (
  SELECT device_id, journal_id FROM journals j
  WHERE seen_at < ? AND seen_at < (SELECT max(k.seen_at) FROM journals k WHERE k.device_id = j.device_id) LIMIT ?)`;

const EXPIRED_ENROLLMENTS = `
DELETE FROM enrollments WHERE code_hash IN (SELECT code_hash FROM enrollments WHERE expires_at <= ? LIMIT ?)`;

export async function forgetReports(
  context: StoreContext,
  { before, limit }: Pick<Walk, 'before' | 'limit'>,
  now: number,
): Promise<number> {
  const { db } = context;
  const extras = await db.run(OLD_EXTRAS, before, limit);
  if (extras > 0) await noteForgotten(context, before);
  let removed = extras;
  for (const [statement, age] of [
    [OLD_ASIDE, before],
    [OLD_JOURNALS, before],
    [EXPIRED_ENROLLMENTS, now],
  ] as const)
    if (removed < limit) removed += await db.run(statement, age, limit - removed);
  return removed;
}

const HORIZON = 'forgotten_before';

/** Of what happened before then, the hub may have forgotten that it was told. 0 while it has forgotten nothing. */
export async function forgottenBefore({ db }: StoreContext): Promise<number> {
  const noted = await db.get<{ value: string }>('SELECT value FROM meta WHERE name = ?', HORIZON);
  return Number(noted?.value ?? 0);
}

async function noteForgotten(context: StoreContext, before: number): Promise<void> {
  if ((await forgottenBefore(context)) >= before) return;
  await context.db.run(
    'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    HORIZON,
    String(before),
  );
}
