import { randomUUIDv7 } from 'node:crypto';
import { apiKeySchema, createdApiKeySchema, newApiKeySchema } from '../../shared/api/api-keys.ts';
import { ApiError } from '../../shared/api/errors.ts';
import { pageQuerySchema, pageSchema } from '../../shared/api/pages.ts';
import { defineRoute, type Route } from '../api/route.ts';
import { createApiKey, hashToken, nameInLog } from '../credentials/tokens.ts';
import type { AdminDependencies } from './dependencies.ts';
import { requireWorkspace } from './lookups.ts';
import { showApiKey, showPage, showTime } from './views.ts';

const BASE = { auth: 'user', tag: 'api keys' } as const;
const LIST = '/api/workspaces/:location_id/api-keys';

/** Keys with which a workspace's client may be required to call POST /webhook. */
export function apiKeyRoutes({ store, now, log, audit }: AdminDependencies): Route[] {
  return [
    defineRoute({
      ...BASE,
      method: 'post',
      path: LIST,
      summary: 'Creates an API key.',
      body: newApiKeySchema,
      optionalBody: true,
      response: { status: 201, description: 'The key, shown only here.', schema: createdApiKeySchema },
      errors: ['unknown_location'],
      handle: async ({ params, body: { name }, ...caller }) => {
        const { location_id } = await requireWorkspace(store, params.location_id, caller.scope);
        const id = randomUUIDv7();
        const key = createApiKey();
        const created_at = now();
        await store.createApiKey({ id, location_id, name, hash: hashToken(key), created_at });
        log.info({ workspace: nameInLog(location_id), key_id: id }, 'API key created');
        const target = { kind: 'api_key', id } as const;
        await audit(caller, { action: 'api_key.create', target, location_id, changes: { name } });
        return { status: 201, body: { id, key, name, created_at: showTime(created_at) } };
      },
    }),
    defineRoute({
      ...BASE,
      method: 'get',
      path: LIST,
      summary: "Lists the workspace's live API keys, newest first, without the keys themselves.",
      query: pageQuerySchema,
      response: { status: 200, description: 'A page.', schema: pageSchema(apiKeySchema) },
      errors: ['unknown_location'],
      handle: async ({ params, query, scope }) => {
        const { location_id } = await requireWorkspace(store, params.location_id, scope);
        const page = await store.listApiKeys(location_id, query);
        return { status: 200, body: showPage(page, showApiKey) };
      },
    }),
    defineRoute({
      ...BASE,
      method: 'delete',
      path: `${LIST}/:id`,
      summary: 'Revokes an API key.',
      response: { status: 204, description: 'Gone.' },
      errors: ['unknown_location', 'not_found'],
      handle: async ({ params: { location_id: of, id = '' }, ...caller }) => {
        const { location_id } = await requireWorkspace(store, of, caller.scope);
        if (!(await store.revokeApiKey(location_id, id)))
          throw new ApiError('not_found', 'This workspace has no API key with this id.');
        log.info({ workspace: nameInLog(location_id), key_id: id }, 'API key revoked');
        await audit(caller, { action: 'api_key.revoke', target: { kind: 'api_key', id }, location_id });
        return { status: 204 };
      },
    }),
  ];
}
