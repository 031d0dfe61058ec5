import { z } from 'zod';
import { extraEventSchema } from '../extra-events.ts';

/** How fast a device may begin sends. It keeps the latest it was told, also while it cannot reach the hub. */
export const paceSchema = z.object({
  /** Sends begun in any 60 seconds at most; null for no limit. */
  per_minute: z.int().min(1).max(600).nullable(),
  /** Least time between the beginnings of two sends. */
  gap_ms: z.int().min(0).max(3_600_000),
  /** Up to this much is added to each gap, at random. */
  jitter_ms: z.int().min(0).max(3_600_000),
});
export type Pace = z.infer<typeof paceSchema>;

/** Hub → device, in the welcome and whenever it changes: how the device is to behave. */
export const settingsSchema = z.object({
  pace: paceSchema,
  /** What the device reports beyond messages and statuses; what is not asked for never leaves the Mac. */
  extra_events: z.array(extraEventSchema),
});
export type Settings = z.infer<typeof settingsSchema>;

export const UNPACED: Pace = { per_minute: null, gap_ms: 0, jitter_ms: 0 };
