import { z } from 'zod';
import { channelSchema } from '../channels.ts';
import { failureSchema } from '../failure-codes.ts';
import { fileSchema, missingFileSchema } from './files.ts';

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

const groupSchema = z.object({
  /** The chat's identifier: the same whatever macOS puts before it in the chat's guid. */
  id: z.string(),
  name: z.string().optional(),
  /** Everybody but the owner of the device. */
  participants: z.array(z.string()),
});
export type Group = z.infer<typeof groupSchema>;

/** Who said something to whom, and when. */
const originFields = {
  /** Messages' guid of the row. */
  guid: z.string(),
  /** Who wrote it: E.164, e-mail address, or what Messages shows for senders without either (short codes). */
  from: z.string(),
  /** Written by the device's owner, on this device or another one of the same account. */
  from_me: z.boolean(),
  /** With `from_me`, in a one-to-one conversation: whom it was written to. */
  to: z.string().optional(),
  channel: channelSchema,
  /** The row's own date in epoch milliseconds; of an edit or unsend, when that happened. */
  at: z.int(),
  /** Present for group chats: the hub never routes those to a one-to-one conversation. */
  group: groupSchema.optional(),
};

/** A message that Messages received, or with `from_me` one that was typed there. The hub drops a second with its guid. */
const messageEntrySchema = z.object({
  kind: z.literal('message'),
  ...originFields,
  /** Plain text; empty when nothing could be read. */
  text: z.string(),
  /** In the order in which they stand in the message. The hub has the files already. */
  attachments: z.array(z.union([fileSchema, missingFileSchema])).max(100),
  /** Guid of the message that this one answers. */
  reply_to: z.string().optional(),
  /** Messages' name of the screen or bubble effect. */
  effect: z.string().optional(),
  /** Said when the text could not be decoded in full. */
  warning: z.string().optional(),
});
export type MessageEntry = z.infer<typeof messageEntrySchema>;

export const REACTIONS = [
  'love',
  'like',
  'dislike',
  'laugh',
  'emphasize',
  'question',
  'emoji',
  'sticker',
] as const;

/** A tapback put on a message, or taken away. */
const reactionEntrySchema = z.object({
  kind: z.literal('reaction'),
  ...originFields,
  /** Guid of the message it is about, and which part of it. */
  target: z.string(),
  part: z.int().nonnegative(),
  reaction: z.enum(REACTIONS),
  /** With `emoji`: which one. */
  emoji: z.string().optional(),
  removed: z.boolean(),
});
export type ReactionEntry = z.infer<typeof reactionEntrySchema>;

/** A message got other words: `guid` is the message's own, `text` what it says now. */
const editEntrySchema = z.object({ kind: z.literal('edit'), ...originFields, text: z.string() });
export type EditEntry = z.infer<typeof editEntrySchema>;

/** A message, or parts of it, was taken back: `guid` is the message's own, `text` what is left. */
const unsendEntrySchema = z.object({ kind: z.literal('unsend'), ...originFields, text: z.string() });
export type UnsendEntry = z.infer<typeof unsendEntrySchema>;

const journalEntrySchema = z.discriminatedUnion('kind', [
  statusEntrySchema,
  messageEntrySchema,
  reactionEntrySchema,
  editEntrySchema,
  unsendEntrySchema,
]);
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
