import { z } from 'zod';
import { channelSchema } from '../channels.ts';

/** Hub → device: send this once. Repeated until it is accepted; the device knows a repetition by `id`. */
export const sendSchema = z.object({
  /** The hub's id of the message. */
  id: z.string().min(1).max(64),
  /** E.164 number or e-mail address. */
  to: z.string().min(1).max(320),
  channel: channelSchema,
  /** Carried unchanged to the recipient. */
  text: z.string().min(1),
  /** Epoch milliseconds. A send that has not begun by then is not begun: FAILED device_offline_expired. */
  expires_at: z.int(),
});
export type Send = z.infer<typeof sendSchema>;
