import { z } from 'zod';

/** One thing a device found about itself; `remedy` tells the operator what to do. */
export const findingSchema = z.object({
  check: z.string().max(64),
  ok: z.boolean(),
  message: z.string().max(500),
  remedy: z.string().max(500).optional(),
  /** While this is so the device cannot send: the hub keeps what is waiting for it, and may use another device. */
  blocks_sending: z.boolean().optional(),
});
export type Finding = z.infer<typeof findingSchema>;

/** Device → hub, on connecting, on change, and every minute. */
export const healthSchema = z.object({
  findings: z.array(findingSchema).max(50),
  /** Accepted sends that have no result yet. */
  open_sends: z.int().nonnegative(),
  /** Journal entries that the hub has not acknowledged. */
  unacked_entries: z.int().nonnegative(),
});
export type Health = z.infer<typeof healthSchema>;

export function blocksSending(findings: readonly Finding[]): boolean {
  return findings.some((finding) => !finding.ok && finding.blocks_sending === true);
}
