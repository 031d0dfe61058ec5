import { failure } from '../../../shared/failure-codes.ts';
import type { PurgePlace } from '../retention.ts';
import { filesOf, queueOf, type StoreContext } from './context.ts';
import { removeDeliveries } from './forget.ts';
import { endMessage } from './remove.ts';

/** Workspaces that nobody sees any more and that are not yet gone. Seldom any. */
export const DELETED = 'SELECT location_id FROM workspaces WHERE deleted_at IS NOT NULL';

/** Rows that deleting a workspace removes at once: most have no more. */
const AT_ONCE = 200;
/** Messages looked at for each row that may be removed: most have ended, and stay. */
const LOOKS = 5;

const MARK = `
UPDATE workspaces SET deleted_at = ?, connected = 0, webhook_enabled = 0, url = NULL, updated_at = ?
WHERE location_id = ? AND deleted_at IS NULL`;

/**
 * From here on nobody sees the workspace, and nothing of it is sent or delivered. What belonged to it goes in steps of its
 * own: all of a big one would hold up every other for seconds.
 */
export async function deleteWorkspace(
  context: StoreContext,
  locationId: string,
  now: number,
): Promise<boolean> {
  const { db } = context;
  await context.hold([queueOf(locationId), filesOf(locationId)]);
  if ((await db.run(MARK, now, now, locationId)) === 0) return false;
  await db.run('DELETE FROM assignments WHERE location_id = ?', locationId);
  await db.run('DELETE FROM api_keys WHERE location_id = ?', locationId);
  context.directory.forget();
  await purge(context, { location_id: locationId, seq: 0 }, AT_ONCE, now);
  return true;
}

export async function listDeleted({ db }: Pick<StoreContext, 'db'>): Promise<string[]> {
  return (await db.all<{ location_id: string }>(DELETED)).map(({ location_id }) => location_id);
}

export async function purgeDeleted(
  context: StoreContext,
  { after, limit }: { after: PurgePlace | undefined; limit: number },
  now: number,
): Promise<{ removed: number; next: PurgePlace | undefined }> {
  const deleted = await listDeleted(context);
  const at = after && deleted.includes(after.location_id) ? after : undefined;
  const [first] = deleted;
  if (first === undefined) return { removed: 0, next: undefined };
  const place = at ?? { location_id: first, seq: 0 };
  await context.hold([queueOf(place.location_id), filesOf(place.location_id)]);
  const { removed, next } = await purge(context, place, limit, now);
  const other = deleted.find((id) => id !== place.location_id);
  return { removed, next: next ?? (other === undefined ? undefined : { location_id: other, seq: 0 }) };
}

/** One step for one workspace; `next` is undefined when nothing is left of it. */
async function purge(
  context: StoreContext,
  { location_id, seq }: PurgePlace,
  limit: number,
  now: number,
): Promise<{ removed: number; next: PurgePlace | undefined }> {
  const ended = await endQueued(context, location_id, { after: seq, limit, now });
  let removed = ended.count;
  if (ended.next !== undefined) return { removed, next: { location_id, seq: ended.next } };
  for (const remove of [removeDeliveries, removeConversations, removeOptOuts]) {
    if (removed >= limit) return { removed, next: { location_id, seq: Number.MAX_SAFE_INTEGER } };
    removed += await remove(context, location_id, limit - removed);
  }
  if (removed > 0) return { removed, next: { location_id, seq: Number.MAX_SAFE_INTEGER } };
  await context.db.run('DELETE FROM workspaces WHERE location_id = ?', location_id);
  return { removed: 1, next: undefined };
}

/** Nobody is left to tell, so what is queued ends without a delivery. Of an offered message nobody can tell. */
async function endQueued(
  context: StoreContext,
  locationId: string,
  { after, limit, now }: { after: number; limit: number; now: number },
): Promise<{ count: number; next: number | undefined }> {
  const looks = limit * LOOKS;
  const page = await context.db.all<{ seq: number; status: string }>(
    'SELECT seq, status FROM messages WHERE location_id = ? AND seq > ? ORDER BY seq LIMIT ?',
    locationId,
    after,
    looks,
  );
  let count = 0;
  for (const { seq, status } of page) {
    if (status !== 'QUEUED') continue;
    if (count === limit) return { count, next: seq - 1 };
    const choose = ({ offered_at }: { offered_at: number | null }) =>
      failure(offered_at === null ? 'canceled' : 'send_timeout_unknown');
    await endMessage(context, seq, choose, now);
    count += 1;
  }
  return { count, next: page.length < looks ? undefined : page.at(-1)?.seq };
}

function removeConversations({ db }: StoreContext, locationId: string, limit: number): Promise<number> {
  return db.run(
    `DELETE FROM conversations WHERE (phone, location_id) IN (
       SELECT phone, location_id FROM conversations WHERE location_id = ? LIMIT ?)`,
    locationId,
    limit,
  );
}

function removeOptOuts({ db }: StoreContext, locationId: string, limit: number): Promise<number> {
  return db.run(
    `DELETE FROM opt_outs WHERE (location_id, phone) IN (
       SELECT location_id, phone FROM opt_outs WHERE location_id = ? LIMIT ?)`,
    locationId,
    limit,
  );
}
