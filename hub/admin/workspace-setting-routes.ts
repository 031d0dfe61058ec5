import {
  type AssignmentsBody,
  assignmentsSchema,
  connectionSchema,
  routingSchema,
  routingViewSchema,
  workspaceSchema,
} from '../../shared/api/workspaces.ts';
import { CHANNELS, type Channel } from '../../shared/channels.ts';
import { defineRoute, type Route, type Scope } from '../api/route.ts';
import { refuseField } from '../api/validate.ts';
import { nameInLog } from '../credentials/tokens.ts';
import { UnknownDeviceError } from '../store/device-errors.ts';
import type { Assignment, Workspace } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { AdminDependencies } from './dependencies.ts';
import { describeAssignmentChanges, describeWorkspaceChanges } from './describe-changes.ts';
import { maySeeDevice, refuseLocation, requireWorkspace, withinDevices } from './lookups.ts';
import { showWorkspace } from './views.ts';

const BASE = { auth: 'user', tag: 'workspaces' } as const;
const ONE = '/api/workspaces/:location_id';

/** What joins a workspace to devices. */
export function workspaceSettingRoutes(dependencies: AdminDependencies): Route[] {
  return [
    connectionRoute(dependencies),
    devicesRoute(dependencies),
    readRoutingRoute(dependencies),
    writeRoutingRoute(dependencies),
  ];
}

function connectionRoute({ store, now, audit, onDevicesChanged }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'put',
    path: `${ONE}/connection`,
    summary: 'Switches the workspace on or off. Off, it sends and receives nothing.',
    body: connectionSchema,
    response: { status: 200, description: 'The workspace as it is now.', schema: workspaceSchema },
    errors: ['unknown_location'],
    handle: async ({ params, body: { connected }, ...caller }) => {
      const { location_id } = await requireWorkspace(store, params.location_id, caller.scope);
      const changed = (await store.updateWorkspace(location_id, { connected }, now())) ?? refuseLocation();
      const assignments = await store.listAssignments(location_id);
      onDevicesChanged(assignments.map((assignment) => assignment.device_id));
      const action = connected ? 'workspace.connect' : 'workspace.disconnect';
      await audit(caller, { action, target: { kind: 'workspace', id: location_id }, location_id });
      return { status: 200, body: showWorkspace(changed, assignments, caller.scope) };
    },
  });
}

function devicesRoute({ store, now, audit, onDevicesChanged }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'put',
    path: `${ONE}/devices`,
    summary:
      'Replaces the devices that serve the workspace, each for some channels or for all that it can. Devices that the caller does not see stay.',
    body: assignmentsSchema,
    response: { status: 200, description: 'The workspace as it is now.', schema: workspaceSchema },
    errors: ['unknown_location'],
    handle: async ({ params, body, ...caller }) => {
      const workspace = await requireWorkspace(store, params.location_id, caller.scope);
      const { location_id } = workspace;
      const { scope } = caller;
      const before = (await store.listAssignments(location_id)).filter(({ device_id }) =>
        maySeeDevice(scope, device_id),
      );
      const wanted = await composeAssignments(store, body, workspace.channels, scope);
      await store
        .setAssignments(location_id, wanted, now(), withinDevices(scope))
        .catch(explainUnknownDevice);
      onDevicesChanged([...before, ...wanted].map((assignment) => assignment.device_id));
      await audit(caller, {
        action: 'workspace.devices',
        target: { kind: 'workspace', id: location_id },
        location_id,
        changes: describeAssignmentChanges(before, wanted),
      });
      return { status: 200, body: showWorkspace(workspace, await store.listAssignments(location_id), scope) };
    },
  });
}

async function composeAssignments(
  store: Store,
  { devices }: AssignmentsBody,
  used: Channel[],
  scope: Scope | undefined,
): Promise<Omit<Assignment, 'location_id'>[]> {
  const wanted: Omit<Assignment, 'location_id'>[] = [];
  const seen = new Set<string>();
  for (const [index, { device_id, channels }] of devices.entries()) {
    const device = maySeeDevice(scope, device_id) ? await store.findDevice(device_id) : undefined;
    if (!device) throw refuseField(`devices[${index}].device_id`, 'names no device');
    if (seen.has(device_id)) throw refuseField(`devices[${index}].device_id`, 'is there twice');
    seen.add(device_id);
    const stray = channels?.find((channel) => !device.channels.includes(channel));
    if (stray !== undefined)
      throw refuseField(`devices[${index}].channels`, `contains ${stray}, which this device does not serve`);
    const unused = channels?.find((channel) => !used.includes(channel));
    if (unused !== undefined)
      throw refuseField(
        `devices[${index}].channels`,
        `contains ${unused}, which this workspace does not use`,
      );
    const serving = channels ?? device.channels.filter((channel) => used.includes(channel));
    if (serving.length === 0)
      throw refuseField(`devices[${index}].device_id`, 'serves no channel that this workspace uses');
    for (const channel of new Set(serving)) wanted.push({ device_id, channel });
  }
  return wanted;
}

// The device was deleted between the look at it and the write.
function explainUnknownDevice(error: unknown): never {
  if (error instanceof UnknownDeviceError)
    throw refuseField('devices', `names a device that is gone: ${error.deviceId}`);
  throw error;
}

function readRoutingRoute({ store }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'get',
    path: `${ONE}/routing`,
    summary: 'Reads which channels are tried, in turn, for each that a client asks for.',
    response: { status: 200, description: 'Every channel.', schema: routingViewSchema },
    errors: ['unknown_location'],
    handle: async ({ params, scope }) => {
      const workspace = await requireWorkspace(store, params.location_id, scope);
      return { status: 200, body: showRouting(workspace) };
    },
  });
}

function writeRoutingRoute({ store, now, log, audit }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'put',
    path: `${ONE}/routing`,
    summary:
      'Replaces the routes. A further channel is tried by the same device, where the one before cannot reach.',
    body: routingSchema,
    response: { status: 200, description: 'Every channel.', schema: routingViewSchema },
    errors: ['unknown_location'],
    handle: async ({ params, body: { routes }, ...caller }) => {
      const before = await requireWorkspace(store, params.location_id, caller.scope);
      const { location_id } = before;
      const changed = (await store.updateWorkspace(location_id, { routes }, now())) ?? refuseLocation();
      log.info({ workspace: nameInLog(location_id) }, 'routing changed');
      await audit(caller, {
        action: 'workspace.routing',
        target: { kind: 'workspace', id: location_id },
        location_id,
        changes: describeWorkspaceChanges(before, changed),
      });
      return { status: 200, body: showRouting(changed) };
    },
  });
}

function showRouting({ routes }: Workspace) {
  return { routes: Object.fromEntries(CHANNELS.map((channel) => [channel, routes[channel] ?? [channel]])) };
}
