import { hkdfSync } from 'node:crypto';
import { APIError } from 'better-auth/api';
import { betterAuth } from 'better-auth/minimal';
import { twoFactor } from 'better-auth/plugins/two-factor';
import type { Logger } from 'pino';
import { MAX_PASSWORD, MIN_PASSWORD } from '../../shared/api/accounts.ts';
import type { Store } from '../store/store.ts';
import { storeAdapter } from './auth-adapter.ts';
import { ownOrigins } from './origins.ts';
import { Passwords } from './passwords.ts';
import { takeCode } from './used-codes.ts';

export interface AuthSettings {
  store: Store;
  /** HUB_SECRET. */
  secret: string;
  publicUrl: string;
  log: Logger;
}

export const AUTH_PATH = '/api/auth';
/** By which the hub tells the library who calls; a caller's own header of this name does not reach it. */
export const SOURCE_HEADER = 'x-bluewire-source';
const COOKIE_PREFIX = 'bluewire';
const SESSION_SECONDS = 7 * 86_400;
const A_MINUTE = 60;
const TOTP_PATH = '/two-factor/verify-totp';
/** Tries of a password or a code from one source in a minute. */
const TRIES = { window: A_MINUTE, max: 10 };

export type Auth = ReturnType<typeof createAuth>;

/** The sign-in library on the hub's own store. It asks nobody outside, and is told all it needs here. */
export function createAuth({ store, secret, publicUrl, log }: AuthSettings) {
  const { origin, protocol } = new URL(publicUrl);
  return betterAuth({
    appName: 'Bluewire',
    baseURL: origin,
    basePath: AUTH_PATH,
    secrets: [{ version: 1, value: deriveSecret(secret) }],
    database: storeAdapter(store),
    trustedOrigins: (request) => trustedOrigins(publicUrl, request?.headers),
    telemetry: { enabled: false },
    logger: { log: (_level, message, ...details) => passOn(log, message, details) },
    onAPIError: { throw: true },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: MIN_PASSWORD,
      maxPasswordLength: MAX_PASSWORD,
      password: new Passwords(),
    },
    ...TABLES,
    session: { ...TABLES.session, expiresIn: SESSION_SECONDS },
    rateLimit: {
      ...TABLES.rateLimit,
      enabled: true,
      storage: 'database',
      window: 10,
      max: 100,
      customRules: { '/sign-in/email': TRIES, '/change-password': TRIES, '/two-factor/*': TRIES },
    },
    plugins: [twoFactor({ issuer: 'Bluewire', schema: TWO_FACTOR_TABLES })],
    databaseHooks: {
      session: { create: { before: (session, request) => judgeSession(store, session, request) } },
    },
    advanced: {
      cookiePrefix: COOKIE_PREFIX,
      useSecureCookies: protocol === 'https:',
      ipAddress: { ipAddressHeaders: [SOURCE_HEADER] },
      // Both are the library's own defaults, except where it takes itself to be under test.
      disableCSRFCheck: false,
      disableOriginCheck: false,
    },
  });
}

const TABLES = {
  user: {
    modelName: 'users',
    fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
  },
  account: {
    modelName: 'accounts',
    fields: {
      userId: 'user_id',
      accountId: 'account_id',
      providerId: 'provider_id',
      createdAt: 'created_at',
      updatedAt: 'updated_at',
    },
  },
  session: {
    modelName: 'sessions',
    fields: {
      userId: 'user_id',
      expiresAt: 'expires_at',
      ipAddress: 'ip_address',
      userAgent: 'user_agent',
      createdAt: 'created_at',
      updatedAt: 'updated_at',
    },
  },
  verification: {
    modelName: 'verifications',
    fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
  },
  rateLimit: { modelName: 'rate_limits', fields: { lastRequest: 'last_request' } },
} as const;

const TWO_FACTOR_TABLES = {
  user: { fields: { twoFactorEnabled: 'two_factor_enabled' } },
  twoFactor: {
    modelName: 'two_factors',
    fields: {
      userId: 'user_id',
      backupCodes: 'backup_codes',
      failedVerificationCount: 'failed_verification_count',
      lockedUntil: 'locked_until',
    },
  },
} as const;

/** Besides its own, the origin of whatever page the browser itself calls the hub's: behind a proxy it may have any name. */
function trustedOrigins(publicUrl: string, headers: Headers | undefined): string[] {
  const own = ownOrigins(publicUrl, headers?.get('host') ?? undefined);
  const origin = headers?.get('origin');
  return origin && headers?.get('sec-fetch-site') === 'same-origin' ? [...own, origin] : own;
}

/** HUB_SECRET may be short, and guards other things besides. */
function deriveSecret(secret: string): string {
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), 'bluewire sessions 1', 32)).toString(
    'base64url',
  );
}

/** Throws where no session may be opened. */
async function judgeSession(
  store: Store,
  { userId }: { userId: string },
  request: { path?: string; body?: { code?: unknown } } | null,
): Promise<void> {
  await refuseDisabled(store, userId);
  if (request?.path !== TOTP_PATH) return;
  if (await takeCode(store, { userId, code: String(request.body?.code) })) return;
  throw new APIError('UNAUTHORIZED', {
    code: 'CODE_USED',
    message: 'This code was used already. Start over with your password, and wait for the next code.',
  });
}

async function refuseDisabled(store: Store, userId: string): Promise<void> {
  const user = await store.findUser(userId);
  if (user && !user.disabled) return;
  throw new APIError('FORBIDDEN', { code: 'USER_DISABLED', message: 'This account is switched off.' });
}

/** What a caller did wrong is answered, and no matter for the log; what the library itself met is. */
function passOn(log: Logger, message: string, details: unknown[]): void {
  const error = details.find((detail) => detail instanceof Error && !(detail instanceof APIError));
  if (error) log.warn({ err: error }, 'signing in met an error');
  else log.debug(message);
}
