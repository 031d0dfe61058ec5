import { z } from 'zod';
import { channelSchema } from '../channels.ts';
import { failureSchema } from '../failure-codes.ts';

const timestamp = z.iso.datetime({ offset: true });

/** POSTed to the workspace's URL when an outgoing message climbs the status ladder. */
export const statusUpdateSchema = z.object({
  type: z.literal('STATUS-UPDATE'),
  location_id: z.string(),
  message_id: z.string(),
  status: z.enum(['SENT', 'DELIVERED', 'READ', 'FAILED']),
  user_id: z.string(),
  phone: z.string(),
  channel: channelSchema,
  timestamp,
  error: failureSchema.optional(),
});
export type StatusUpdate = z.infer<typeof statusUpdateSchema>;

/** POSTed to the workspace's URL for an incoming message. `message_id` is the hub's id. */
export const messageEventSchema = z.object({
  type: z.literal('MESSAGE'),
  location_id: z.string(),
  phone: z.string(),
  message: z.string(),
  isMe: z.boolean(),
  attachments: z.array(z.string()),
  channel: channelSchema,
  message_id: z.string(),
  device_id: z.string(),
  timestamp,
});
export type MessageEvent = z.infer<typeof messageEventSchema>;

/** POSTed by "send test event": tells a receiver's author that address, headers and signature are right. */
const testEventSchema = z.object({
  type: z.literal('TEST'),
  location_id: z.string(),
  message: z.string(),
  timestamp,
});
export type TestEvent = z.infer<typeof testEventSchema>;

export const webhookEventSchema = z.discriminatedUnion('type', [
  statusUpdateSchema,
  messageEventSchema,
  testEventSchema,
]);
export type WebhookEvent = z.infer<typeof webhookEventSchema>;
