import type { Channel } from '../../../shared/channels.ts';
import type { FailureCode } from '../../../shared/failure-codes.ts';
import type { MessageStatus } from '../../../shared/status-ladder.ts';
import { applyStatus, type Evidence, type Standing } from '../../status/apply-status.ts';
import { statusUpdateBody } from '../../webhooks/events.ts';
import { asksFor } from './belonging.ts';
import { addToTimeline, type StoreContext } from './context.ts';
import { recordDelivery } from './deliveries.ts';
import { leaveHold } from './hold.ts';
import { together } from './together.ts';

/** What climbing needs of an outgoing message. */
export interface Outgoing {
  seq: number;
  location_id: string;
  message_id: string;
  user_id: string;
  phone: string;
  channel: Channel;
  status: MessageStatus;
  error_code: FailureCode | null;
  error_message: string | null;
  held: number;
  steps: number;
}

export const OUTGOING =
  'seq, location_id, message_id, user_id, phone, channel, status, error_code, error_message, held, steps';

const UPDATE = `
UPDATE messages SET status = ?, channel = ?, error_code = ?, error_message = ?, guid = coalesce(?, guid), owner = NULL,
                    lease_until = NULL, steps = ?, updated_at = ?
WHERE seq = ?`;

/** The message, when it was offered to this device: no other may speak for it. */
export async function findOffered(
  { db }: StoreContext,
  id: string,
  deviceId: string,
): Promise<Outgoing | undefined> {
  return await db.get(
    `SELECT ${OUTGOING} FROM messages
     WHERE id = ? AND device_id = ? AND direction = 'out' AND offered_at IS NOT NULL ${db.forUpdate}`,
    id,
    deviceId,
  );
}

interface Moment {
  /** When it happened. */
  at: number;
  /** When it is recorded. */
  now: number;
  source: 'hub' | 'device';
}

/**
 * Climbs the ladder with what was learnt, writes the timeline and the deliveries that follow; how many of those are to be
 * sent.
 */
export async function applyEvidence(
  context: StoreContext,
  message: Outgoing,
  evidence: Evidence & { guid?: string | undefined },
  moment: Moment,
): Promise<number> {
  const error = message.error_code
    ? { code: message.error_code, message: message.error_message ?? '' }
    : null;
  const { standing, announce } = applyStatus(
    { status: message.status, channel: message.channel, error },
    evidence,
    { tellRead: await asksFor(context, message.location_id, 'read') },
  );
  const detail = evidence.error
    ? `${evidence.error.code}: ${evidence.error.message}`
    : describeChannel(message, evidence);
  const step = { seq: message.seq, n: message.steps + 1 };
  const { at, source } = moment;
  const [sent] = await together([
    tell(context, message, { standing, announce }, moment),
    updateStanding(context, message, standing, evidence.guid, moment),
    addToTimeline(context, step, { at, status: evidence.event, source, detail }),
  ]);
  return sent;
}

async function updateStanding(
  context: StoreContext,
  message: Outgoing,
  { status, channel, error }: Standing,
  guid: string | undefined,
  { now }: Moment,
): Promise<void> {
  const [code, words] = error ? [error.code, error.message] : [null, null];
  await context.db.run(
    UPDATE,
    status,
    channel,
    code,
    words,
    guid ?? null,
    message.steps + 1,
    now,
    message.seq,
  );
  if (message.held > 0) await leaveHold(context, message);
}

async function tell(
  context: StoreContext,
  message: Outgoing,
  { standing, announce }: ReturnType<typeof applyStatus>,
  { at, now }: Moment,
): Promise<number> {
  let sent = 0;
  for (const status of announce) {
    const told = { ...message, channel: standing.channel };
    const body = statusUpdateBody(told, status, at, standing.error ?? undefined);
    sent += await recordDelivery(
      context,
      { ...told, message_seq: message.seq, type: 'STATUS-UPDATE', body },
      now,
    );
  }
  return sent;
}

/** An iMessage that went another way could not reach its recipient: only then does Messages or the device go on. */
function describeChannel(message: Outgoing, { channel }: Evidence): string | undefined {
  if (channel === undefined || channel === message.channel) return channel;
  if (message.channel !== 'imessage') return `${channel}, in place of ${message.channel}`;
  return `${channel}: the recipient could not be reached by iMessage`;
}
