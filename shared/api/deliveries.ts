import { z } from 'zod';
import { instantSchema, pageQuerySchema, spanSchema, timeSchema } from './pages.ts';

const deliveryStatusSchema = z.enum(['pending', 'delivered', 'dead', 'recorded']);

export const deliveryQuerySchema = pageQuerySchema.extend({
  workspace: z.string().max(128).optional().meta({ description: 'location_id' }),
  status: deliveryStatusSchema.optional(),
  type: z.string().max(64).optional().meta({ description: 'MESSAGE, STATUS-UPDATE and so on.' }),
  message: z.string().max(128).optional().meta({ description: 'Id of the message that they are about.' }),
  ...spanSchema,
});

/** One webhook event on its way to a workspace's URL. `attempts` counts them. */
export const deliverySchema = z
  .object({
    id: z.string(),
    webhook_id: z.string(),
    location_id: z.string(),
    message: z
      .string()
      .nullable()
      .meta({ description: 'Id of the message that it is about, where the hub knows it.' }),
    phone: z.string().meta({ description: 'Of its conversation: a phone, an e-mail address or a group.' }),
    type: z.string(),
    event_status: z.string().nullable().meta({ description: 'Of a STATUS-UPDATE the status that it tells.' }),
    status: deliveryStatusSchema,
    attempts: z.int(),
    next_attempt_at: timeSchema.nullable(),
    last_error: z.string().nullable(),
    created_at: timeSchema,
  })
  .meta({ id: 'Delivery' });
export type DeliveryView = z.infer<typeof deliverySchema>;

/** One POST of a delivery. */
const attemptSchema = z.object({
  attempt: z.int(),
  at: timeSchema,
  latency_ms: z.number(),
  http_status: z.int().nullable(),
  error: z.string().nullable(),
  error_message: z.string().nullable(),
  response: z.string().nullable(),
});

export const deliveryWithAttemptsSchema = deliverySchema
  .extend({
    payload: z.record(z.string(), z.unknown()).meta({ description: 'The body that is POSTed.' }),
    attempt_log: z.array(attemptSchema),
  })
  .meta({ id: 'DeliveryWithAttempts' });
export type DeliveryWithAttemptsView = z.infer<typeof deliveryWithAttemptsSchema>;

/** How to send one event again. */
export const retrySchema = z.strictObject({
  force: z.boolean().default(false).meta({
    description:
      'Also send an event once more that was delivered: with the same webhook-id, by which a receiver knows it.',
  }),
});

/** What to send again, of all that is dead or was only recorded. */
export const replaySchema = z.strictObject({
  since: instantSchema.optional().meta({ description: 'Only events from this time on (RFC 3339).' }),
  status: z.enum(['dead', 'recorded']).optional().meta({
    description:
      'dead: those that were given up; recorded: those from times without a URL, or with the webhook off. Default both.',
  }),
});

export const replayableQuerySchema = z.strictObject({
  since: instantSchema.optional().meta({ description: 'Only events from this time on (RFC 3339).' }),
});

/** What a replay would send again. */
export const replayableSchema = z
  .object({
    dead: z.int().meta({ description: 'Events that were given up, counted up to 100,000.' }),
    recorded: z.int().meta({ description: 'Events that were only recorded, counted up to 100,000.' }),
  })
  .meta({ id: 'Replayable' });

/** How many conversations of a workspace were waiting for their next attempt. */
export const retriedSchema = z.object({
  retried: z
    .int()
    .meta({ description: 'Events that were waiting for their next attempt, one of each conversation.' }),
});

export const replayedSchema = z.object({
  replayed: z.int().meta({ description: 'Events put back in line.' }),
});
