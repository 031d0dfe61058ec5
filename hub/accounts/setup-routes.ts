import { randomUUIDv7 } from 'node:crypto';
import type { z } from 'zod';
import {
  createdLinkSchema,
  meSchema,
  setupLinkSchema,
  setupSchema,
  setupStateSchema,
} from '../../shared/api/accounts.ts';
import { ApiError } from '../../shared/api/errors.ts';
import { type Caller, defineRoute, type Route } from '../api/route.ts';
import { Throttle, throttleKey } from '../api/throttle.ts';
import { createToken, hashToken } from '../credentials/tokens.ts';
import type { FoundLink, LinkUse } from '../store/accounts.ts';
import type { AccountDependencies } from './dependencies.ts';
import { showMe } from './me.ts';

const BASE = { tag: 'accounts' } as const;
const ONE = '/api/setup/:code';
const LIFETIME_MS = 24 * 3_600_000;

type FindLink = (code: string | undefined, source: string) => Promise<FoundLink>;

/**
 * One-time links: a set-up link makes an admin, an invitation lets whom it is for choose a password. Reading what a link
 * is for does not use it up, so that a chat's preview of it does no harm.
 */
export function setupRoutes(dependencies: AccountDependencies): Route[] {
  const find = findLinks(dependencies);
  return [createRoute(dependencies), stateRoute(dependencies), readRoute(find), useRoute(find, dependencies)];
}

/** A link's code, and what the store keeps of it. */
export function makeLink(publicUrl: string, now: number, lifetime: number) {
  const code = createToken();
  const link = { code_hash: hashToken(code), created_at: now, expires_at: now + lifetime };
  return { url: `${publicUrl}/setup/${code}`, link };
}

function createRoute({ store, publicUrl, now, audit }: AccountDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'post',
    path: '/api/setup-links',
    auth: 'admin',
    summary: 'Makes a one-time link, good for a day, by which somebody becomes an admin.',
    response: { status: 201, description: 'The link, shown only here.', schema: createdLinkSchema },
    handle: async (caller) => {
      const { url, link } = makeLink(publicUrl(), now(), LIFETIME_MS);
      await store.createSetupLink({ ...link, user_id: null });
      await audit(caller, { action: 'setup_link.create', target: { kind: 'hub', id: 'setup-link' } });
      return { status: 201, body: { url, expires_at: new Date(link.expires_at).toISOString() } };
    },
  });
}

function stateRoute({ store }: AccountDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'get',
    path: '/api/setup',
    operationId: 'getSetup',
    auth: 'none',
    summary: 'Whether the hub still waits for its first admin.',
    response: { status: 200, description: 'Whether it does.', schema: setupStateSchema },
    handle: async () => ({ status: 200, body: { needs_setup: !(await store.hasUsers()) } }),
  });
}

/** Throws not_found and gone; a source that guesses is throttled. */
function findLinks({ store, now }: AccountDependencies): FindLink {
  const throttle = new Throttle({ failures: 20, seconds: 60 });
  return async (code, source) => {
    const key = throttleKey(source);
    await throttle.check(key);
    const link = await store.findSetupLink(hashToken(code ?? ''));
    if (link === undefined) {
      await throttle.countFailure(key);
      throw new ApiError(
        'not_found',
        'There is no such link: it may be cut short, or a newer one took its place.',
      );
    }
    if (link.used_at !== null) throw new ApiError('gone', 'This link was used already.');
    if (link.expires_at <= now() || link.user?.disabled) throw new ApiError('gone', 'This link has expired.');
    return link;
  };
}

function readRoute(find: FindLink): Route {
  return defineRoute({
    ...BASE,
    method: 'get',
    path: ONE,
    operationId: 'getSetupLink',
    auth: 'none',
    summary: 'What a link is for.',
    response: { status: 200, description: 'What it is for.', schema: setupLinkSchema },
    errors: ['not_found', 'gone', 'rate_limited'],
    handle: async ({ params, source }) => {
      const { user, expires_at } = await find(params.code, source);
      const purpose = user === undefined ? 'first_admin' : user.joined ? 'reset' : 'invite';
      return {
        status: 200,
        body: {
          purpose,
          email: user?.email ?? null,
          name: user?.name ?? null,
          expires_at: new Date(expires_at).toISOString(),
        },
      };
    },
  });
}

function useRoute(find: FindLink, dependencies: AccountDependencies): Route {
  const { store, accounts, now, givenUrl } = dependencies;
  return defineRoute({
    ...BASE,
    method: 'post',
    path: ONE,
    operationId: 'useSetupLink',
    auth: 'none',
    summary: 'Uses a link up, and signs in whom it is for, unless they have a second factor.',
    body: setupSchema,
    response: { status: 201, description: 'Who is signed in, by a cookie.', schema: meSchema },
    errors: ['not_found', 'gone', 'conflict', 'rate_limited'],
    handle: async ({ params, body, headers, ...caller }) => {
      const link = await find(params.code, caller.source);
      const admin = link.user === undefined ? composeAdmin(body) : undefined;
      const password = await accounts.hashPassword(body.password);
      const { code_hash } = link;
      const outcome = await store.useSetupLink({ code_hash, password, ...(admin && { admin }) }, now());
      if (outcome.kind === 'gone') throw new ApiError('gone', 'This link was used already.');
      if (outcome.kind === 'email_taken') throw refuseEmail();
      const { user } = outcome;
      await noteUse(link, user.id, { ...caller, actor: user.email }, dependencies);
      const credentials = { email: user.email, password: body.password };
      const cookies = await accounts.signIn({ headers, source: caller.source }, credentials);
      if (!user.two_factor_enabled) await store.recordLogin(user.id, now());
      return { status: 201, body: showMe(user, givenUrl), headers: { 'set-cookie': cookies } };
    },
  });
}

function composeAdmin({ name, email }: z.output<typeof setupSchema>): NonNullable<LinkUse['admin']> {
  const missing = name === undefined ? 'name' : 'email';
  if (name === undefined || email === undefined)
    throw new ApiError('missing_field', `${missing} is missing.`, {
      details: [{ field: missing, message: `${missing} is missing.` }],
    });
  return { id: randomUUIDv7(), name, email };
}

export function refuseEmail(): ApiError {
  const message = 'Somebody with this e-mail address is there already.';
  return new ApiError('conflict', message, { details: [{ field: 'email', message }] });
}

async function noteUse(
  { user }: FoundLink,
  id: string,
  caller: Caller,
  { audit }: AccountDependencies,
): Promise<void> {
  const action = user?.joined ? 'user.reset_password' : 'user.join';
  const changes = user === undefined ? { role: 'admin' } : {};
  await audit(caller, { action, target: { kind: 'user', id }, changes });
}
