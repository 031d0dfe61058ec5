import { z } from 'zod';
import { channelSchema } from '../channels.ts';
import { failureSchema } from '../failure-codes.ts';
import { REACTIONS } from '../wire/journal.ts';

const timestamp = z.iso.datetime({ offset: true });

/** POSTed to the workspace's URL when an outgoing message climbs the status ladder. */
export const statusUpdateSchema = z
  .object({
    type: z.literal('STATUS-UPDATE'),
    location_id: z.string(),
    message_id: z.string().meta({ description: "The client's own id of the message." }),
    status: z.enum(['SENT', 'DELIVERED', 'READ', 'FAILED']),
    user_id: z.string(),
    phone: z.string(),
    channel: channelSchema.meta({ description: 'The one really used.' }),
    timestamp,
    error: failureSchema.optional().meta({ description: 'Only of FAILED.' }),
  })
  .meta({ id: 'StatusUpdateEvent' });
export type StatusUpdate = z.infer<typeof statusUpdateSchema>;

const groupFields = {
  group: z
    .object({ id: z.string(), name: z.string().nullable() })
    .optional()
    .meta({ description: 'The group chat it happened in; its id is what an answer is sent to.' }),
  participants: z
    .array(z.string())
    .optional()
    .meta({ description: "Of a group: all but the device's owner." }),
};

/**
 * POSTed to the workspace's URL for an incoming message, and with `isMe` for one that was typed on the device itself, to
 * `phone`. `message_id` is the hub's id.
 */
export const messageEventSchema = z
  .object({
    type: z.literal('MESSAGE'),
    location_id: z.string(),
    phone: z.string(),
    message: z.string(),
    isMe: z.boolean().meta({ description: 'Typed on the device itself, to `phone`.' }),
    attachments: z
      .array(z.string())
      .meta({ description: 'Signed links to the files, which expire (after 30 days by default).' }),
    channel: channelSchema,
    message_id: z.string(),
    device_id: z.string(),
    timestamp,
    reply_to: z.string().optional().meta({
      description:
        "The message that this one answers: the client's own id, or the hub's of one that came in.",
    }),
    effect: z.string().optional().meta({ description: "Messages' name of the screen or bubble effect." }),
    ...groupFields,
    unavailable_attachments: z
      .array(z.object({ name: z.string(), code: z.literal('attachment_unavailable') }))
      .optional()
      .meta({
        description: 'Files of the message that the hub could not get; only there when there are any.',
      }),
  })
  .meta({ id: 'MessageEvent' });
export type MessageEvent = z.infer<typeof messageEventSchema>;

/**
 * What the extra events have in common. `message_id` names the message they are about: the client's own id of one that it
 * sent, the hub's of one that came in; null for one that the client was never told of.
 */
const aboutFields = {
  location_id: z.string(),
  phone: z.string(),
  isMe: z.boolean(),
  channel: channelSchema,
  message_id: z.string().nullable(),
  device_id: z.string(),
  timestamp,
  ...groupFields,
};

/** A tapback put on part `part` of a message, or taken away. `emoji` is there when `reaction` is `emoji`. */
export const reactionEventSchema = z
  .object({
    type: z.literal('REACTION'),
    ...aboutFields,
    reaction: z.enum(REACTIONS),
    emoji: z.string().optional(),
    part: z.int(),
    removed: z.boolean(),
  })
  .meta({ id: 'ReactionEvent' });
export type ReactionEvent = z.infer<typeof reactionEventSchema>;

/** A message got other words. `message` is what it says now. */
export const editEventSchema = z
  .object({ type: z.literal('EDIT'), ...aboutFields, message: z.string() })
  .meta({ id: 'EditEvent' });
export type EditEvent = z.infer<typeof editEventSchema>;

/** A message, or parts of it, was taken back. `message` is what is left of its text. */
export const unsendEventSchema = z
  .object({ type: z.literal('UNSEND'), ...aboutFields, message: z.string() })
  .meta({ id: 'UnsendEvent' });
export type UnsendEvent = z.infer<typeof unsendEventSchema>;

/** POSTed by "send test event": tells a receiver's author that address, headers and signature are right. */
const testEventSchema = z
  .object({
    type: z.literal('TEST'),
    location_id: z.string(),
    message: z.string(),
    timestamp,
  })
  .meta({ id: 'TestEvent' });
export type TestEvent = z.infer<typeof testEventSchema>;

export const webhookEventSchema = z
  .discriminatedUnion('type', [
    statusUpdateSchema,
    messageEventSchema,
    reactionEventSchema,
    editEventSchema,
    unsendEventSchema,
    testEventSchema,
  ])
  .meta({ id: 'WebhookEvent' });
export type WebhookEvent = z.infer<typeof webhookEventSchema>;
