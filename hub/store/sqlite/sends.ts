import type { Channel } from '../../../shared/channels.ts';
import { failure } from '../../../shared/failure-codes.ts';
import type { Acceptance } from '../../../shared/wire/acceptance.ts';
import { refusalCounts } from '../../status/apply-status.ts';
import type { ClaimedSend, ClaimedSends } from '../records.ts';
import { addToTimeline, type SqliteContext } from './context.ts';
import { applyEvidence, findOffered, OUTGOING, type Outgoing } from './evidence.ts';
import { grantFiles } from './files-outgoing.ts';
import { wireGroupId } from './groups.ts';
import { HOLDING } from './hold.ts';

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
WHERE status = 'QUEUED' AND owner IS NOT NULL AND lease_until <= ?`;

const OFFERABLE = `
SELECT seq, id, location_id, phone, text, attachments, channel, expires_at, offered_at, steps FROM messages
WHERE status = 'QUEUED' AND device_id = ? AND owner IS NULL AND expires_at > ?
  AND phone NOT IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?`;

const ASKED = `SELECT phone FROM messages WHERE status = 'QUEUED' AND owner IS NOT NULL AND device_id = ?`;

const ANY_LEFT = `SELECT 1 FROM messages WHERE status = 'QUEUED' AND device_id = ? AND owner IS NULL LIMIT 1`;

const LEASE = `
UPDATE messages SET owner = ?, lease_until = ?, offered_at = ?, steps = ?, updated_at = ? WHERE seq = ?`;

interface ClaimRequest {
  device_id: string;
  owner: string;
  lease_until: number;
  limit: number;
}

export function claimSends(context: SqliteContext, request: ClaimRequest, now: number): ClaimedSends {
  const { db } = context;
  db.run(FREE_EXPIRED, now);
  const claimed = listOfferable(context, request, now);
  for (const { seq, offered_at, steps } of claimed) {
    // A device that stays silent is offered the same again and again: the first time tells all.
    const isFirst = offered_at === null;
    const counted = isFirst ? steps + 1 : steps;
    db.run(LEASE, request.owner, request.lease_until, offered_at ?? now, counted, now, seq);
    const event = { at: now, status: 'OFFERED', source: 'hub', detail: request.device_id } as const;
    if (isFirst) addToTimeline(context, { seq, n: counted }, event);
  }
  const sends = claimed.map((message) => composeSend(context, request.device_id, message));
  return { sends, more: db.get(ANY_LEFT, request.device_id) !== undefined };
}

/**
 * The oldest message of each conversation in which the device owes no answer: whatever becomes of an offer, nothing
 * later in its conversation has gone ahead of it.
 */
function listOfferable({ db }: SqliteContext, { device_id, limit }: ClaimRequest, now: number): Offerable[] {
  const asked = new Set(db.all<{ phone: string }>(ASKED, device_id).map(({ phone }) => phone));
  const offerable: Offerable[] = [];
  for (;;) {
    const room = limit - offerable.length;
    const found = db.all<Offerable>(OFFERABLE, device_id, now, JSON.stringify([...asked]), room);
    for (const message of found) {
      if (asked.has(message.phone)) continue;
      asked.add(message.phone);
      offerable.push(message);
    }
    if (found.length < room || offerable.length === limit) return offerable;
  }
}

/** Only a number can be reached on another channel, and only from this same device, so that the sender stays the same. */
function composeSend(
  context: SqliteContext,
  deviceId: string,
  { seq, id, location_id, phone, text, attachments, channel, expires_at }: Offerable,
): ClaimedSend {
  const group = wireGroupId(context, phone);
  return {
    id,
    location_id,
    phone,
    to: group ?? phone,
    to_group: group !== undefined,
    channel,
    fallbacks: phone.startsWith('+') ? context.directory.fallbacks(location_id, deviceId, channel) : [],
    text,
    attachments: attachments === '[]' ? [] : grantFiles(context, seq, deviceId),
    expires_at,
  };
}

export function releaseSends({ db }: SqliteContext, deviceId: string): void {
  db.run(
    `UPDATE messages SET owner = NULL, lease_until = NULL
     WHERE status = 'QUEUED' AND owner IS NOT NULL AND device_id = ?`,
    deviceId,
  );
}

export function settleSends(
  context: SqliteContext,
  deviceId: string,
  acceptances: Acceptance[],
  now: number,
): void {
  for (const acceptance of acceptances) {
    const message = findOffered(context, acceptance.id, deviceId);
    if (message === undefined) {
      context.log.warn(
        { device_id: deviceId, message: acceptance.id },
        'a device answered for a message that was not offered to it; ignored',
      );
    } else if (acceptance.accepted) {
      applyEvidence(context, message, { event: 'DISPATCHED' }, { at: now, now, source: 'device' });
    } else if (refusalCounts(message.status)) {
      const evidence = { event: 'FAILED', error: acceptance.error } as const;
      applyEvidence(context, message, evidence, { at: now, now, source: 'device' });
    }
  }
}

/**
 * What was never offered provably did not go out. What was offered to a device that went away without an answer may
 * have: its client hears that nobody can tell.
 */
export function expireQueued(context: SqliteContext, now: number, limit: number): number {
  const expired = context.db.all<Outgoing & { offered_at: number | null }>(
    `SELECT ${OUTGOING}, offered_at FROM messages
     WHERE status = 'QUEUED' AND owner IS NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?`,
    now,
    limit,
  );
  for (const { offered_at, ...message } of expired) {
    const error =
      message.held === HOLDING.for_files
        ? failure('attachment_unavailable', 'The message expired before all its files were fetched.')
        : failure(offered_at === null ? 'device_offline_expired' : 'send_timeout_unknown');
    applyEvidence(context, message, { event: 'FAILED', error }, { at: now, now, source: 'hub' });
  }
  return expired.length;
}

const SILENT = `SELECT id FROM devices WHERE last_seen_at <= ?`;

const OVERDUE = `
SELECT ${OUTGOING} FROM messages
WHERE status = 'DISPATCHED' AND device_id = ? AND expires_at <= ? ORDER BY seq LIMIT ?`;

/** Nobody can tell what became of messages on a device that has given no sign for so long. */
export function expireDispatched(
  context: SqliteContext,
  { silentSince, limit }: { silentSince: number; limit: number },
  now: number,
): number {
  let expired = 0;
  for (const { id } of context.db.all<{ id: string }>(SILENT, silentSince)) {
    const overdue = context.db.all<Outgoing>(OVERDUE, id, now, limit - expired);
    for (const message of overdue) {
      const error = failure('send_timeout_unknown', 'Its device has not been heard of since.');
      applyEvidence(context, message, { event: 'FAILED', error }, { at: now, now, source: 'hub' });
    }
    expired += overdue.length;
    if (expired >= limit) break;
  }
  return expired;
}
