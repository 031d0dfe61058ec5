import type {
  EditEvent,
  MessageEvent,
  ReactionEvent,
  StatusUpdate,
  UnsendEvent,
} from '../../shared/api/webhook-events.ts';
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

/** A group as its members' events show it. */
interface GroupShown {
  id: string;
  name: string | null;
  participants: string[];
}

function showGroup(group: GroupShown | undefined): Pick<MessageEvent, 'group' | 'participants'> {
  if (group === undefined) return {};
  return { group: { id: group.id, name: group.name }, participants: group.participants };
}

/** The body of a MESSAGE, as POSTed. `id` is the hub's id of the message; with `isMe`, `phone` is whom it was written to. */
export function messageBody(
  message: {
    id: string;
    location_id: string;
    device_id: string;
    phone: string;
    text: string;
    attachments: string[];
    /** Names of files that could not be had. */
    unavailable?: string[];
    channel: Channel;
    isMe?: boolean;
    reply_to?: string | undefined;
    effect?: string | undefined;
    group?: GroupShown | undefined;
  },
  at: number,
): string {
  const event: MessageEvent = {
    type: 'MESSAGE',
    location_id: message.location_id,
    phone: message.phone,
    message: message.text,
    isMe: message.isMe ?? false,
    attachments: message.attachments,
    channel: message.channel,
    message_id: message.id,
    device_id: message.device_id,
    timestamp: rfc3339(at),
    ...(message.reply_to !== undefined && { reply_to: message.reply_to }),
    ...(message.effect !== undefined && { effect: message.effect }),
    ...showGroup(message.group),
    ...(message.unavailable?.length && {
      unavailable_attachments: message.unavailable.map(
        (name) => ({ name, code: 'attachment_unavailable' }) as const,
      ),
    }),
  };
  return JSON.stringify(event);
}

/** What an extra event is about. `message_id` is the id by which the client knows the message, if it does. */
interface About {
  location_id: string;
  device_id: string;
  message_id: string | null;
  phone: string;
  channel: Channel;
  isMe: boolean;
  group: GroupShown | undefined;
}

/** The body of a REACTION, as POSTed. */
export function reactionBody(
  about: About,
  { part, reaction, emoji, removed }: Pick<ReactionEvent, 'part' | 'reaction' | 'emoji' | 'removed'>,
  at: number,
): string {
  const event: ReactionEvent = {
    type: 'REACTION',
    ...showAbout(about, at),
    reaction,
    ...(emoji !== undefined && { emoji }),
    part,
    removed,
  };
  return JSON.stringify(event);
}

/** The body of an EDIT or UNSEND, as POSTed. `text` is what the message says now. */
export function changeBody(type: 'EDIT' | 'UNSEND', about: About, text: string, at: number): string {
  const event: EditEvent | UnsendEvent = { type, ...showAbout(about, at), message: text };
  return JSON.stringify(event);
}

function showAbout({ group, ...about }: About, at: number) {
  const { location_id, phone, isMe, channel, message_id, device_id } = about;
  return {
    location_id,
    phone,
    isMe,
    channel,
    message_id,
    device_id,
    timestamp: rfc3339(at),
    ...showGroup(group),
  };
}
