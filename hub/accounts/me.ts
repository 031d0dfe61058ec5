import { type MeView, meSchema } from '../../shared/api/accounts.ts';
import { ApiError } from '../../shared/api/errors.ts';
import { defineRoute, type Route } from '../api/route.ts';
import type { User } from '../store/accounts.ts';
import type { AccountDependencies } from './dependencies.ts';

/** GET /api/me: who calls. */
export function meRoute({ store, accounts, givenUrl }: AccountDependencies): Route {
  return defineRoute({
    method: 'get',
    path: '/api/me',
    operationId: 'getMe',
    auth: 'user',
    tag: 'accounts',
    summary: 'Who calls: somebody signed in to the panel, or a holder of the admin token.',
    response: { status: 200, description: 'The caller.', schema: meSchema },
    handle: async ({ userId, headers, source }) => {
      if (userId === undefined) return { status: 200, body: { ...TOKEN_HOLDER, hub_url: givenUrl ?? null } };
      const user = await store.findUser(userId);
      if (user === undefined) throw new ApiError('unauthorized', 'This account is gone.');
      const cookies = await accounts.refresh({ headers, source });
      return { status: 200, body: showMe(user, givenUrl), headers: { 'set-cookie': cookies } };
    },
  });
}

const TOKEN_HOLDER: Omit<MeView, 'hub_url'> = {
  kind: 'token',
  id: 'admin-token',
  name: 'Admin token',
  email: null,
  role: 'admin',
  two_factor_enabled: false,
  device_allowance: null,
  devices_enrolled: 0,
  workspaces: null,
  created_at: null,
};

export function showMe(user: User, givenUrl: string | undefined): MeView {
  const isAdmin = user.role === 'admin';
  return {
    kind: 'user',
    id: user.id,
    name: user.name,
    email: user.email,
    role: user.role,
    two_factor_enabled: user.two_factor_enabled,
    device_allowance: isAdmin ? null : user.device_allowance,
    devices_enrolled: user.devices_enrolled,
    workspaces: isAdmin ? null : user.workspaces,
    created_at: new Date(user.created_at).toISOString(),
    hub_url: givenUrl ?? null,
  };
}
