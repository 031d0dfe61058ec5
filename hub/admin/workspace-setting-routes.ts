import { ApiError } from '../../shared/api/errors.ts';
import {
  type AssignmentsBody,
  assignmentsSchema,
  connectionSchema,
  routingSchema,
  routingViewSchema,
  signingSecretSchema,
  testResultSchema,
  workspaceSchema,
} from '../../shared/api/workspaces.ts';
import { CHANNELS } from '../../shared/channels.ts';
import { defineRoute, type Route } from '../api/route.ts';
import { refuseField } from '../api/validate.ts';
import { createSigningSecret, nameInLog } from '../credentials/tokens.ts';
import type { Assignment, Workspace } from '../store/records.ts';
import { type Store, UnknownDeviceError } from '../store/store.ts';
import type { AdminDependencies } from './dependencies.ts';
import { refuseLocation, requireWorkspace } from './lookups.ts';
import { showWorkspace } from './views.ts';

const BASE = { auth: 'admin', tag: 'workspaces' } as const;
const ONE = '/api/workspaces/:location_id';
/** How long both secrets sign after a rotation. */
const ROTATION_OVERLAP_MS = 24 * 3_600_000;

/** What joins a workspace to devices and to its client's webhook. */
export function workspaceSettingRoutes(dependencies: AdminDependencies): Route[] {
  return [
    connectionRoute(dependencies),
    devicesRoute(dependencies),
    readRoutingRoute(dependencies),
    writeRoutingRoute(dependencies),
    testRoute(dependencies),
    rotateRoute(dependencies),
  ];
}

function connectionRoute({ store, now, onDevicesChanged }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'put',
    path: `${ONE}/connection`,
    summary: 'Switches the workspace on or off. Off, it sends and receives nothing.',
    body: connectionSchema,
    response: { status: 200, description: 'The workspace as it is now.', schema: workspaceSchema },
    errors: ['unknown_location'],
    handle: async ({ params, body }) => {
      const { location_id } = await requireWorkspace(store, params.location_id);
      const changed =
        (await store.updateWorkspace(location_id, { connected: body.connected }, now())) ?? refuseLocation();
      const assignments = await store.listAssignments(location_id);
      onDevicesChanged(assignments.map((assignment) => assignment.device_id));
      return { status: 200, body: showWorkspace(changed, assignments) };
    },
  });
}

function devicesRoute({ store, now, onDevicesChanged }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'put',
    path: `${ONE}/devices`,
    summary: 'Replaces the devices that serve the workspace, each for some channels or for all that it can.',
    body: assignmentsSchema,
    response: { status: 200, description: 'The workspace as it is now.', schema: workspaceSchema },
    errors: ['unknown_location'],
    handle: async ({ params, body }) => {
      const workspace = await requireWorkspace(store, params.location_id);
      const { location_id } = workspace;
      const before = await store.listAssignments(location_id);
      const wanted = await composeAssignments(store, body);
      await store.setAssignments(location_id, wanted, now()).catch(explainUnknownDevice);
      onDevicesChanged([...before, ...wanted].map((assignment) => assignment.device_id));
      return { status: 200, body: showWorkspace(workspace, await store.listAssignments(location_id)) };
    },
  });
}

async function composeAssignments(
  store: Store,
  { devices }: AssignmentsBody,
): Promise<Omit<Assignment, 'location_id'>[]> {
  const wanted: Omit<Assignment, 'location_id'>[] = [];
  const seen = new Set<string>();
  for (const [index, { device_id, channels }] of devices.entries()) {
    const device = await store.findDevice(device_id);
    if (!device) throw refuseField(`devices[${index}].device_id`, 'names no device');
    if (seen.has(device_id)) throw refuseField(`devices[${index}].device_id`, 'is there twice');
    seen.add(device_id);
    const stray = channels?.find((channel) => !device.channels.includes(channel));
    if (stray !== undefined)
      throw refuseField(`devices[${index}].channels`, `contains ${stray}, which this device does not serve`);
    for (const channel of new Set(channels ?? device.channels)) wanted.push({ device_id, channel });
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
    handle: async ({ params }) => {
      const workspace = await requireWorkspace(store, params.location_id);
      return { status: 200, body: showRouting(workspace) };
    },
  });
}

function writeRoutingRoute({ store, now, log }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'put',
    path: `${ONE}/routing`,
    summary:
      'Replaces the routes. A further channel is tried by the same device, where the one before cannot reach.',
    body: routingSchema,
    response: { status: 200, description: 'Every channel.', schema: routingViewSchema },
    errors: ['unknown_location'],
    handle: async ({ params, body: { routes } }) => {
      const { location_id } = await requireWorkspace(store, params.location_id);
      const changed = (await store.updateWorkspace(location_id, { routes }, now())) ?? refuseLocation();
      log.info({ workspace: nameInLog(location_id) }, 'routing changed');
      return { status: 200, body: showRouting(changed) };
    },
  });
}

function showRouting({ routes }: Workspace) {
  return { routes: Object.fromEntries(CHANNELS.map((channel) => [channel, routes[channel] ?? [channel]])) };
}

function testRoute({ store, sendTestEvent }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'post',
    path: `${ONE}/test`,
    summary: "Sends a test event to the workspace's webhook and answers what the receiver said.",
    response: { status: 200, description: "The receiver's answer.", schema: testResultSchema },
    errors: ['unknown_location', 'conflict'],
    handle: async ({ params }) => {
      const workspace = await requireWorkspace(store, params.location_id);
      const { url } = workspace;
      if (url === null)
        throw new ApiError('conflict', 'This workspace has no webhook URL to send a test event to.');
      return { status: 200, body: await sendTestEvent({ ...workspace, url }) };
    },
  });
}

function rotateRoute({ store, now, log }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'post',
    path: `${ONE}/rotate-secret`,
    summary: 'Replaces the signing secret. For a day events are signed with the old one as well.',
    response: { status: 200, description: 'The new secret, shown only here.', schema: signingSecretSchema },
    errors: ['unknown_location'],
    handle: async ({ params }) => {
      const { location_id, signing_secret: previous_secret } = await requireWorkspace(
        store,
        params.location_id,
      );
      const signing_secret = createSigningSecret();
      const previous_secret_until = now() + ROTATION_OVERLAP_MS;
      const changes = { signing_secret, previous_secret, previous_secret_until };
      (await store.updateWorkspace(location_id, changes, now())) ?? refuseLocation();
      log.info({ workspace: nameInLog(location_id) }, 'signing secret rotated');
      return { status: 200, body: { signing_secret } };
    },
  });
}
