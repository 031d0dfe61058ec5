import { z } from 'zod';
import { channelSchema } from '../channels.ts';
import { fileSchema } from './files.ts';

/** Hub → device: send this once. Repeated until it is accepted; the device knows a repetition by `id`. */
export const sendSchema = z
  .object({
    /** The hub's id of the message. */
    id: z.string().min(1).max(64),
    /** E.164 number or e-mail address; with `to_group` the id of a group chat, as the device reported it. */
    to: z.string().min(1).max(320),
    to_group: z.boolean(),
    channel: channelSchema,
    /** Channels to go on with, in turn, when the recipient provably cannot be reached on the one before. */
    fallbacks: z.array(channelSchema).max(4),
    /** Carried unchanged to the recipient, after the files. Empty only where there are files. */
    text: z.string(),
    /** In the order in which they are to be sent; the hub has them. */
    attachments: z.array(fileSchema).max(10),
    /** Epoch milliseconds. A send that has not begun by then is not begun: FAILED device_offline_expired. */
    expires_at: z.int(),
  })
  .refine(({ text, attachments }) => text !== '' || attachments.length > 0, 'neither text nor attachments');
export type Send = z.infer<typeof sendSchema>;
