import type { Channel } from '../../../shared/channels.ts';
import { failure } from '../../../shared/failure-codes.ts';
import type { Acceptance } from '../../../shared/wire/acceptance.ts';
import { refusalCounts } from '../../status/apply-status.ts';
import type { ClaimedSend, ClaimedSends } from '../records.ts';
import { addToTimeline, deviceOf, filesOf, IS_OVER, queueOf, type StoreContext } from './context.ts';
import { applyEvidence, findOffered, OUTGOING, type Outgoing } from './evidence.ts';
import { grantFiles } from './files-outgoing.ts';
import { wireGroupId } from './groups.ts';
import { HOLDING } from './hold.ts';
import { DELETED } from './purge.ts';
import { readable } from './readable.ts';
import { together } from './together.ts';

interface Offerable {
  seq: number;
  id: string;
  location_id: string;
  phone: string;
  text: string;
  attachments: string;
  channel: Channel;
  expires_at: number;
  offered_at: number | null;
  steps: number;
}

const FREE_EXPIRED = `
UPDATE messages SET owner = NULL, lease_until = NULL
WHERE owner IS NOT NULL AND ${IS_OVER}`;

// Rows that another step is changing are waited for: what stands behind one in its conversation may not pass it.
const OFFERABLE = `
SELECT seq, id, location_id, phone, text, attachments, channel, expires_at, offered_at, steps FROM messages
WHERE status = 'QUEUED' AND device_id = ? AND owner IS NULL AND expires_at > ? AND location_id NOT IN (${DELETED})
  AND phone NOT IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?`;

const ASKED = `SELECT phone FROM messages WHERE owner IS NOT NULL AND device_id = ?`;

const ANY_LEFT = `
SELECT 1 FROM messages
WHERE status = 'QUEUED' AND device_id = ? AND owner IS NULL AND location_id NOT IN (${DELETED}) LIMIT 1`;

const GONE = `
SELECT 1 FROM connections WHERE device_id = ? AND hub <> ?
UNION ALL SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM devices WHERE id = ?)`;

const LEASE = `
UPDATE messages SET owner = ?, lease_until = ?, offered_at = ?, steps = ?, updated_at = ? WHERE seq = ?`;

interface ClaimRequest {
  device_id: string;
  owner: string;
  lease_until: number;
  limit: number;
}

export async function claimSends(
  context: StoreContext,
  request: ClaimRequest,
  now: number,
): Promise<ClaimedSends> {
  const { db } = context;
  await context.hold([deviceOf(request.device_id)]);
  const { device_id, owner } = request;
  // A hub may not know yet that the device has come to another, or was removed while messages were routed to it.
  if (await db.get(GONE, device_id, owner, device_id)) return { sends: [], more: false };
  await db.run(FREE_EXPIRED, now, owner);
  const claimed = await listOfferable(context, request, now);
  await together(claimed.map((message) => leaseSend(context, request, message, now)));
  const sends = await together(claimed.map((message) => composeSend(context, device_id, message)));
  return { sends, more: (await db.get(ANY_LEFT, device_id)) !== undefined };
}

/** A device that stays silent is offered the same again and again: the first time tells all. */
async function leaseSend(
  context: StoreContext,
  { device_id, owner, lease_until }: ClaimRequest,
  { seq, offered_at, steps }: Offerable,
  now: number,
): Promise<void> {
  const isFirst = offered_at === null;
  const counted = isFirst ? steps + 1 : steps;
  const lease = context.db.run(LEASE, owner, lease_until, offered_at ?? now, counted, now, seq);
  if (!isFirst) {
    await lease;
    return;
  }
  const event = { at: now, status: 'OFFERED', source: 'hub', detail: device_id } as const;
  await together([lease, addToTimeline(context, { seq, n: counted }, event)]);
}

/**
 * The oldest message of each conversation in which the device owes no answer: whatever becomes of an offer, nothing
 * later in its conversation has gone ahead of it.
 */
async function listOfferable(
  { db }: StoreContext,
  { device_id, limit }: ClaimRequest,
  now: number,
): Promise<Offerable[]> {
  const asked = new Set((await db.all<{ phone: string }>(ASKED, device_id)).map(({ phone }) => phone));
  const offerable: Offerable[] = [];
  for (;;) {
    const room = limit - offerable.length;
    const found = await db.all<Offerable>(
      `${OFFERABLE} ${db.forUpdate}`,
      device_id,
      now,
      JSON.stringify([...asked]),
      room,
    );
    for (const message of found) {
      if (asked.has(message.phone)) continue;
      asked.add(message.phone);
      offerable.push(message);
    }
    if (found.length < room || offerable.length === limit) return offerable;
  }
}

/** Only a number can be reached on another channel, and only from this same device, so that the sender stays the same. */
async function composeSend(
  context: StoreContext,
  deviceId: string,
  { seq, id, location_id, phone, text, attachments, channel, expires_at }: Offerable,
): Promise<ClaimedSend> {
  const group = await wireGroupId(context, phone);
  return {
    id,
    location_id,
    phone,
    to: group ?? phone,
    to_group: group !== undefined,
    channel,
    fallbacks: phone.startsWith('+') ? await context.directory.fallbacks(location_id, deviceId, channel) : [],
    text,
    attachments: attachments === '[]' ? [] : await grantFiles(context, seq, deviceId),
    expires_at,
  };
}

