import { z } from 'zod';
import { pageQuerySchema, timeSchema } from './pages.ts';

const deliveryStatusSchema = z.enum(['pending', 'delivered', 'dead', 'recorded']);

export const deliveryQuerySchema = pageQuerySchema.extend({
  workspace: z.string().max(128).optional().meta({ description: 'location_id' }),
  status: deliveryStatusSchema.optional(),
});

/** One webhook event on its way to a workspace's URL. `attempts` counts them. */
export const deliverySchema = z
  .object({
    id: z.string(),
    webhook_id: z.string(),
    location_id: z.string(),
    type: z.string(),
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
  .extend({ attempt_log: z.array(attemptSchema) })
  .meta({ id: 'DeliveryWithAttempts' });
