import { randomUUIDv7 } from 'node:crypto';
import type { z } from 'zod';
import {
  createdEnrollmentSchema,
  type DeviceView,
  deviceChangesSchema,
  deviceSchema,
  enrollmentSchema,
} from '../../shared/api/devices.ts';
import { ApiError } from '../../shared/api/errors.ts';
import { pageQuerySchema, pageSchema } from '../../shared/api/pages.ts';
import { CHANNELS_OF_KIND, type Channel, type DeviceKind } from '../../shared/channels.ts';
import { UNPACED } from '../../shared/wire/settings.ts';
import { defineRoute, type Route, type Scope } from '../api/route.ts';
import { refuseField } from '../api/validate.ts';
import { CODE_LIFETIME_MS, createCode, hashCode } from '../credentials/tokens.ts';
import { AllowanceError } from '../store/accounts.ts';
import type { Device, DeviceChanges } from '../store/records.ts';
import type { AdminDependencies } from './dependencies.ts';
import { describeDeviceChanges } from './describe-changes.ts';
import { refuseDevice, requireDevice, withinDevices } from './lookups.ts';
import { showDevice, showPage, showTime } from './views.ts';

const BASE = { auth: 'user', tag: 'devices' } as const;
const ONE = '/api/devices/:id';

/** Announcing, listing, editing, pausing and removing devices. */
export function deviceRoutes(dependencies: AdminDependencies): Route[] {
  return [
    enrollmentRoute(dependencies),
    renewalRoute(dependencies),
    listRoute(dependencies),
    readRoute(dependencies),
    editRoute(dependencies),
    deleteRoute(dependencies),
    pauseRoute(dependencies, 'pause', true),
    pauseRoute(dependencies, 'resume', false),
  ];
}

function enrollmentRoute({ store, now, log, audit, publicUrl }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'post',
    path: '/api/enrollments',
    summary: 'Announces a device and makes the one-time code with which it pairs within ten minutes.',
    body: enrollmentSchema,
    response: { status: 201, description: 'The code, shown only here.', schema: createdEnrollmentSchema },
    errors: ['conflict'],
    handle: async ({ body: { kind, name, address, channels }, ...caller }) => {
      const code = makeCode(now());
      const announced = {
        id: randomUUIDv7(),
        kind,
        name,
        address: address ?? null,
        channels: judgeChannels(kind, channels) ?? [...CHANNELS_OF_KIND[kind]],
        enrolled_by: caller.userId ?? null,
      };
      const device = await store
        .createEnrollment({ device: announced, ...code.stored }, now())
        .catch(explainAllowance);
      log.info({ device_id: device.id, kind }, 'device announced');
      const target = { kind: 'device', id: device.id } as const;
      await audit(caller, { action: 'enrollment.create', target, changes: { kind, name } });
      return { status: 201, body: code.show(device.id, publicUrl()) };
    },
  });
}

function renewalRoute({ store, now, log, audit, publicUrl }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'post',
    path: `${ONE}/renew-code`,
    summary: 'Makes a new one-time code for a device that has not paired, in place of the old one.',
    response: { status: 201, description: 'The code, shown only here.', schema: createdEnrollmentSchema },
    errors: ['not_found', 'conflict'],
    handle: async ({ params, ...caller }) => {
      const device = await requireDevice(store, params.id, caller.scope);
      judgeOwner(device, caller.scope);
      const { id, name } = device;
      const code = makeCode(now());
      if (!(await store.renewCode({ device_id: id, ...code.stored }))) {
        await requireDevice(store, id, caller.scope);
        throw new ApiError('conflict', 'This device has paired: it needs no code.');
      }
      log.info({ device_id: id }, 'code of a device renewed');
      await audit(caller, { action: 'enrollment.renew', target: { kind: 'device', id }, changes: { name } });
      return { status: 201, body: code.show(id, publicUrl()) };
    },
  });
}

interface MadeCode {
  stored: { code_hash: string; expires_at: number };
  show: (deviceId: string, publicUrl: string) => z.infer<typeof createdEnrollmentSchema>;
}

function makeCode(now: number): MadeCode {
  const code = createCode();
  const expires_at = now + CODE_LIFETIME_MS;
  return {
    stored: { code_hash: hashCode(code), expires_at },
    show: (device_id, publicUrl) => ({
      code,
      expires_at: showTime(expires_at),
      device_id,
      pair_command: `bluewire-bridge pair ${publicUrl} ${code}`,
    }),
  };
}

function explainAllowance(error: unknown): never {
  if (!(error instanceof AllowanceError)) throw error;
  const { allowance } = error;
  const most = allowance === 0 ? 'no devices' : `${allowance} ${allowance === 1 ? 'device' : 'devices'}`;
  throw new ApiError('conflict', `You may enrol ${most}: ask an admin for a larger allowance.`);
}

