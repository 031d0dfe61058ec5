import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import {
  booleanSetting,
  type Config,
  type ConfigTable,
  durationSetting,
} from '../shared/runtime/config-table.ts';
import { LOG_LEVELS } from '../shared/runtime/log.ts';

const pathSetting = z
  .string()
  .refine((path) => !path.includes('\0'), 'a path cannot hold a NUL character')
  .transform((path) =>
    path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : resolve(path),
  );

const positiveDuration = durationSetting.refine((milliseconds) => milliseconds > 0, 'it must be more than 0');

/** Ways of addressing a recipient by script. */
const SEND_ROUTES = ['participant', 'buddy', 'chat'] as const;
export type SendRoute = (typeof SEND_ROUTES)[number];

const routesSetting = z
  .string()
  .transform((list) => list.split(',').map((name) => name.trim()))
  .pipe(z.array(z.enum(SEND_ROUTES, `write one or more of ${SEND_ROUTES.join(', ')}, with commas between`)))
  .refine((routes) => new Set(routes).size === routes.length, 'it names a way twice');

/** Everything that can be set from outside; read once, in main.ts. */
export const BRIDGE_SETTINGS = {
  BRIDGE_HOME: {
    parse: pathSetting,
    default: '~/Library/Application Support/Bluewire',
    help: 'identity (mode 0600) and journal database',
  },
  BRIDGE_CHAT_DB: {
    parse: pathSetting,
    default: '~/Library/Messages/chat.db',
    help: "Messages' database, opened read-only, always",
  },
  BRIDGE_STAGING_DIR: {
    parse: pathSetting,
    default: '~/Library/Messages/Attachments/Bluewire',
    help: "outgoing files, where Messages' sandbox can read them",
  },
  BRIDGE_SEND_DEADLINE: {
    parse: positiveDuration,
    default: '2m',
    help: 'how long a send may stay without its row in chat.db before FAILED send_timeout_unknown',
  },
  BRIDGE_OSASCRIPT_TIMEOUT: {
    parse: positiveDuration,
    default: '150s',
    help: 'how long one osascript may run; the first waits for a person to allow Automation',
  },
  BRIDGE_KEEP_AWAKE: {
    parse: booleanSetting,
    default: 'true',
    help: 'whether the Mac is kept from sleeping while the bridge runs (caffeinate)',
  },
  BRIDGE_LOG_DIR: {
    parse: pathSetting,
    help: 'folder of a log file of limited size; unset: the log goes to stdout',
    shownDefault: 'stdout; ~/Library/Logs/Bluewire when installed',
  },
  BRIDGE_SEND_ROUTES: {
    parse: routesSetting,
    default: 'participant,buddy,chat',
    help: 'ways of addressing one person, in the order in which they are tried',
  },
  BRIDGE_RESTART_MESSAGES: {
    parse: booleanSetting,
    default: 'true',
    help: 'restart Messages when three sends in a row got no answer, at most every ten minutes',
  },
  BRIDGE_ATTACHMENT_DEADLINE: {
    parse: positiveDuration,
    default: '10m',
    help: 'how long Messages may take to fetch a received file before the message goes without it',
  },
  BRIDGE_CONVERT_ATTACHMENTS: {
    parse: booleanSetting,
    default: 'true',
    help: 'whether received HEIC pictures become JPEG and CAF recordings M4A, where the Mac has the tools',
  },
  LOG_LEVEL: { parse: z.enum(LOG_LEVELS), default: 'info', help: LOG_LEVELS.join(', ') },
} as const satisfies ConfigTable;

export type BridgeConfig = Config<typeof BRIDGE_SETTINGS>;
