import { z } from 'zod';
import { channelSchema } from '../channels.ts';
import { failureSchema } from '../failure-codes.ts';

/** Entries in one batch at most. */
export const MAX_BATCH = 200;

/** What chat.db proved of a send. `at` is epoch milliseconds. */
const statusEntrySchema = z.object({
  kind: z.literal('status'),
  /** The hub's id of the message. */
  id: z.string(),
  status: z.enum(['SENT', 'DELIVERED', 'READ', 'FAILED']),
  /** The channel that was really used. */
  channel: channelSchema,
  at: z.int(),
  error: failureSchema.optional(),
  /** Messages' guid of the row; absent when no row was found. */
  guid: z.string().optional(),
});
export type StatusEntry = z.infer<typeof statusEntrySchema>;

/** A message that Messages received. */
const messageEntrySchema = z.object({
  kind: z.literal('message'),
  /** Messages' guid of the row: the hub drops a second entry with the same. */
  guid: z.string(),
  /** The sender: E.164, e-mail address, or what Messages shows for senders without either (short codes). */
  from: z.string(),
  channel: channelSchema,
  /** Plain text; empty when nothing could be read. */
  text: z.string(),
  /** The row's own date in epoch milliseconds. */
  at: z.int(),
  /** Present for group chats: the hub never routes those to a one-to-one conversation. */
  group: z
    .object({ guid: z.string(), name: z.string().optional(), participants: z.array(z.string()) })
    .optional(),
  /** Said when the text could not be decoded in full. */
  warning: z.string().optional(),
});
export type MessageEntry = z.infer<typeof messageEntrySchema>;

const journalEntrySchema = z.discriminatedUnion('kind', [statusEntrySchema, messageEntrySchema]);
export type JournalEntry = z.infer<typeof journalEntrySchema>;

/** Device → hub: entries in order, without gaps; at most MAX_BATCH. The hub answers with a cumulative ack. */
export const journalBatchSchema = z.object({
  journal_id: z.uuid(),
  entries: z
    .array(z.object({ seq: z.int().positive(), entry: journalEntrySchema }))
    .min(1)
    .max(MAX_BATCH),
});
export type JournalBatch = z.infer<typeof journalBatchSchema>;

/** Hub → device: everything up to `acked_seq` is on the hub's disk and may be forgotten. */
export const journalAckSchema = z.object({ acked_seq: z.int().nonnegative() });
export type JournalAck = z.infer<typeof journalAckSchema>;
