import { randomUUIDv7 } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  createdUserSchema,
  inviteSchema,
  newUserSchema,
  type UserView,
  userChangesSchema,
  userSchema,
} from '../../shared/api/accounts.ts';
import { ApiError } from '../../shared/api/errors.ts';
import { pageQuerySchema, pageSchema } from '../../shared/api/pages.ts';
import { defineRoute, type Route } from '../api/route.ts';
import { refuseField } from '../api/validate.ts';
import type { User, UserChanges, UserOutcome } from '../store/accounts.ts';
import type { AccountDependencies } from './dependencies.ts';
import { makeLink, refuseEmail } from './setup-routes.ts';

const BASE = { auth: 'admin', tag: 'accounts' } as const;
const LIST = '/api/users';
const ONE = '/api/users/:id';

const INVITATION_MS = 7 * 86_400_000;
/** Whoever has such a link can become somebody who is at work here. */
const RESET_MS = 86_400_000;

/** Who may use the panel, and what each of them sees there. */
export function userRoutes(dependencies: AccountDependencies): Route[] {
  return [
    createRoute(dependencies),
    listRoute(dependencies),
    readRoute(dependencies),
    editRoute(dependencies),
    deleteRoute(dependencies),
    inviteRoute(dependencies),
  ];
}

function createRoute({ store, now, publicUrl, audit }: AccountDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'post',
    path: LIST,
    summary: 'Adds somebody, who joins by the link of the answer within a week.',
    body: newUserSchema,
    response: { status: 201, description: 'The user, and the link.', schema: createdUserSchema },
    errors: ['conflict'],
    handle: async ({ body, ...caller }) => {
      const { url, link } = makeLink(publicUrl(), now(), INVITATION_MS);
      const user = judge(await store.createUser({ id: randomUUIDv7(), ...body }, link, now()));
      const { email, role, workspaces, devices, device_allowance } = user;
      await audit(caller, {
        action: 'user.create',
        target: { kind: 'user', id: user.id },
        changes: { email, role, workspaces, devices, device_allowance },
      });
      return { status: 201, body: { ...showUser(user), ...showInvite(url, link.expires_at) } };
    },
  });
}

function listRoute({ store }: AccountDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'get',
    path: LIST,
    summary: 'Lists users, newest first.',
    query: pageQuerySchema,
    response: { status: 200, description: 'A page.', schema: pageSchema(userSchema) },
    handle: async ({ query }) => {
      const { items, next_cursor } = await store.listUsers(query);
      return { status: 200, body: { items: items.map(showUser), next_cursor } };
    },
  });
}

function readRoute({ store }: AccountDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'get',
    path: ONE,
    summary: 'Reads a user.',
    response: { status: 200, description: 'The user.', schema: userSchema },
    errors: ['not_found'],
    handle: async ({ params }) => {
      const user = (await store.findUser(params.id ?? '')) ?? refuseUser();
      return { status: 200, body: showUser(user) };
    },
  });
}

function editRoute({ store, now, audit }: AccountDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'patch',
    path: ONE,
    summary: 'Changes the fields that the body gives. The last active admin stays one.',
    body: userChangesSchema,
    response: { status: 200, description: 'The user as it is now.', schema: userSchema },
    errors: ['not_found', 'conflict'],
    handle: async ({ params: { id = '' }, body, ...caller }) => {
      const before = (await store.findUser(id)) ?? refuseUser();
      const changes = Object.fromEntries(
        Object.entries(body).filter(([, value]) => value !== undefined),
      ) as UserChanges;
      const user = judge(await store.updateUser(id, changes, now()));
      const difference = compare(before, user);
      const target = { kind: 'user', id } as const;
      if (Object.keys(difference).length > 0)
        await audit(caller, { action: 'user.update', target, changes: { email: user.email, ...difference } });
      return { status: 200, body: showUser(user) };
    },
  });
}

const COMPARED = [
  'name',
  'email',
  'role',
  'disabled',
  'workspaces',
  'devices',
  'device_allowance',
  'two_factor_enabled',
] as const;

function compare(before: User, after: User): Record<string, unknown> {
  const changed = COMPARED.filter((field) => !isDeepStrictEqual(before[field], after[field]));
  return Object.fromEntries(changed.map((field) => [field, { from: before[field], to: after[field] }]));
}

function deleteRoute({ store, audit }: AccountDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'delete',
    path: ONE,
    summary: 'Removes a user, who is signed out at once. Devices that they enrolled stay.',
    response: { status: 204, description: 'Gone.' },
    errors: ['not_found', 'conflict'],
    handle: async ({ params: { id = '' }, ...caller }) => {
      const { email } = judge(await store.deleteUser(id));
      await audit(caller, { action: 'user.delete', target: { kind: 'user', id }, changes: { email } });
      return { status: 204 };
    },
  });
}

function inviteRoute({ store, now, publicUrl, audit }: AccountDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'post',
    path: `${ONE}/invite`,
    operationId: 'inviteUser',
    summary:
      'Makes a new link by which they choose a password, and ends the old one. Using it ends the sessions of somebody who had joined.',
    response: { status: 201, description: 'The link, shown only here.', schema: inviteSchema },
    errors: ['not_found', 'conflict'],
    handle: async ({ params: { id = '' }, ...caller }) => {
      const { email, joined, disabled } = (await store.findUser(id)) ?? refuseUser();
      if (disabled) throw new ApiError('conflict', 'This user is switched off: switch them on first.');
      const { url, link } = makeLink(publicUrl(), now(), joined ? RESET_MS : INVITATION_MS);
      await store.createSetupLink({ ...link, user_id: id });
      await audit(caller, { action: 'user.invite', target: { kind: 'user', id }, changes: { email } });
      return { status: 201, body: showInvite(url, link.expires_at) };
    },
  });
}

function judge(outcome: UserOutcome): User {
  switch (outcome.kind) {
    case 'done':
      return outcome.user;
    case 'not_found':
      return refuseUser();
    case 'email_taken':
      throw refuseEmail();
    case 'last_admin':
      throw new ApiError(
        'conflict',
        'This is the last admin who can sign in: make somebody else an admin first.',
      );
    case 'unknown':
      throw refuseField(
        `${outcome.field}[${outcome.index}]`,
        outcome.field === 'devices' ? 'names no device' : 'names no workspace',
      );
  }
}

function refuseUser(): never {
  throw new ApiError('not_found', 'There is no user with this id.');
}

function showUser({ disabled, joined, last_login_at, created_at, ...user }: User): UserView {
  const state = disabled ? 'disabled' : joined ? 'active' : 'invited';
  return {
    ...user,
    state,
    last_login_at: last_login_at === null ? null : new Date(last_login_at).toISOString(),
    created_at: new Date(created_at).toISOString(),
  };
}

function showInvite(invite_url: string, expiresAt: number) {
  return { invite_url, expires_at: new Date(expiresAt).toISOString() };
}
