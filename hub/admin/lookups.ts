import { ApiError } from '../../shared/api/errors.ts';
import type { Device, Workspace } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** The workspace with this location_id; throws unknown_location. */
export async function requireWorkspace(store: Store, locationId: string | undefined): Promise<Workspace> {
  return (await store.findWorkspace(locationId ?? '')) ?? refuseLocation();
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
