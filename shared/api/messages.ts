import { z } from 'zod';
import { channelSchema } from '../channels.ts';
import { failureSchema } from '../failure-codes.ts';
import { MESSAGE_STATUSES } from '../status-ladder.ts';
import { deliveryWithAttemptsSchema } from './deliveries.ts';
import { flagSchema, pageQuerySchema, spanSchema, timeSchema } from './pages.ts';

const STATUSES = [...MESSAGE_STATUSES, 'RECEIVED'] as const;
const messageStatusSchema = z.enum(STATUSES);

/** `SENT`, or `SENT,DELIVERED,READ`; handlers see a list. */
const someStatusesSchema = z
  .string()
  .regex(new RegExp(`^(${STATUSES.join('|')})(,(${STATUSES.join('|')}))*$`), {
    error: `must be one of ${STATUSES.join(', ')}, or several with commas between`,
  })
  .transform((text) => [...new Set(text.split(','))] as z.infer<typeof messageStatusSchema>[]);

export const messageQuerySchema = pageQuerySchema.extend({
  workspace: z.string().max(128).optional().meta({ description: 'location_id' }),
  phone: z.string().max(320).optional(),
  conversation: z.string().max(320).optional().meta({
    description: 'Phone, or `group:…`: what was said with this one, or in this group, both ways.',
  }),
  device: z.string().max(128).optional().meta({ description: 'Id of the device that carries it.' }),
  status: someStatusesSchema.optional().meta({
    description: 'One, or several with commas between, any of which it may be: `SENT,DELIVERED,READ`.',
  }),
  channel: channelSchema.optional(),
  direction: z.enum(['out', 'in']).optional(),
  from_me: flagSchema.optional().meta({
    description: 'false: without what was written on the device by its owner; true: only that.',
  }),
  message_id: z
    .string()
    .max(320)
    .optional()
    .meta({ description: 'The whole id that a client gave its message; only with `workspace`.' }),
  q: z.string().max(320).optional().meta({ description: 'Part of a message_id, id or phone.' }),
  ...spanSchema,
});

/** What is exported: the same, as a whole. */
export const messageExportQuerySchema = messageQuerySchema.omit({ limit: true, cursor: true });

export const messageSchema = z
  .object({
    id: z.string(),
    direction: z.enum(['out', 'in']),
    location_id: z.string().nullable(),
    message_id: z.string(),
    user_id: z.string().nullable(),
    phone: z.string(),
    message: z.string(),
    attachments: z.array(z.string()),
    channel: channelSchema,
    status: messageStatusSchema,
    device_id: z.string().nullable(),
    group_id: z
      .string()
      .nullable()
      .meta({ description: 'Of a message that came in: the group it was written in.' }),
    from_me: z.boolean().meta({ description: 'Written on the device by its owner, and told as an echo.' }),
    error: failureSchema.nullable(),
    resend_of: z.string().nullable().meta({
      description: 'Of one that was sent again: the id of the message that it all began with.',
    }),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .meta({ id: 'Message' });
export type MessageView = z.infer<typeof messageSchema>;

/** Why a message is still QUEUED. */
const WAITING_FOR = [
  'workspace_not_connected',
  'no_device',
  'files',
  'device_offline',
  'device_paused',
  'device_blocked',
  'device_busy',
] as const;
const waitingSchema = z.object({ code: z.enum(WAITING_FOR), message: z.string() });
export type WaitingFor = z.infer<typeof waitingSchema>;

export const messageTimelineSchema = messageSchema
  .extend({
    waiting_for: waitingSchema.nullable(),
    events: z.array(
      z.object({ at: timeSchema, status: z.string(), source: z.string(), detail: z.string().nullable() }),
    ),
    deliveries: z.array(deliveryWithAttemptsSchema).meta({
      description: 'The webhook events about it, oldest first, the first fifty.',
    }),
  })
  .meta({ id: 'MessageWithTimeline' });

export const resendSchema = z.strictObject({
  force: z.boolean().default(false).meta({
    description: 'Send it again even if it may have gone out: the recipient may get it twice.',
  }),
});
