import { z } from 'zod';
import { MAX_PASSWORD, MIN_PASSWORD } from '../../shared/api/accounts.ts';
import type { ownErrorBodySchema } from '../../shared/api/errors.ts';
import { defineRoute, type Route, type RouteResponse } from '../api/route.ts';
import { AUTH_PATH } from './auth.ts';
import type { AccountDependencies } from './dependencies.ts';
import { NOT_FROM_PANEL } from './origins.ts';
import { createSignInNotes } from './sign-in-notes.ts';

interface Endpoint {
  method: 'get' | 'post';
  path: string;
  operationId: string;
  summary: string;
  /** Only for who is signed in. */
  signedIn?: true;
  body?: z.ZodType;
}

const password = z.string().max(MAX_PASSWORD);

/** Of all that the sign-in library could answer, what the panel needs; the rest is not there. */
const ENDPOINTS: Endpoint[] = [
  {
    method: 'post',
    path: '/sign-in/email',
    operationId: 'signIn',
    summary:
      'Signs in: sets the cookie of a session, or answers `twoFactorRedirect` where a code is needed too.',
    body: z.object({ email: z.string(), password, rememberMe: z.boolean().optional() }),
  },
  { method: 'post', path: '/sign-out', operationId: 'signOut', summary: 'Ends the session.' },
  { method: 'get', path: '/get-session', operationId: 'getSession', summary: 'The session, or null.' },
  {
    method: 'get',
    path: '/list-sessions',
    signedIn: true,
    operationId: 'listSessions',
    summary: 'The sessions of whoever is signed in.',
  },
  {
    method: 'post',
    path: '/revoke-session',
    signedIn: true,
    operationId: 'revokeSession',
    summary: 'Ends one session, by its token.',
    body: z.object({ token: z.string() }),
  },
  {
    method: 'post',
    path: '/revoke-sessions',
    signedIn: true,
    operationId: 'revokeSessions',
    summary: 'Ends every session.',
  },
  {
    method: 'post',
    path: '/revoke-other-sessions',
    signedIn: true,
    operationId: 'revokeOtherSessions',
    summary: 'Ends every other session.',
  },
  {
    method: 'post',
    path: '/change-password',
    signedIn: true,
    operationId: 'changePassword',
    summary: 'Changes the password; with `revokeOtherSessions` every other session ends.',
    body: z.object({
      currentPassword: password,
      newPassword: password.min(MIN_PASSWORD),
      revokeOtherSessions: z.boolean().optional(),
    }),
  },
  {
    method: 'post',
    path: '/two-factor/enable',
    signedIn: true,
    operationId: 'beginTwoFactor',
    summary: 'Begins with a second factor: answers `totpURI` and `backupCodes`. verify-totp completes it.',
    body: z.object({ password }),
  },
  {
    method: 'post',
    path: '/two-factor/disable',
    signedIn: true,
    operationId: 'endTwoFactor',
    summary: 'Gives the second factor up.',
    body: z.object({ password }),
  },
  {
    method: 'post',
    path: '/two-factor/get-totp-uri',
    signedIn: true,
    operationId: 'getTotpUri',
    summary: 'Shows the secret of the second factor again.',
    body: z.object({ password }),
  },
  {
    method: 'post',
    path: '/two-factor/generate-backup-codes',
    signedIn: true,
    operationId: 'renewBackupCodes',
    summary: 'Makes new backup codes; the old ones end.',
    body: z.object({ password }),
  },
  {
    method: 'post',
    path: '/two-factor/verify-totp',
    operationId: 'verifyTotp',
    summary: 'Takes a code: completes signing in, or the set-up of the second factor.',
    body: z.object({ code: z.string(), trustDevice: z.boolean().optional() }),
  },
  {
    method: 'post',
    path: '/two-factor/verify-backup-code',
    operationId: 'verifyBackupCode',
    summary: 'Signs in with a backup code, once.',
    body: z.object({ code: z.string(), trustDevice: z.boolean().optional() }),
  },
];

/** What the sign-in library answers, in its own JSON. */
export function authRoutes(dependencies: AccountDependencies): Route[] {
  const { accounts } = dependencies;
  const note = createSignInNotes(dependencies);
  return ENDPOINTS.map(({ method, path, signedIn, ...described }) =>
    defineRoute({
      ...described,
      method,
      path: `${AUTH_PATH}${path}`,
      auth: signedIn ? 'user' : 'none',
      tag: 'sign-in',
      response: { status: 200, description: 'The answer of the sign-in library.', schema: ANSWER },
      errors: ['unauthorized', 'forbidden', 'rate_limited'],
      hasOwnCodes: true,
      handle: async ({ body, headers, source, requestId }) => {
        const sender = { headers, source, body };
        const known = await note.lookAhead(path, sender);
        const answer = await accounts.serve(method === 'get' ? 'GET' : 'POST', path, sender);
        const content = readJson(await answer.text());
        await note.write(path, { status: answer.status, content }, known, { source, requestId });
        return asResponse(answer, content);
      },
    }),
  );
}

const ANSWER = z.looseObject({});

function asResponse(answer: Response, content: unknown): RouteResponse {
  const { status } = answer;
  const headers: NonNullable<RouteResponse['headers']> = { 'set-cookie': answer.headers.getSetCookie() };
  const retryAfter = answer.headers.get('x-retry-after');
  if (retryAfter !== null) headers['retry-after'] = retryAfter;
  return { status, body: status < 400 ? content : showRefusal(content, status), headers };
}

/** Which field of the request a refusal of the library is about. */
const FIELDS: Record<string, string> = {
  INVALID_EMAIL: 'email',
  PASSWORD_TOO_SHORT: 'newPassword',
  PASSWORD_TOO_LONG: 'newPassword',
  INVALID_CODE: 'code',
  CODE_USED: 'code',
  INVALID_BACKUP_CODE: 'code',
};

/** Where the library's own words help nobody. */
const SENTENCES: Record<string, string> = {
  INVALID_ORIGIN: NOT_FROM_PANEL,
  MISSING_OR_NULL_ORIGIN: NOT_FROM_PANEL,
  CROSS_SITE_NAVIGATION_LOGIN_BLOCKED: NOT_FROM_PANEL,
  rate_limited: 'Too many tries; try again in a while.',
};

function showRefusal(content: unknown, status: number): z.infer<typeof ownErrorBodySchema> {
  const told = (content ?? {}) as { code?: string; message?: string };
  const code = told.code ?? (status === 429 ? 'rate_limited' : 'REFUSED');
  const message = SENTENCES[code] ?? told.message ?? 'This was refused.';
  const field = FIELDS[code];
  const details = field === undefined ? [] : [{ field, message }];
  return { status: 'error', code, error: message, message, details };
}

function readJson(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text);
}
