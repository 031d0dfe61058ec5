import type { WaitingFor } from '../../shared/api/messages.ts';
import type { Scope } from '../api/route.ts';
import type { Device, Message } from '../store/records.ts';
import type { AdminDependencies } from './dependencies.ts';
import { maySeeDevice } from './lookups.ts';

type Needs = Pick<AdminDependencies, 'store' | 'isOnline'>;

/** What a queued message waits for; null for any other message. */
export async function explainWaiting(
  message: Message,
  needs: Needs,
  scope: Scope | undefined,
): Promise<WaitingFor | null> {
  if (message.status !== 'QUEUED' || message.location_id === null) return null;
  const workspace = await needs.store.findWorkspace(message.location_id);
  if (!workspace?.connected && !message.offered)
    return { code: 'workspace_not_connected', message: 'The workspace is switched off.' };
  if (message.waits_for_files)
    return { code: 'files', message: 'Files of it, or of a message before it, are being fetched.' };
  const obstacles = (await listDevices(message, needs)).map((device) =>
    explainDevice(maySeeDevice(scope, device.id) ? device : { ...device, name: 'A device' }, needs),
  );
  const [first, ...rest] = obstacles.toSorted((a, b) => ORDER.indexOf(a.code) - ORDER.indexOf(b.code));
  if (first === undefined)
    return { code: 'no_device', message: `No device serves the workspace on ${message.channel}.` };
  if (first.code === 'device_busy') return first;
  return { code: first.code, message: [first, ...rest].map((obstacle) => obstacle.message).join(' ') };
}

/** Least in the way first: the message waits for the device that will take it soonest. */
const ORDER = ['device_busy', 'device_blocked', 'device_paused', 'device_offline'];

/** The devices that may send it: once it was offered to one, or written to a group of one, that one alone. */
async function listDevices(message: Message, { store }: Needs): Promise<Device[]> {
  if (message.offered && message.device_id !== null)
    return present([await store.findDevice(message.device_id)]);
  const assignments = await store.listAssignments(message.location_id ?? '');
  const ids = assignments
    .filter(({ channel }) => channel === message.channel)
    .map(({ device_id }) => device_id)
    .filter((id) => message.only_device === null || id === message.only_device);
  return present(await Promise.all(ids.map((id) => store.findDevice(id))));
}

function present(devices: (Device | undefined)[]): Device[] {
  return devices.filter((device) => device !== undefined);
}

function explainDevice({ id, name, paused, findings }: Device, { isOnline }: Needs): WaitingFor {
  if (!isOnline(id)) return { code: 'device_offline', message: `${name} is not connected.` };
  if (paused) return { code: 'device_paused', message: `${name} is paused.` };
  const finding = findings.find((one) => !one.ok && one.blocks_sending === true);
  if (finding) return { code: 'device_blocked', message: `${name} cannot send: ${finding.message}` };
  return { code: 'device_busy', message: `${name} is about to take it.` };
}
