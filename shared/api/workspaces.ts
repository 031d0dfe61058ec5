import { z } from 'zod';
import { CHANNELS, channelSchema } from '../channels.ts';
import { EXTRA_EVENTS, extraEventSchema } from '../extra-events.ts';
import { timeSchema } from './pages.ts';

/** Stands in for a header's value in every answer; sent back unchanged, it keeps the stored value. */
export const MASK = '••••';
const MAX_HEADERS = 50;

/** RFC 9110 field names and values; the rest (reserved names, twins) is judged with a sentence of its own. */
const headerSchema = z.strictObject({
  key: z
    .string()
    .max(256)
    .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, 'is not a valid header name'),
  value: z
    .string()
    .max(8192)
    .refine(
      isHeaderValue,
      'is not a valid header value: control characters, line breaks and non-Latin-1 text cannot be sent',
    ),
});

function isHeaderValue(value: string): boolean {
  return value === MASK || /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

const webhookUrlSchema = z
  .string()
  .trim()
  .max(2048)
  .superRefine((text, context) => {
    const fault = faultOfUrl(text);
    if (fault) context.addIssue(fault);
  })
  .meta({ description: 'Where events are POSTed: http or https.' });

function faultOfUrl(text: string): string | undefined {
  // Parsers of URLs leave these out, so what is stored would not be where the events go.
  if (/[\t\n\r]/.test(text)) return 'must not contain tabs or line breaks';
  const url = URL.parse(text);
  if (url === null) return 'is not an absolute URL';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://';
  if (url.username !== '' || url.password !== '')
    return 'must not contain a user name or password; use a header for credentials';
  return undefined;
}

const nameSchema = z.string().trim().min(1).max(200);
const contactFields = {
  address: z.string().trim().max(500).nullable().optional(),
  email: z.email('is not an e-mail address').max(320).nullable().optional(),
  phone: z.string().trim().max(64).nullable().optional(),
};
const extraEventsSchema = z
  .array(extraEventSchema)
  .max(EXTRA_EVENTS.length)
  .transform((asked) => EXTRA_EVENTS.filter((one) => asked.includes(one)))
  .meta({
    description:
      'What the webhook is told of beyond statuses and incoming one-to-one messages. echo: what is typed on the device itself.',
  });

/** In the order of CHANNELS, each once. */
const usedChannelsSchema = z
  .array(channelSchema)
  .min(1)
  .transform((used) => CHANNELS.filter((one) => used.includes(one)))
  .meta({
    description: 'What the workspace uses, all at first: its devices serve it on no other channel.',
  });

const settingFields = {
  url: webhookUrlSchema.nullable().optional(),
  headers: z.array(headerSchema).max(MAX_HEADERS).optional(),
  require_api_key: z.boolean().optional(),
  channels: usedChannelsSchema.optional(),
  extra_events: extraEventsSchema.optional(),
};

export const newWorkspaceSchema = z.strictObject({
  name: nameSchema,
  ...contactFields,
  ...settingFields,
  clone_from: z
    .string()
    .max(128)
    .optional()
    .meta({
      description:
        'location_id of a workspace whose url, headers, require_api_key, channels and extra_events are taken where this body does not ' +
        'give them, and its routes. ' +
        'Its signing secret, API keys, connection and devices are not.',
    }),
});
export type NewWorkspaceBody = z.infer<typeof newWorkspaceSchema>;

export const workspaceChangesSchema = z.strictObject({
  name: nameSchema.optional(),
  ...contactFields,
  ...settingFields,
  webhook_enabled: z.boolean().optional(),
});
export type WorkspaceChangesBody = z.infer<typeof workspaceChangesSchema>;

const assignedDeviceSchema = z.object({ device_id: z.string(), channels: z.array(channelSchema) });

export const workspaceSchema = z
  .object({
    location_id: z.string(),
    name: z.string(),
    address: z.string().nullable(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    url: z.string().nullable(),
    headers: z.array(z.object({ key: z.string(), value: z.string() })),
    connected: z.boolean(),
    require_api_key: z.boolean(),
    channels: z.array(channelSchema),
    extra_events: z.array(extraEventSchema),
    webhook_enabled: z.boolean(),
    webhook_disabled_reason: z.string().nullable(),
    webhook_failing_since: timeSchema
      .nullable()
      .meta({ description: 'Since when every attempt failed; null while it works, or was never tried.' }),
    previous_secret_until: timeSchema.nullable().meta({
      description:
        'Until when calls are also signed with the secret of before the last rotation; null: never rotated.',
    }),
    devices: z.array(assignedDeviceSchema).meta({ description: 'Those that the caller may see.' }),
    served_channels: z
      .array(channelSchema)
      .meta({ description: 'Channels that a device is assigned for, whether the caller sees it or not.' }),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .meta({ id: 'Workspace' });
export type WorkspaceView = z.infer<typeof workspaceSchema>;

/** 201: the only answer, besides a rotation's, that shows the signing secret. */
export const createdWorkspaceSchema = workspaceSchema
  .extend({ signing_secret: z.string() })
  .meta({ id: 'CreatedWorkspace' });

export const connectionSchema = z.strictObject({ connected: z.boolean() });

/** Replaces the workspace's devices as a whole. Without `channels` a device serves all that it can. */
export const assignmentsSchema = z.strictObject({
  devices: z
    .array(
      z.strictObject({
        device_id: z.string().min(1).max(128),
        channels: z.array(channelSchema).min(1).optional(),
      }),
    )
    .max(500),
});
export type AssignmentsBody = z.infer<typeof assignmentsSchema>;

/** For a channel that a client asks for: the channels to try, in turn. */
const routesSchema = z.partialRecord(
  channelSchema,
  z.array(channelSchema).min(1).max(CHANNELS.length).refine(hasNoTwins, 'names a channel twice'),
);

function hasNoTwins(channels: readonly unknown[]): boolean {
  return new Set(channels).size === channels.length;
}

/** Replaces the workspace's routes as a whole; a channel without one is tried alone. */
export const routingSchema = z.strictObject({
  routes: routesSchema.superRefine((routes, context) => {
    for (const [channel, [first]] of Object.entries(routes))
      if (first !== channel)
        context.addIssue({ code: 'custom', path: [channel], message: `must begin with ${channel}` });
  }),
});

/** Every channel with what is tried for it. */
export const routingViewSchema = z
  .object({ routes: z.record(channelSchema, z.array(channelSchema)) })
  .meta({ id: 'WorkspaceRouting' });

/** Header values in the clear. */
export const revealedHeadersSchema = z.object({
  headers: z.array(z.object({ key: z.string(), value: z.string() })),
});

export const signingSecretSchema = z.object({ signing_secret: z.string() });

/** What the receiver answered to a test event; `status` is null when it did not. */
export const testResultSchema = z.object({
  status: z.int().nullable(),
  body: z.string().nullable(),
  latency_ms: z.number(),
  error: z.string().optional(),
});
export type TestResult = z.infer<typeof testResultSchema>;