function judgeChannels(kind: DeviceKind, channels: Channel[] | undefined): Channel[] | undefined {
  const stray = channels?.find((channel) => !CHANNELS_OF_KIND[kind].includes(channel));
  if (stray !== undefined) throw refuseField('channels', `contains ${stray}, which no ${kind} device serves`);
  return channels && [...new Set(channels)];
}

function listRoute({ store, isOnline }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'get',
    path: '/api/devices',
    summary: 'Lists devices, newest first.',
    query: pageQuerySchema,
    response: { status: 200, description: 'A page.', schema: pageSchema(deviceSchema) },
    handle: async ({ query, scope }) => {
      const page = await store.listDevices({ ...query, ...withinDevices(scope) });
      return { status: 200, body: showPage(page, (device) => showTo(scope, device, isOnline)) };
    },
  });
}

function readRoute({ store, isOnline }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'get',
    path: ONE,
    summary: 'Reads a device.',
    response: { status: 200, description: 'The device.', schema: deviceSchema },
    errors: ['not_found'],
    handle: async ({ params, scope }) => {
      const device = await requireDevice(store, params.id, scope);
      return { status: 200, body: showTo(scope, device, isOnline) };
    },
  });
}

function editRoute({ store, now, audit, isOnline, onDevicesChanged }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'patch',
    path: ONE,
    summary: 'Changes the fields that the body gives.',
    body: deviceChangesSchema,
    response: { status: 200, description: 'The device as it is now.', schema: deviceSchema },
    errors: ['not_found'],
    handle: async ({ params, body, ...caller }) => {
      const device = await requireDevice(store, params.id, caller.scope);
      const { name: _, ...further } = body;
      if (Object.values(further).some((value) => value !== undefined)) judgeOwner(device, caller.scope);
      const changes: DeviceChanges = {};
      if (body.name !== undefined) changes.name = body.name;
      if (body.address !== undefined) changes.address = body.address;
      const channels = judgeChannels(device.kind, body.channels);
      if (channels) changes.channels = channels;
      if (body.pace !== undefined) changes.pace = body.pace ?? UNPACED;
      const changed = (await store.updateDevice(device.id, changes, now())) ?? refuseDevice();
      onDevicesChanged([device.id]);
      const difference = describeDeviceChanges(device, changed);
      const target = { kind: 'device', id: device.id } as const;
      if (Object.keys(difference).length > 0)
        await audit(caller, { action: 'device.update', target, changes: difference });
      return { status: 200, body: showTo(caller.scope, changed, isOnline) };
    },
  });
}

function showTo(
  scope: Scope | undefined,
  device: Device,
  isOnline: AdminDependencies['isOnline'],
): DeviceView {
  return showDevice(device, { online: isOnline(device.id), manageable: mayManage(device, scope) });
}

/** What was given to a sub-account user serves others too: they may name it and pause it, and no more. */
function mayManage({ enrolled_by }: Device, scope: Scope | undefined): boolean {
  return scope === undefined || enrolled_by === scope.user;
}

function judgeOwner(device: Device, scope: Scope | undefined): void {
  if (mayManage(device, scope)) return;
  throw new ApiError('forbidden', 'Only an admin, or whoever enrolled this device, may do this.');
}

function deleteRoute({ store, now, log, audit, ...dependencies }: AdminDependencies): Route {
  return defineRoute({
    ...BASE,
    method: 'delete',
    path: ONE,
    summary: 'Removes a device: its credential dies and its connection is cut at once.',
    response: { status: 204, description: 'Gone.' },
    errors: ['not_found'],
    handle: async ({ params, ...caller }) => {
      const device = await requireDevice(store, params.id, caller.scope);
      judgeOwner(device, caller.scope);
      const { id, name } = device;
      if (!(await store.deleteDevice(id, now()))) refuseDevice();
      dependencies.disconnectDevice(id);
      dependencies.onDevicesChanged([id]);
      dependencies.onDeliveriesDue();
      log.info({ device_id: id }, 'device removed');
      await audit(caller, { action: 'device.delete', target: { kind: 'device', id }, changes: { name } });
      return { status: 204 };
    },
  });
}

function pauseRoute(
  { store, now, audit, isOnline, onDevicesChanged }: AdminDependencies,
  verb: 'pause' | 'resume',
  paused: boolean,
): Route {
  return defineRoute({
    ...BASE,
    method: 'post',
    path: `${ONE}/${verb}`,
    summary: paused
      ? 'Pauses a device: it keeps receiving, and is given nothing to send.'
      : 'Lets a paused device send again.',
    response: { status: 200, description: 'The device as it is now.', schema: deviceSchema },
    errors: ['not_found'],
    handle: async ({ params, ...caller }) => {
      const { id } = await requireDevice(store, params.id, caller.scope);
      const device = (await store.updateDevice(id, { paused }, now())) ?? refuseDevice();
      onDevicesChanged([device.id]);
      await audit(caller, { action: `device.${verb}`, target: { kind: 'device', id: device.id } });
      return { status: 200, body: showTo(caller.scope, device, isOnline) };
    },
  });
}
