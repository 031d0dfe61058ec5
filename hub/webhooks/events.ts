import type { MessageEvent, StatusUpdate } from '../../shared/api/webhook-events.ts';
import type { Channel } from '../../shared/channels.ts';
import type { Failure } from '../../shared/failure-codes.ts';
import type { AnnouncedStatus } from '../../shared/status-ladder.ts';

/** 9999-12-31T23:59:59.999Z, the last instant that RFC 3339 can write. */
const LAST_INSTANT = 253_402_300_799_999;

/** The time itself, or the nearest one that RFC 3339 can write: a device with a broken clock reports any number. */
export function nearestInstant(at: number): number {
  return Math.min(Math.max(at, 0), LAST_INSTANT);
}

/** Epoch milliseconds as RFC 3339 in UTC. */
export function rfc3339(at: number): string {
  return new Date(nearestInstant(at)).toISOString();
}

/** The body of a STATUS-UPDATE, as POSTed. `failure` is sent with FAILED only. */
export function statusUpdateBody(
  message: { location_id: string; message_id: string; user_id: string; phone: string; channel: Channel },
  status: AnnouncedStatus,
  at: number,
  failure?: Failure,
): string {
  const update: StatusUpdate = {
    type: 'STATUS-UPDATE',
    location_id: message.location_id,
    message_id: message.message_id,
    status,
    user_id: message.user_id,
    phone: message.phone,
    channel: message.channel,
    timestamp: rfc3339(at),
    ...(status === 'FAILED' && failure ? { error: failure } : {}),
  };
  return JSON.stringify(update);
}

/** The body of a MESSAGE, as POSTed. `id` is the hub's id of the inbound message. */
export function messageBody(
  message: {
    id: string;
    location_id: string;
    device_id: string;
    phone: string;
    text: string;
    attachments: string[];
    channel: Channel;
  },
  at: number,
): string {
  const event: MessageEvent = {
    type: 'MESSAGE',
    location_id: message.location_id,
    phone: message.phone,
    message: message.text,
    isMe: false,
    attachments: message.attachments,
    channel: message.channel,
    message_id: message.id,
    device_id: message.device_id,
    timestamp: rfc3339(at),
  };
  return JSON.stringify(event);
}
