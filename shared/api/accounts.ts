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
    device_allowance: z.int().nullable().meta({ description: 'null for no limit.' }),
    devices_enrolled: z.int(),
    workspaces: z
      .array(z.string())
      .nullable()
      .meta({ description: 'location_ids of the workspaces given to them; null for all.' }),
    created_at: timeSchema.nullable(),
    hub_url: z.string().nullable().meta({
      description: 'HUB_PUBLIC_URL, where clients and devices reach the hub; null where it is not set.',
    }),
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

/** More, and their lists would hold up the hub. */
const MAX_WORKSPACES = 200;
const MAX_DEVICES = 500;
const MAX_ALLOWANCE = 100_000;

const givenFields = {
  role: roleSchema,
  workspaces: z.array(z.string().min(1).max(128)).max(MAX_WORKSPACES),
  devices: z.array(z.string().min(1).max(128)).max(MAX_DEVICES),
  device_allowance: z
    .int()
    .min(0)
    .max(MAX_ALLOWANCE)
    .nullable()
    .meta({ description: 'Devices that they may enrol; null for no limit.' }),
};

/** A new user, who joins by the link of the answer. What is given to an admin means nothing: they may everything. */
export const newUserSchema = z.strictObject({
  name: nameSchema,
  email: emailSchema,
  role: givenFields.role,
  workspaces: givenFields.workspaces
    .default([])
    .meta({ description: 'location_ids of the workspaces they see.' }),
  devices: givenFields.devices.default([]).meta({ description: 'Ids of the devices they see.' }),
  device_allowance: givenFields.device_allowance.default(0),
});

export const userChangesSchema = z.strictObject({
  name: nameSchema.optional(),
  email: emailSchema.optional(),
  role: givenFields.role.optional(),
  workspaces: givenFields.workspaces.optional(),
  devices: givenFields.devices.optional(),
  device_allowance: givenFields.device_allowance.optional(),
  disabled: z.boolean().optional().meta({ description: 'Ends their sessions and links at once.' }),
  two_factor_enabled: z
    .literal(false)
    .optional()
    .meta({ description: 'Takes the second factor from somebody who lost it.' }),
});

export const userSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    role: roleSchema,
    workspaces: z.array(z.string()),
    devices: z.array(z.string()),
    device_allowance: z.int().nullable(),
    devices_enrolled: z.int(),
    two_factor_enabled: z.boolean(),
    state: z.enum(['invited', 'active', 'disabled']),
    last_login_at: timeSchema.nullable(),
    created_at: timeSchema,
  })
  .meta({ id: 'User' });
export type UserView = z.infer<typeof userSchema>;

/** By which somebody chooses a password: shown once. */
export const inviteSchema = z.object({ invite_url: z.string(), expires_at: timeSchema });

export const createdUserSchema = userSchema.extend(inviteSchema.shape).meta({ id: 'CreatedUser' });
