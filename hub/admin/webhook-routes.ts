import type { AuditAction } from '../../shared/api/audit.ts';
import {
  replayableQuerySchema,
  replayableSchema,
  replayedSchema,
  replaySchema,
  retriedSchema,
} from '../../shared/api/deliveries.ts';
import { ApiError } from '../../shared/api/errors.ts';
import { revealedHeadersSchema, signingSecretSchema, testResultSchema } from '../../shared/api/workspaces.ts';
import { type Caller, defineRoute, type Route } from '../api/route.ts';
import { createSigningSecret, nameInLog } from '../credentials/tokens.ts';
import type { ReplayRequest } from '../store/steps/replay.ts';
import type { AdminDependencies } from './dependencies.ts';
import { explainSilence } from './explain-silence.ts';
import { refuseLocation, requireWorkspace } from './lookups.ts';

const BASE = { auth: 'user', tag: 'workspaces' } as const;
const ONE = '/api/workspaces/:location_id';
/** How long both secrets sign after a rotation. */
const ROTATION_OVERLAP_MS = 24 * 3_600_000;
/** Events put back in line in one transaction: some milliseconds, in which nothing else of the workspace moves. */
const REPLAY_BATCH = 250;

/** What concerns the webhook of a workspace. */
export function webhookRoutes(dependencies: AdminDependencies): Route[] {
  return [
    testRoute(dependencies),
    rotateRoute(dependencies),
    revealRoute(dependencies),
    replayableRoute(dependencies),
    replayRoute(dependencies),
    retryPendingRoute(dependencies),
  ];
}

function noteOn(
  { audit }: AdminDependencies,
  caller: Caller,
  location_id: string,
  action: AuditAction,
  changes?: Record<string, unknown>,
): Promise<void> {
  const target = { kind: 'workspace', id: location_id } as const;
  return audit(caller, { action, target, location_id, ...(changes && { changes }) });
}

function testRoute(dependencies: AdminDependencies): Route {
  const { store, sendTestEvent } = dependencies;
  return defineRoute({
    ...BASE,
    method: 'post',
    path: `${ONE}/test`,
    summary: "Sends a test event to the workspace's webhook and answers what the receiver said.",
    response: { status: 200, description: "The receiver's answer.", schema: testResultSchema },
    errors: ['unknown_location', 'conflict'],
    handle: async ({ params, ...caller }) => {
      const workspace = await requireWorkspace(store, params.location_id, caller.scope);
      const { url, location_id } = workspace;
      if (url === null)
        throw new ApiError('conflict', 'This workspace has no webhook URL to send a test event to.');
      const result = await sendTestEvent({ ...workspace, url });
      await noteOn(dependencies, caller, location_id, 'workspace.test', { status: result.status });
      return { status: 200, body: result };
    },
  });
}

function rotateRoute(dependencies: AdminDependencies): Route {
  const { store, now, log } = dependencies;
  return defineRoute({
    ...BASE,
    method: 'post',
    path: `${ONE}/rotate-secret`,
    summary: 'Replaces the signing secret. For a day events are signed with the old one as well.',
    response: { status: 200, description: 'The new secret, shown only here.', schema: signingSecretSchema },
    errors: ['unknown_location'],
    handle: async ({ params, ...caller }) => {
      const { location_id, signing_secret: previous_secret } = await requireWorkspace(
        store,
        params.location_id,
        caller.scope,
      );
      const signing_secret = createSigningSecret();
      const previous_secret_until = now() + ROTATION_OVERLAP_MS;
      const changes = { signing_secret, previous_secret, previous_secret_until };
      (await store.updateWorkspace(location_id, changes, now())) ?? refuseLocation();
      log.info({ workspace: nameInLog(location_id) }, 'signing secret rotated');
      await noteOn(dependencies, caller, location_id, 'workspace.rotate_secret');
      return { status: 200, body: { signing_secret } };
    },
  });
}

