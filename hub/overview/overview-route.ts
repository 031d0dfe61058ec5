import { overviewQuerySchema, overviewSchema } from '../../shared/api/overview.ts';
import { defineRoute, type Route, type Scope } from '../api/route.ts';
import { refuseField } from '../api/validate.ts';
import { Overview, type OverviewDependencies } from './overview.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MOST_STEPS = 1_000;

/** What flows, at a glance. */
export function overviewRoute(dependencies: OverviewDependencies): Route {
  const { now } = dependencies;
  const overview = new Overview(dependencies);
  return defineRoute({
    auth: 'user',
    tag: 'messages',
    method: 'get',
    path: '/api/overview',
    summary: 'Counts messages and webhook events since a time: totals, steps of time, latencies, devices.',
    query: overviewQuerySchema,
    response: { status: 200, description: 'The counts, some seconds old at most.', schema: overviewSchema },
    handle: async ({ query: { since = defaultSince(now()), bucket_minutes, workspace }, scope }) => {
      const stepMs = bucket_minutes * MINUTE_MS;
      if ((now() - since) / stepMs > MOST_STEPS)
        throw refuseField('bucket_minutes', `is too small: more than ${MOST_STEPS} of them lie since then`);
      const view = await overview.read({ since, stepMs, workspaces: narrow(scope, workspace) });
      const devices = view.devices.filter(({ device_id }) => !scope || scope.devices.has(device_id));
      return { status: 200, body: { ...view, devices } };
    },
  });
}

/** What the caller asked for, of what they may see. */
function narrow(scope: Scope | undefined, workspace: string | undefined): string[] | undefined {
  if (workspace !== undefined) return !scope || scope.workspaces.has(workspace) ? [workspace] : [];
  return scope && [...scope.workspaces];
}

/** The whole minute, so that all who ask without a time within one share the answer. */
function defaultSince(now: number): number {
  return Math.floor((now - DAY_MS) / MINUTE_MS) * MINUTE_MS;
}
