import { randomBytes } from 'node:crypto';
import { ApiError } from '../../shared/api/errors.ts';
import { pageQuerySchema, pageSchema } from '../../shared/api/pages.ts';
import {
  createdWorkspaceSchema,
  type NewWorkspaceBody,
  newWorkspaceSchema,
  type WorkspaceChangesBody,
  workspaceChangesSchema,
  workspaceSchema,
} from '../../shared/api/workspaces.ts';
import { CHANNELS } from '../../shared/channels.ts';
import { type Caller, defineRoute, type Route } from '../api/route.ts';
import { refuseField } from '../api/validate.ts';
import { createSigningSecret, nameInLog } from '../credentials/tokens.ts';
import { ChannelInUseError } from '../store/device-errors.ts';
import type { Header, NewWorkspace, Workspace, WorkspaceChanges } from '../store/records.ts';
import type { AdminDependencies } from './dependencies.ts';
import { describeNewWorkspace, describeWorkspaceChanges } from './describe-changes.ts';
import { refuseLocation, requireWorkspace, withinDevices, withinWorkspaces } from './lookups.ts';
import { showWorkspace } from './views.ts';
import { judgeHeaders } from './webhook-headers.ts';

const BASE = { auth: 'user', tag: 'workspaces' } as const;
const LIST = '/api/workspaces';
const ONE = '/api/workspaces/:location_id';

/** Creating, listing, reading, editing and deleting workspaces. */
export function workspaceRoutes(dependencies: AdminDependencies): Route[] {
  return [
    createRoute(dependencies),
    listRoute(dependencies),
    readRoute(dependencies),
    editRoute(dependencies),
    deleteRoute(dependencies),
  ];
}

function createRoute({ store, now, log, audit, requireApiKeyByDefault }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    auth: 'admin',
    method: 'post',
    path: LIST,
    summary: 'Creates a workspace. It starts without devices and not connected.',
    body: newWorkspaceSchema,
    response: {
      status: 201,
      description: 'The workspace, with its signing secret.',
      schema: createdWorkspaceSchema,
    },
    handle: async ({ body, ...caller }) => {
      const model = body.clone_from === undefined ? undefined : await store.readWorkspace(body.clone_from);
      if (body.clone_from !== undefined && !model) throw refuseField('clone_from', 'names no workspace');
      const created = await store.createWorkspace(
        composeWorkspace(body, model, requireApiKeyByDefault),
        now(),
      );
      log.info({ workspace: nameInLog(created.location_id) }, 'workspace created');
      const { location_id } = created;
      await audit(caller, {
        action: 'workspace.create',
        target: { kind: 'workspace', id: location_id },
        location_id,
        changes: describeNewWorkspace(created, body.clone_from),
      });
      const view = showWorkspace(created, [], undefined);
      return { status: 201, body: { ...view, signing_secret: created.signing_secret } };
    },
  });
}

// A clone is for a second system of the same kind: it takes over how events are sent, and nothing that grants access.
function composeWorkspace(
  body: NewWorkspaceBody,
  model: Workspace | undefined,
  requireApiKeyByDefault: boolean,
): NewWorkspace {
  const modelHeaders: Header[] = model?.headers ?? [];
  return {
    // 128 random bits: the id is the client's credential.
    location_id: randomBytes(16).toString('hex'),
    name: body.name,
    address: body.address ?? null,
    email: body.email ?? null,
    phone: body.phone ?? null,
    url: body.url === undefined ? (model?.url ?? null) : body.url,
    headers: body.headers ? judgeHeaders(body.headers, modelHeaders) : modelHeaders,
    signing_secret: createSigningSecret(),
    connected: false,
    require_api_key: body.require_api_key ?? model?.require_api_key ?? requireApiKeyByDefault,
    channels: body.channels ?? model?.channels ?? [...CHANNELS],
    extra_events: body.extra_events ?? model?.extra_events ?? [],
    routes: model?.routes ?? {},
  };
}

function listRoute({ store }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'get',
    path: LIST,
    summary: 'Lists workspaces, newest first.',
    query: pageQuerySchema,
    response: { status: 200, description: 'A page.', schema: pageSchema(workspaceSchema) },
    handle: async ({ query, scope }) => {
      const page = await store.listWorkspaces({ ...query, ...withinWorkspaces(scope) });
      const items = await Promise.all(
        page.items.map(async (workspace) =>
          showWorkspace(workspace, await store.listAssignments(workspace.location_id), scope),
        ),
      );
      return { status: 200, body: { items, next_cursor: page.next_cursor } };
    },
  });
}