const RELEASE = `
UPDATE messages SET owner = NULL, lease_until = NULL
WHERE status = 'QUEUED' AND owner IS NOT NULL AND device_id = ?`;

/** Frees what the device was asked: by this owner, else by any. */
export async function releaseSends({ db }: StoreContext, deviceId: string, owner?: string): Promise<void> {
  if (owner === undefined) await db.run(RELEASE, deviceId);
  else await db.run(`${RELEASE} AND owner = ?`, deviceId, owner);
}

/** Leases of a hub that is gone. Its devices answer the same message once more; none sends it twice. */
export async function freeSendsOf({ db }: StoreContext, owner: string): Promise<void> {
  await db.run(
    `UPDATE messages SET owner = NULL, lease_until = NULL
     WHERE status = 'QUEUED' AND owner IS NOT NULL AND owner = ?`,
    owner,
  );
}

export async function settleSends(
  context: StoreContext,
  deviceId: string,
  acceptances: Acceptance[],
  now: number,
): Promise<void> {
  await context.hold(() => listQueues(context, acceptances));
  // A device owes one answer in a conversation, so each has its own to see to.
  await together(acceptances.map((acceptance) => settleSend(context, deviceId, acceptance, now)));
}

async function settleSend(
  context: StoreContext,
  deviceId: string,
  acceptance: Acceptance,
  now: number,
): Promise<void> {
  const message = await findOffered(context, acceptance.id, deviceId);
  if (message === undefined) {
    context.log.warn(
      { device_id: deviceId, message: acceptance.id },
      'a device answered for a message that was not offered to it; ignored',
    );
  } else if (acceptance.accepted) {
    await applyEvidence(context, message, { event: 'DISPATCHED' }, { at: now, now, source: 'device' });
  } else if (refusalCounts(message.status)) {
    const { code, message: words } = acceptance.error;
    const evidence = { event: 'FAILED', error: { code, message: readable(words) } } as const;
    await applyEvidence(context, message, evidence, { at: now, now, source: 'device' });
  }
}

async function listQueues({ db }: StoreContext, acceptances: Acceptance[]): Promise<string[]> {
  const ids = JSON.stringify(acceptances.map(({ id }) => id));
  const involved = await db.all<{ location_id: string }>(
    'SELECT DISTINCT location_id FROM messages WHERE id IN (SELECT value FROM json_each(?))',
    ids,
  );
  return involved.map(({ location_id }) => queueOf(location_id));
}

/**
 * What was never offered provably did not go out. What was offered to a device that went away without an answer may
 * have: its client hears that nobody can tell.
 */
export async function expireQueued(context: StoreContext, now: number, limit: number): Promise<number> {
  const { db } = context;
  const list = (forUpdate: string): Promise<(Outgoing & { offered_at: number | null })[]> =>
    db.all(
      `SELECT ${OUTGOING}, offered_at FROM messages
       WHERE status = 'QUEUED' AND owner IS NULL AND direction = 'out' AND expires_at <= ?
       ORDER BY expires_at LIMIT ? ${forUpdate}`,
      now,
      limit,
    );
  await context.hold(async () => listHeldBy(await list('')));
  const expired = await list(db.forUpdateOrSkip);
  for (const { offered_at, ...message } of expired) {
    const error =
      message.held === HOLDING.for_files
        ? failure('attachment_unavailable', 'The message expired before all its files were fetched.')
        : failure(offered_at === null ? 'device_offline_expired' : 'send_timeout_unknown');
    await applyEvidence(context, message, { event: 'FAILED', error }, { at: now, now, source: 'hub' });
  }
  return expired.length;
}

const SILENT = `SELECT id FROM devices WHERE last_seen_at <= ?`;

const OVERDUE = `
SELECT ${OUTGOING} FROM messages
WHERE status = 'DISPATCHED' AND device_id = ? AND expires_at <= ? ORDER BY seq LIMIT ?`;

/** Nobody can tell what became of messages on a device that has given no sign for so long. */
export async function expireDispatched(
  context: StoreContext,
  request: { silentSince: number; limit: number },
  now: number,
): Promise<number> {
  await context.hold(async () => listHeldBy(await listOverdue(context, request, now, '')));
  const overdue = await listOverdue(context, request, now, context.db.forUpdateOrSkip);
  for (const message of overdue) {
    const error = failure('send_timeout_unknown', 'Its device has not been heard of since.');
    await applyEvidence(context, message, { event: 'FAILED', error }, { at: now, now, source: 'hub' });
  }
  return overdue.length;
}

async function listOverdue(
  { db }: StoreContext,
  { silentSince, limit }: { silentSince: number; limit: number },
  now: number,
  forUpdate: string,
): Promise<Outgoing[]> {
  const overdue: Outgoing[] = [];
  for (const { id } of await db.all<{ id: string }>(SILENT, silentSince)) {
    overdue.push(...(await db.all<Outgoing>(`${OVERDUE} ${forUpdate}`, id, now, limit - overdue.length)));
    if (overdue.length >= limit) break;
  }
  return overdue;
}

/** What a step holds that ends these, all at once: one that met them one by one would begin anew for each workspace. */
function listHeldBy(ending: { location_id: string }[]): string[] {
  return [...new Set(ending.map(({ location_id }) => location_id))].flatMap((of) => [
    queueOf(of),
    filesOf(of),
  ]);
}
