import type { Channel } from '../../../shared/channels.ts';
import { failure } from '../../../shared/failure-codes.ts';
import type { Acceptance } from '../../../shared/wire/acceptance.ts';
import { refusalCounts } from '../../status/apply-status.ts';
import type { ClaimedSend } from '../records.ts';
import { addToTimeline, type SqliteContext } from './context.ts';
import { applyEvidence, findOffered, OUTGOING, type Outgoing } from './evidence.ts';
import { grantFiles } from './files-outgoing.ts';
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
WHERE status = 'QUEUED' AND device_id = ? AND owner IS NULL ORDER BY seq LIMIT ?`;

const LEASE = `
UPDATE messages SET owner = ?, lease_until = ?, offered_at = ?, steps = ?, updated_at = ? WHERE seq = ?`;

export function claimSends(
  context: SqliteContext,
  request: { device_id: string; owner: string; lease_until: number; limit: number },
  now: number,
): ClaimedSend[] {
  const { db } = context;
  db.run(FREE_EXPIRED, now);
  const claimed = db.all<Offerable>(OFFERABLE, request.device_id, request.limit);
  for (const { seq, offered_at, steps } of claimed) {
    // A device that stays silent is offered the same again and again: the first time tells all.
    const isFirst = offered_at === null;
    const counted = isFirst ? steps + 1 : steps;
    db.run(LEASE, request.owner, request.lease_until, offered_at ?? now, counted, now, seq);
    const event = { at: now, status: 'OFFERED', source: 'hub', detail: request.device_id } as const;
    if (isFirst) addToTimeline(context, { seq, n: counted }, event);
  }
  return claimed.map(({ seq, offered_at: _, steps: __, attachments, ...send }) => ({
    ...send,
    attachments: attachments === '[]' ? [] : grantFiles(context, seq, request.device_id),
  }));
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
