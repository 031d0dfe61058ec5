import { z } from 'zod';
import { settingsSchema } from './settings.ts';

/** What a device says when it connects, as socket.io's handshake `auth`. */
export const helloSchema = z.object({
  protocol: z.int(),
  /** The device credential from pairing. */
  token: z.string().min(1).max(256),
  /** Names the device's journal database. A new one means that its sequence numbers start again. */
  journal_id: z.uuid(),
  /** Highest sequence number in that journal, 0 when it is empty. */
  journal_seq: z.int().nonnegative(),
  bridge_version: z.string().max(64),
  os_version: z.string().max(64),
});
export type Hello = z.infer<typeof helloSchema>;

/** The hub's first event to a device that it let in. */
export const welcomeSchema = z.object({
  protocol: z.int(),
  device_id: z.string(),
  device_name: z.string(),
  hub_version: z.string(),
  /** Resume cursor: everything up to this sequence number of the journal named in the hello is on the hub's disk. */
  acked_seq: z.int().nonnegative(),
  settings: settingsSchema,
});
export type Welcome = z.infer<typeof welcomeSchema>;

const REFUSAL_CODES = ['unsupported_protocol', 'unauthorized', 'invalid_hello', 'unavailable'] as const;

/** Why the hub closed the door, as `data` of socket.io's connect_error. `message` is a sentence for the operator. */
export const refusalSchema = z.object({
  code: z.enum(REFUSAL_CODES),
  message: z.string(),
  hub_protocol: z.int(),
});
export type Refusal = z.infer<typeof refusalSchema>;
