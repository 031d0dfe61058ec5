import { ApiError } from '../../shared/api/errors.ts';
import type { Device, Message, Workspace } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** The workspace with this location_id; throws unknown_location. */
export async function requireWorkspace(store: Store, locationId: string | undefined): Promise<Workspace> {
  return (await store.readWorkspace(locationId ?? '')) ?? refuseLocation();
}

export function refuseLocation(): never {
  throw new ApiError('unknown_location', 'There is no workspace with this location_id.');
}

/** The device with this id; throws not_found. */
export async function requireDevice(store: Store, id: string | undefined): Promise<Device> {
  return (await store.findDevice(id ?? '')) ?? refuseDevice();
}

export function refuseDevice(): never {
  throw new ApiError('not_found', 'There is no device with this id.');
}

/** The message with this id; throws not_found. */
export async function requireMessage(store: Store, id: string): Promise<Message> {
  return (await store.findMessage(id)) ?? refuseMessage();
}

export function refuseMessage(): never {
  throw new ApiError('not_found', 'There is no message with this id.');
}
