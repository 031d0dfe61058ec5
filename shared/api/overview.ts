import { z } from 'zod';
import { instantSchema, timeSchema } from './pages.ts';

/** What is counted when nothing is asked for. Minutes. */
const DAY_MINUTES = 24 * 60;

export const overviewQuerySchema = z.strictObject({
  since: instantSchema.optional().meta({
    description: 'Only messages and events from this time on (RFC 3339). Default: a day ago.',
  }),
  bucket_minutes: z.coerce.number().int().min(1).max(DAY_MINUTES).default(60).meta({
    description: 'Length of each step of `series`; at most 1000 of them lie between `since` and now.',
  }),
  workspace: z.string().max(128).optional().meta({ description: 'location_id' }),
});

/** Each message counts once, by what it is now. */
const totalsSchema = z.object({
  queued: z.int(),
  dispatched: z.int(),
  sent: z.int(),
  delivered: z.int(),
  read: z.int(),
  failed: z.int().meta({ description: 'FAILED, the canceled ones among them.' }),
  canceled: z.int().meta({ description: 'Of the failed: taken back by an admin.' }),
  received: z.int().meta({ description: 'Came in; what a device’s owner wrote there is not counted.' }),
});

const pointSchema = z.object({
  at: timeSchema.meta({ description: 'Where the step begins.' }),
  queued: z.int().meta({ description: 'With those that a device has taken.' }),
  sent: z.int(),
  delivered: z.int().meta({ description: 'With those that were read.' }),
  failed: z.int(),
  received: z.int(),
});

const latencySchema = z.object({
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
  count: z.int(),
});
export type LatencyView = z.infer<typeof latencySchema>;

const deviceTrafficSchema = z.object({
  device_id: z.string(),
  queued: z.int().meta({ description: 'With those that it has taken.' }),
  sent: z.int().meta({ description: 'With those that were delivered or read.' }),
  failed: z.int(),
  received: z.int(),
});

const webhooksSchema = z.object({
  failing: z.int().meta({ description: 'Workspaces whose webhook fails now.' }),
  disabled: z.int().meta({ description: 'Workspaces whose webhook is switched off.' }),
  pending: z.int().meta({ description: 'Events waiting to be delivered, counted up to 100,000.' }),
  dead: z.int().meta({ description: 'Events given up, counted up to 100,000.' }),
  recorded: z.int().meta({
    description:
      'Events that nobody was to be sent when they happened, and that a replay sends, counted up to 100,000.',
  }),
});

/** What messages created since then have become. Latencies are milliseconds, to three digits. */
export const overviewSchema = z
  .object({
    since: timeSchema,
    totals: totalsSchema,
    series: z.array(pointSchema),
    latency: z.object({
      to_sent: latencySchema.meta({ description: 'From QUEUED to SENT.' }),
      to_delivered: latencySchema.meta({ description: 'From SENT to DELIVERED.' }),
      webhook: latencySchema.meta({ description: 'Of each attempt to deliver an event.' }),
    }),
    devices: z.array(deviceTrafficSchema),
    webhooks: webhooksSchema,
    truncated: z.boolean().meta({
      description: 'Only the newest 200,000 messages, or attempts, were counted: there are more.',
    }),
  })
  .meta({ id: 'Overview' });
export type OverviewView = z.infer<typeof overviewSchema>;