function readRoute({ store }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'get',
    path: ONE,
    summary: 'Reads a workspace.',
    response: { status: 200, description: 'The workspace.', schema: workspaceSchema },
    errors: ['unknown_location'],
    handle: async ({ params, scope }) => {
      const workspace = await requireWorkspace(store, params.location_id, scope);
      const assignments = await store.listAssignments(workspace.location_id);
      return { status: 200, body: showWorkspace(workspace, assignments, scope) };
    },
  });
}

function editRoute(dependencies: AdminDependencies): Route {
  const { store, now, onDeliveriesDue, onDevicesChanged } = dependencies;
  return defineRoute({
    ...BASE,
    method: 'patch',
    path: ONE,
    summary: 'Changes the fields that the body gives.',
    body: workspaceChangesSchema,
    response: { status: 200, description: 'The workspace as it is now.', schema: workspaceSchema },
    errors: ['unknown_location', 'conflict'],
    handle: async ({ params, body, ...caller }) => {
      const workspace = await requireWorkspace(store, params.location_id, caller.scope);
      const { location_id } = workspace;
      const changes = composeChanges(body, workspace);
      const before = await store.listAssignments(location_id);
      const changed = await store
        .updateWorkspace(location_id, changes, now(), withinDevices(caller.scope))
        .catch(explainChannelInUse);
      if (changed === undefined) return refuseLocation();
      await recordEdit(workspace, changed, caller, dependencies);
      onDeliveriesDue();
      if (body.extra_events || body.channels) onDevicesChanged(before.map(({ device_id }) => device_id));
      const assignments = await store.listAssignments(location_id);
      return { status: 200, body: showWorkspace(changed, assignments, caller.scope) };
    },
  });
}

function explainChannelInUse(error: unknown): never {
  if (!(error instanceof ChannelInUseError)) throw error;
  const message = `A device that you do not see serves ${error.channel} here: only an admin can take the channel away.`;
  throw new ApiError('conflict', message, { details: [{ field: 'channels', message }] });
}

async function recordEdit(
  before: Workspace,
  after: Workspace,
  caller: Caller,
  { audit, log }: AdminDependencies,
): Promise<void> {
  const changes = describeWorkspaceChanges(before, after);
  if (Object.keys(changes).length === 0) return;
  const { location_id, webhook_enabled } = after;
  const target = { kind: 'workspace', id: location_id } as const;
  await audit(caller, { action: 'workspace.update', target, location_id, changes });
  if (before.webhook_enabled !== webhook_enabled)
    log.info(
      { workspace: nameInLog(location_id) },
      webhook_enabled ? 'webhook switched on again' : 'webhook switched off',
    );
}

function composeChanges(body: WorkspaceChangesBody, workspace: Workspace): WorkspaceChanges {
  const { headers, webhook_enabled, ...plain } = body;
  const changes: WorkspaceChanges = Object.fromEntries(
    Object.entries(plain).filter(([, value]) => value !== undefined),
  );
  if (headers) changes.headers = judgeHeaders(headers, workspace.headers);
  if (webhook_enabled !== undefined) {
    changes.webhook_enabled = webhook_enabled;
    changes.webhook_disabled_reason = webhook_enabled ? null : 'An admin switched it off.';
  }
  return changes;
}

function deleteRoute({ store, log, audit, onDevicesChanged }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    auth: 'admin',
    method: 'delete',
    path: ONE,
    summary:
      'Deletes a workspace with its keys, assignments and webhook events; its messages stay on record.',
    response: { status: 204, description: 'Gone.' },
    errors: ['unknown_location'],
    handle: async ({ params, ...caller }) => {
      const { location_id, name } = await requireWorkspace(store, params.location_id, undefined);
      const assignments = await store.listAssignments(location_id);
      if (!(await store.deleteWorkspace(location_id))) refuseLocation();
      log.info({ workspace: nameInLog(location_id) }, 'workspace deleted');
      const target = { kind: 'workspace', id: location_id } as const;
      await audit(caller, { action: 'workspace.delete', target, location_id, changes: { name } });
      onDevicesChanged(assignments.map((assignment) => assignment.device_id));
      return { status: 204 };
    },
  });
}
