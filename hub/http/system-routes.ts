import { z } from 'zod';
import { ApiError } from '../../shared/api/errors.ts';
import { defineRoute, type Route } from '../api/route.ts';
import type { Metrics } from '../metrics.ts';
import type { Store } from '../store/store.ts';

export interface SystemDependencies {
  store: Pick<Store, 'ping' | 'countQueues' | 'countEndpoints'>;
  metrics: Metrics;
  now: () => number;
  countOnline: () => number;
  isStopping: () => boolean;
}

const READINESS_DEADLINE_MS = 3_000;

/** Routes for those who run the hub: is it alive, is it ready, what does it count. */
export function systemRoutes(dependencies: SystemDependencies): Route[] {
  const { store, metrics, now, countOnline } = dependencies;
  const okSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Ok' });
  return [
    defineRoute({
      method: 'get',
      path: '/healthz',
      auth: 'none',
      tag: 'system',
      summary: 'Whether the process runs.',
      response: { status: 200, description: 'It does.', schema: okSchema },
      handle: () => ({ status: 200, body: { status: 'ok' } }),
    }),
    defineRoute({
      method: 'get',
      path: '/readyz',
      auth: 'none',
      tag: 'system',
      summary:
        'Whether the hub can take messages: its database answers, can be written, and its queue can be read.',
      response: { status: 200, description: 'It can.', schema: okSchema },
      errors: ['unavailable'],
      handle: async () => {
        await checkReadiness(dependencies);
        return { status: 200, body: { status: 'ok' } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      auth: 'admin-or-loopback',
      tag: 'system',
      summary: "What the hub counts, in Prometheus' text format.",
      response: { status: 200, description: 'The metrics.', schema: z.string(), contentType: 'text/plain' },
      errors: ['unauthorized'],
      handle: async () => ({
        status: 200,
        body: await metrics.scrape({
          queues: await store.countQueues(now()),
          endpoints: await store.countEndpoints(),
          devicesOnline: countOnline(),
        }),
        headers: { 'content-type': metrics.contentType },
      }),
    }),
  ];
}

async function checkReadiness({ store, now, isStopping }: SystemDependencies): Promise<void> {
  if (isStopping()) throw new ApiError('unavailable', 'The hub is stopping.', { retryAfter: 5 });
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`the database did not answer within ${READINESS_DEADLINE_MS} ms`)),
    READINESS_DEADLINE_MS,
  );
  try {
    await Promise.race([Promise.all([store.ping(), store.countQueues(now())]), late.promise]);
  } catch (cause) {
    throw new ApiError('unavailable', "The hub's database does not answer or cannot be written.", {
      retryAfter: 5,
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}
