import { z } from 'zod';
import { flagSchema, pageQuerySchema, timeSchema } from './pages.ts';

/** What the hub lets its operators know of. */
const NOTICE_KINDS = ['webhook_failing', 'webhook_disabled'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

export const noticeQuerySchema = pageQuerySchema.extend({
  workspace: z.string().max(128).optional().meta({ description: 'location_id' }),
  kind: z.enum(NOTICE_KINDS).optional(),
  open: flagSchema.optional().meta({ description: 'true: only what is not resolved; false: only what is.' }),
});

export const noticeSchema = z
  .object({
    id: z.string(),
    kind: z.enum(NOTICE_KINDS),
    location_id: z.string(),
    workspace: z.string().meta({ description: "The workspace's name." }),
    since: timeSchema,
    detail: z.string(),
    resolved_at: timeSchema.nullable(),
  })
  .meta({ id: 'Notice' });
export type NoticeView = z.infer<typeof noticeSchema>;
