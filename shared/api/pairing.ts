import { z } from 'zod';
import { deviceKindSchema } from '../channels.ts';

/** Where a device trades its one-time code for a credential. */
export const PAIRING_PATH = '/api/pair';

/** POST /api/pair. No other credential: the code is it. */
export const pairRequestSchema = z.object({
  code: z.string().trim().min(1).max(64),
  protocol: z.int(),
  kind: deviceKindSchema,
  bridge_version: z.string().max(64),
  os_version: z.string().max(64),
  /** The machine's name, for the operator. */
  hostname: z.string().max(255),
});
export type PairRequest = z.infer<typeof pairRequestSchema>;

/** 201. `token` is shown only here; the hub keeps a hash. */
export const pairResponseSchema = z.object({
  device_id: z.string(),
  device_name: z.string(),
  token: z.string(),
});
export type PairResponse = z.infer<typeof pairResponseSchema>;