// The signing secret is not revealed: it is shown once, and who lost it rotates it.
function revealRoute(dependencies: AdminDependencies): Route {
  const { store, log } = dependencies;
  return defineRoute({
    ...BASE,
    method: 'post',
    path: `${ONE}/reveal-headers`,
    operationId: 'revealWorkspaceHeaders',
    summary: 'Shows the values of the webhook headers, which every other answer masks.',
    response: { status: 200, description: 'The headers in the clear.', schema: revealedHeadersSchema },
    errors: ['unknown_location'],
    handle: async ({ params, ...caller }) => {
      const { location_id, headers } = await requireWorkspace(store, params.location_id, caller.scope);
      log.info({ workspace: nameInLog(location_id) }, 'webhook headers revealed');
      const names = headers.map(({ key }) => key);
      await noteOn(dependencies, caller, location_id, 'workspace.reveal_headers', { headers: names });
      return { status: 200, body: { headers } };
    },
  });
}

function replayableRoute({ store }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'get',
    path: `${ONE}/replay`,
    operationId: 'countReplayable',
    summary: 'Counts the events that a replay would send again.',
    query: replayableQuerySchema,
    response: { status: 200, description: 'The counts.', schema: replayableSchema },
    errors: ['unknown_location'],
    handle: async ({ params, query: { since = 0 }, scope }) => {
      const { location_id } = await requireWorkspace(store, params.location_id, scope);
      return { status: 200, body: await store.countKept(location_id, since) };
    },
  });
}

function replayRoute(dependencies: AdminDependencies): Route {
  const { store, now, log } = dependencies;
  return defineRoute({
    ...BASE,
    method: 'post',
    path: `${ONE}/replay`,
    summary:
      'Sends events again that were given up or only recorded: in order, under their old webhook-id, at the start of their schedule.',
    body: replaySchema,
    optionalBody: true,
    response: { status: 202, description: 'How many were put back in line.', schema: replayedSchema },
    errors: ['unknown_location', 'conflict'],
    handle: async ({ params, body: { since = 0, status }, ...caller }) => {
      const workspace = await requireWorkspace(store, params.location_id, caller.scope);
      const obstacle = explainSilence(workspace);
      if (obstacle) throw new ApiError('conflict', obstacle);
      const { location_id } = workspace;
      const statuses: ReplayRequest['statuses'] = status === undefined ? ['dead', 'recorded'] : [status];
      const replayed = await replayAll({ location_id, statuses, since, until: now() }, dependencies);
      log.info({ workspace: nameInLog(location_id), replayed }, 'webhook events put back in line');
      const changes = { replayed, statuses, since: since === 0 ? null : new Date(since).toISOString() };
      await noteOn(dependencies, caller, location_id, 'workspace.replay', changes);
      return { status: 202, body: { replayed } };
    },
  });
}

function retryPendingRoute(dependencies: AdminDependencies): Route {
  const { store, now, log, onDeliveriesDue } = dependencies;
  return defineRoute({
    ...BASE,
    method: 'post',
    path: `${ONE}/retry-pending`,
    operationId: 'retryPendingEvents',
    summary: 'Tries all events now that wait for their next attempt: for when the receiver is back.',
    response: { status: 202, description: 'How many were waiting.', schema: retriedSchema },
    errors: ['unknown_location', 'conflict'],
    handle: async ({ params, ...caller }) => {
      const workspace = await requireWorkspace(store, params.location_id, caller.scope);
      const obstacle = explainSilence(workspace);
      if (obstacle) throw new ApiError('conflict', obstacle);
      const { location_id } = workspace;
      let retried = 0;
      for (let batch = REPLAY_BATCH; batch === REPLAY_BATCH; retried += batch) {
        batch = await store.hastenDeliveries({ location_id, limit: REPLAY_BATCH }, now());
        if (batch > 0) onDeliveriesDue();
      }
      log.info({ workspace: nameInLog(location_id), retried }, 'waiting webhook events made due');
      await noteOn(dependencies, caller, location_id, 'workspace.retry_pending', { retried });
      return { status: 202, body: { retried } };
    },
  });
}

/** Batch by batch, so that deliveries and messages go on meanwhile. Ends early when the webhook is switched off. */
async function replayAll(
  request: Omit<ReplayRequest, 'limit' | 'after'>,
  { store, now, onDeliveriesDue }: AdminDependencies,
): Promise<number> {
  let replayed = 0;
  let after: ReplayRequest['after'];
  for (;;) {
    const outcome = await store.replayDeliveries({ ...request, after, limit: REPLAY_BATCH }, now());
    if (outcome.kind === 'silent') return replayed;
    replayed += outcome.count;
    if (outcome.count > 0) onDeliveriesDue();
    if (outcome.next === undefined) return replayed;
    after = outcome.next;
  }
}
