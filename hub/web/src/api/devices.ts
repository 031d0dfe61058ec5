import { useQuery } from '@tanstack/react-query';
import type {
  createdEnrollmentSchema,
  DeviceView,
  deviceChangesSchema,
  enrollmentSchema,
} from '../../../../shared/api/devices.ts';
import { listAll } from './all-pages.ts';
import { useMe } from './me.ts';
import { type Answer, type Body, pathOf, request } from './request.ts';

export type Device = DeviceView;
export type Enrollment = Answer<typeof createdEnrollmentSchema>;

/** All devices that the viewer may see, newest first. */
export function useDevices() {
  return useQuery({
    queryKey: ['devices', 'all'],
    queryFn: ({ signal }) => listAll<Device>('/api/devices', signal),
  });
}

/** Names by id, to call a device by what people know it as. */
export function useDeviceNames(): ReadonlyMap<string, string> {
  const { data } = useDevices();
  return new Map(
    data?.map((device) => [device.id, isSimulated(device) ? `${device.name} (simulated)` : device.name]),
  );
}

/** A Mac's bridge tells Darwin's release; on another system, Messages and all that belongs to it are played. */
export function isSimulated({ kind, os_version }: Device): boolean {
  return kind === 'mac' && os_version !== null && !/^(Darwin|macOS|\d)/i.test(os_version);
}

/** What a device is called that the viewer knows no name of: to an administrator, one that is gone. */
export function useUnseenDevice(): string {
  const { data: me } = useMe();
  const { data: devices } = useDevices();
  if (me === undefined || devices === undefined) return '…';
  return me.role === 'admin' ? 'A removed device' : 'A device not shown to you';
}

/** `every`: how often to look, in milliseconds, where one waits for it. */
export function useDevice(id: string, every?: number) {
  return useQuery({
    queryKey: ['devices', 'one', id],
    queryFn: ({ signal }) => request<Device>('GET', pathOf`/api/devices/${id}`, { signal }),
    ...(every !== undefined && { refetchInterval: every }),
  });
}

export function enrollDevice(body: Body<typeof enrollmentSchema>): Promise<Enrollment> {
  return request('POST', '/api/enrollments', { body });
}

/** A new one-time code for a device that has not paired; the old one ends. */
export function renewCode(id: string): Promise<Enrollment> {
  return request('POST', pathOf`/api/devices/${id}/renew-code`);
}

export function changeDevice(id: string, body: Body<typeof deviceChangesSchema>): Promise<Device> {
  return request('PATCH', pathOf`/api/devices/${id}`, { body });
}

export function pauseDevice(id: string, pause: boolean): Promise<Device> {
  return request('POST', pause ? pathOf`/api/devices/${id}/pause` : pathOf`/api/devices/${id}/resume`);
}

export function removeDevice(id: string): Promise<void> {
  return request('DELETE', pathOf`/api/devices/${id}`);
}
