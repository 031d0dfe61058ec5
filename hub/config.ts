import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import {
  booleanSetting,
  type Config,
  type ConfigTable,
  durationSetting,
  portSetting,
  readConfig,
} from '../shared/runtime/config-table.ts';
import { LOG_LEVELS } from '../shared/runtime/log.ts';
import { databaseUrlSetting } from './database-url.ts';

/** An address block: the parsed network and its prefix length. */
export type AddressBlock = [ipaddr.IPv4 | ipaddr.IPv6, number];

const hostSetting = z.string().trim().regex(/^\S+$/, 'write a host name or an IP address');

const publicUrlSetting = z
  .string()
  .trim()
  .refine(isPlainHttpUrl, 'write an http:// or https:// address without user name, query or fragment')
  .transform((text) => text.replace(/\/+$/, ''));

const credentialSetting = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'use printable ASCII characters without spaces, since it travels in a header');

const addressBlocksSetting = z.string().transform((text, context): AddressBlock[] => {
  const blocks: AddressBlock[] = [];
  for (const part of text.split(/[\s,]+/).filter(Boolean)) {
    const block = parseBlock(part);
    if (block) blocks.push(block);
    else context.addIssue(`"${part}" is neither an address nor a CIDR block such as 10.0.0.0/8 or fd00::/8`);
  }
  return blocks;
});

/** Longer, and the times made with it were no times any more: the database would take no message. */
const LONGEST_MS = 100 * 365 * 86_400_000;
const timespanSetting = durationSetting.refine((ms) => ms <= LONGEST_MS, 'it must not be longer than 36500d');

const DAY_MS = 86_400_000;

/** How long something is kept; undefined for ever. Less than a day is more likely a slip than meant. */
const retentionSetting = z.string().transform((text, context): number | undefined => {
  if (text === 'never') return undefined;
  const parsed = timespanSetting.safeParse(text);
  if (parsed.success && parsed.data >= DAY_MS) return parsed.data;
  context.addIssue('write a time of at least a day, such as 90d, or never');
  return z.NEVER;
});

const rateSetting = z
  .string()
  .regex(/^(none|[1-9]\d{0,8})$/, 'write how many messages a minute, such as 600, or none')
  .transform((text) => (text === 'none' ? undefined : Number(text)));

/** Everything the hub takes from its environment. */
export const HUB_SETTINGS = {
  HUB_HOST: { parse: hostSetting, default: '127.0.0.1', help: 'Address to listen on.' },
  HUB_PORT: { parse: portSetting, default: '8080', help: 'Port to listen on; 0 takes a free one.' },
  HUB_PUBLIC_URL: {
    parse: publicUrlSetting,
    shownDefault: 'http://localhost:<port>',
    help: 'How others reach the hub: used in instructions and links.',
  },
  HUB_DATA_DIR: {
    parse: z.string(),
    default: './data/hub',
    help: 'Folder of the database, of files, and of generated secrets.',
  },
  DATABASE_URL: {
    parse: databaseUrlSetting,
    shownDefault: 'SQLite in HUB_DATA_DIR',
    help: 'Postgres to store in (postgres://user:password@host:5432/database), for several hubs on one database; give all of them the same HUB_SECRET.',
  },
  HUB_SECRET: {
    parse: z.string().min(1),
    shownDefault: 'generated into HUB_DATA_DIR',
    help: 'Key for encryption at rest (webhook headers, signing secrets) and for the links to files.',
  },
  HUB_ADMIN_TOKEN: {
    parse: credentialSetting,
    shownDefault: 'generated into HUB_DATA_DIR',
    help: 'Bearer token with full rights on /api.',
  },
  HUB_REQUIRE_API_KEY: {
    parse: booleanSetting,
    default: 'false',
    help: 'Whether new workspaces require an API key.',
  },
  HUB_ALLOWED_TARGETS: {
    parse: addressBlocksSetting,
    default: '',
    shownDefault: 'none',
    help: 'Addresses or CIDR blocks, comma-separated, that webhooks and downloads of attachments may reach although they are private.',
  },
  HUB_MESSAGE_TTL: {
    parse: timespanSetting.refine((ttl) => ttl > 0, 'it must be longer than 0'),
    default: '24h',
    help: 'A message queued longer than this without a device FAILS with device_offline_expired.',
  },
  HUB_RATE_LIMIT: {
    parse: rateSetting,
    default: 'none',
    help: 'Messages that a workspace may hand over in a minute, at each hub; more are answered 429 rate_limited. All of them may come at once.',
  },
  HUB_MESSAGE_RETENTION: {
    parse: retentionSetting,
    default: '400d',
    help: 'Messages that have ended are removed this long after their last change, and their message_id is free again; never keeps them for ever.',
  },
  HUB_DELIVERY_RETENTION: {
    parse: retentionSetting,
    default: '90d',
    help: 'Webhook events that were delivered, given up or only recorded are removed this long after they came to be; never keeps them for ever.',
  },
  HUB_MEDIA_LINK_TTL: {
    parse: timespanSetting.refine((ttl) => ttl > 0, 'it must be longer than 0'),
    default: '30d',
    help: 'How long links to the files of incoming messages work.',
  },
  HUB_MEDIA_RETENTION: {
    parse: timespanSetting,
    default: '90d',
    help: 'Files that no message waits with and no working link leads to are removed this long after their last use.',
  },
  LOG_LEVEL: { parse: z.enum(LOG_LEVELS), default: 'info', help: 'Least level that is logged.' },
} satisfies ConfigTable;

export type HubConfig = Config<typeof HUB_SETTINGS>;

const SHORT_SECRET_CHARACTERS = 16;

/** The variables that were set to a secret short enough to be guessed. */
export function findShortSecrets(config: HubConfig): string[] {
  return (['HUB_SECRET', 'HUB_ADMIN_TOKEN'] as const).filter(
    (name) => (config[name]?.length ?? SHORT_SECRET_CHARACTERS) < SHORT_SECRET_CHARACTERS,
  );
}

/** Reads the hub's configuration. Throws ConfigError with a sentence that names each variable at fault. */
export function readHubConfig(env: Record<string, string | undefined>): HubConfig {
  return readConfig(HUB_SETTINGS, env);
}

function isPlainHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === ''
  );
}

// Short spellings such as 127.1 are refused: what an operator exempts should read as what it is.
function parseBlock(text: string): AddressBlock | undefined {
  const [address = '', prefix] = text.split('/');
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address)) return undefined;
  const parsed = ipaddr.parse(address);
  const widest = parsed.kind() === 'ipv4' ? 32 : 128;
  if (prefix === undefined) return [parsed, widest];
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > widest || text.split('/').length > 2) return undefined;
  return [parsed, Number(prefix)];
}
