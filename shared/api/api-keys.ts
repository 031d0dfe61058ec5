import { z } from 'zod';
import { timeSchema } from './pages.ts';

export const newApiKeySchema = z.strictObject({ name: z.string().trim().min(1).max(200).default('API key') });

/** 201: the only answer that shows the key. */
export const createdApiKeySchema = z.object({
  id: z.string(),
  key: z.string(),
  name: z.string(),
  created_at: timeSchema,
});

export const apiKeySchema = z
  .object({ id: z.string(), name: z.string(), created_at: timeSchema, last_used_at: timeSchema.nullable() })
  .meta({ id: 'ApiKey' });
export type ApiKeyView = z.infer<typeof apiKeySchema>;
