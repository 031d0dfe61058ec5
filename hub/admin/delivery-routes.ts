import {
  deliveryQuerySchema,
  deliverySchema,
  deliveryWithAttemptsSchema,
  retrySchema,
} from '../../shared/api/deliveries.ts';
import { ApiError } from '../../shared/api/errors.ts';
import { pageSchema } from '../../shared/api/pages.ts';
import { defineRoute, type Route } from '../api/route.ts';
import type { Delivery } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { AdminDependencies } from './dependencies.ts';
import { explainSilence } from './explain-silence.ts';
import { requireDelivery, withinWorkspaces } from './lookups.ts';
import { showDelivery, showDeliveryWithAttempts, showPage } from './views.ts';

const BASE = { auth: 'user', tag: 'deliveries' } as const;
const ONE = '/api/deliveries/:id';

/** Finding webhook events, their attempts, and sending one again. */
export function deliveryRoutes(dependencies: AdminDependencies): Route[] {
  return [listRoute(dependencies), readRoute(dependencies), retryRoute(dependencies)];
}

function listRoute({ store }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'get',
    path: '/api/deliveries',
    summary: 'Lists webhook events, newest first.',
    query: deliveryQuerySchema,
    response: { status: 200, description: 'A page.', schema: pageSchema(deliverySchema) },
    handle: async ({ query: { limit, cursor, ...filter }, scope }) => {
      const page = await store.listDeliveries({ ...filter, ...withinWorkspaces(scope) }, { limit, cursor });
      return { status: 200, body: showPage(page, showDelivery) };
    },
  });
}

function readRoute({ store }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'get',
    path: ONE,
    summary: 'Reads a webhook event with what is POSTed and its attempts.',
    response: { status: 200, description: 'The event.', schema: deliveryWithAttemptsSchema },
    errors: ['not_found'],
    handle: async ({ params: { id = '' }, scope }) => {
      const delivery = await requireDelivery(store, id, scope);
      return { status: 200, body: showDeliveryWithAttempts(delivery, await store.listAttempts(id)) };
    },
  });
}

function retryRoute({ store, now, audit, onDeliveriesDue }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'post',
    path: `${ONE}/retry`,
    summary:
      'Makes an event that is dead, recorded or waiting due now. One that was delivered needs `force`.',
    body: retrySchema,
    optionalBody: true,
    response: { status: 202, description: 'The event as it is now.', schema: deliverySchema },
    errors: ['not_found', 'conflict'],
    handle: async ({ params: { id = '' }, body: { force }, ...caller }) => {
      const before = await requireDelivery(store, id, caller.scope);
      if (!(await store.retryDelivery(id, now(), force))) throw await explainRefusal(before, store, force);
      onDeliveriesDue();
      const { location_id, status } = before;
      const target = { kind: 'delivery', id } as const;
      await audit(caller, { action: 'delivery.retry', target, location_id, changes: { status } });
      return { status: 202, body: showDelivery((await store.findDelivery(id)) ?? before) };
    },
  });
}

async function explainRefusal(
  { status, location_id }: Delivery,
  store: Store,
  force: boolean,
): Promise<ApiError> {
  if (status === 'delivered' && !force) {
    const message =
      'This event was delivered, and a receiver drops what it took before: {"force":true} sends it once more.';
    return new ApiError('conflict', message, { details: [{ field: 'force', message }] });
  }
  const workspace = await store.readWorkspace(location_id);
  return new ApiError(
    'conflict',
    (workspace && explainSilence(workspace)) ?? 'The workspace of this event is gone.',
  );
}
