import { z } from 'zod';
import { channelSchema, deviceKindSchema } from '../channels.ts';
import { findingSchema } from '../wire/health.ts';
import { paceSchema, UNPACED } from '../wire/settings.ts';
import { timeSchema } from './pages.ts';

const deviceFields = {
  name: z.string().trim().min(1).max(200),
  address: z.string().trim().min(1).max(320).nullable().optional(),
  channels: z.array(channelSchema).min(1).optional(),
};

/** Announces a device, which then pairs with the one-time code of the answer. */
export const enrollmentSchema = z.strictObject({ kind: deviceKindSchema, ...deviceFields });

export const createdEnrollmentSchema = z.object({
  code: z.string(),
  expires_at: timeSchema,
  device_id: z.string(),
  /** What to run on the device. */
  pair_command: z.string(),
});

/** A pace in parts: what is left out is unlimited. null takes every limit away. */
const paceChangeSchema = z
  .strictObject({
    per_minute: paceSchema.shape.per_minute.default(UNPACED.per_minute),
    gap_ms: paceSchema.shape.gap_ms.default(UNPACED.gap_ms),
    jitter_ms: paceSchema.shape.jitter_ms.default(UNPACED.jitter_ms),
  })
  .nullable()
  .optional();

export const deviceChangesSchema = z.strictObject({
  ...deviceFields,
  name: deviceFields.name.optional(),
  pace: paceChangeSchema,
});

export const deviceSchema = z
  .object({
    id: z.string(),
    kind: deviceKindSchema,
    name: z.string(),
    address: z.string().nullable(),
    channels: z.array(channelSchema),
    status: z.enum(['unpaired', 'paused', 'blocked', 'online', 'offline']),
    online: z.boolean(),
    paused: z.boolean(),
    paired_at: timeSchema.nullable(),
    last_seen_at: timeSchema.nullable(),
    bridge_version: z.string().nullable(),
    os_version: z.string().nullable(),
    hostname: z.string().nullable(),
    findings: z.array(findingSchema),
    pace: paceSchema,
    created_at: timeSchema,
    manageable: z.boolean().meta({
      description: 'Whether whoever asks may change more of it than its name, and remove it.',
    }),
  })
  .meta({ id: 'Device' });
export type DeviceView = z.infer<typeof deviceSchema>;
