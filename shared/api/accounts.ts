import { z } from 'zod';
import { timeSchema } from './pages.ts';

export const MIN_PASSWORD = 12;
export const MAX_PASSWORD = 128;

const roleSchema = z.enum(['admin', 'user']);

const nameSchema = z.string().trim().min(1).max(200);
const emailSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(320)
  .pipe(z.email('is not an e-mail address'))
  .meta({ description: 'What they sign in with, in any letter case.' });

const passwordSchema = z.string().min(MIN_PASSWORD).max(MAX_PASSWORD);

/** Who calls: somebody signed in to the panel, or a holder of the admin token. */
export const meSchema = z
  .object({
    kind: z.enum(['user', 'token']),
    id: z.string(),
    name: z.string(),
    email: z.string().nullable(),
    role: roleSchema,
    two_factor_enabled: z.boolean(),
    device_allowance: z.int().nullable().meta({ description: 'null: no limit.' }),
    devices_enrolled: z.int(),
    workspaces: z
      .array(z.string())
      .nullable()
      .meta({ description: 'location_ids of the workspaces given to them; null: all.' }),
    created_at: timeSchema.nullable(),
  })
  .meta({ id: 'Me' });
export type MeView = z.infer<typeof meSchema>;

export const setupStateSchema = z.object({
  needs_setup: z
    .boolean()
    .meta({ description: 'Nobody can sign in yet: a set-up link makes the first admin.' }),
});

/** What a link is for, and for whom. */
export const setupLinkSchema = z
  .object({
    purpose: z.enum(['first_admin', 'invite', 'reset']),
    email: z.string().nullable(),
    name: z.string().nullable(),
    expires_at: timeSchema,
  })
  .meta({ id: 'SetupLink' });

/** Uses a link up. `name` and `email` are for a link that makes an admin; an invited person's are known. */
export const setupSchema = z.strictObject({
  name: nameSchema.optional(),
  email: emailSchema.optional(),
  password: passwordSchema,
});

export const createdLinkSchema = z.object({ url: z.string(), expires_at: timeSchema });
