import { z } from 'zod';

/** Limits of POST /webhook. */
export const MAX_BODY_BYTES = 256 * 1024;
export const MAX_TEXT_CHARACTERS = 10_000;
export const MAX_ATTACHMENTS = 10;

/** 200 of POST /webhook: validated and on disk. `duplicate` is there when the same message was accepted before. */
export const acceptedSchema = z.object({
  status: z.literal('queued'),
  message: z.string(),
  message_id: z.string(),
  location_id: z.string(),
  id: z.string(),
  duplicate: z.literal(true).optional(),
});
export type Accepted = z.infer<typeof acceptedSchema>;
