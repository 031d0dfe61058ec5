import { ApiError } from '../../shared/api/errors.ts';
import type { Scope } from '../api/route.ts';
import type { DeliveryWithBody, Device, Message, Workspace } from '../store/records.ts';
import type { Store } from '../store/store.ts';

// The one place that decides what a caller may see of single things: what is out of their scope is not there.
// Lists are kept to it by the store (`within`).

/** The workspace with this location_id; throws unknown_location. */
export async function requireWorkspace(
  store: Store,
  locationId: string | undefined,
  scope: Scope | undefined,
): Promise<Workspace> {
  if (!mayUse(scope, locationId ?? '')) refuseLocation();
  return (await store.readWorkspace(locationId ?? '')) ?? refuseLocation();
}

export function refuseLocation(): never {
  throw new ApiError('unknown_location', 'There is no workspace with this location_id.');
}

/** The device with this id; throws not_found. */
export async function requireDevice(
  store: Store,
  id: string | undefined,
  scope: Scope | undefined,
): Promise<Device> {
  if (!maySeeDevice(scope, id ?? '')) refuseDevice();
  return (await store.findDevice(id ?? '')) ?? refuseDevice();
}

export function maySeeDevice(scope: Scope | undefined, id: string): boolean {
  return scope === undefined || scope.devices.has(id);
}

export function refuseDevice(): never {
  throw new ApiError('not_found', 'There is no device with this id.');
}

/** The message with this id; throws not_found. */
export async function requireMessage(store: Store, id: string, scope: Scope | undefined): Promise<Message> {
  const message = await store.findMessage(id);
  return message && mayUse(scope, message.location_id) ? message : refuseMessage();
}

export function refuseMessage(): never {
  throw new ApiError('not_found', 'There is no message with this id.');
}

/** The webhook event with this id; throws not_found. */
export async function requireDelivery(
  store: Store,
  id: string,
  scope: Scope | undefined,
): Promise<DeliveryWithBody> {
  const delivery = await store.findDelivery(id);
  return delivery && mayUse(scope, delivery.location_id) ? delivery : refuseDelivery();
}

function refuseDelivery(): never {
  throw new ApiError('not_found', 'There is no webhook event with this id.');
}

/** Messages that came in for no workspace are seen by those who see everything. */
function mayUse(scope: Scope | undefined, locationId: string | null): boolean {
  return scope === undefined || (locationId !== null && scope.workspaces.has(locationId));
}

/** What lists of what belongs to workspaces are kept to. */
export function withinWorkspaces(scope: Scope | undefined): { within: string[] | undefined } {
  return { within: scope && [...scope.workspaces] };
}

/** The same for devices. */
export function withinDevices(scope: Scope | undefined): { within: string[] | undefined } {
  return { within: scope && [...scope.devices] };
}
