import { PROTOCOL_VERSION } from '../../../shared/wire/protocol-version.ts';
import { Random } from '../random.ts';
import { StandInDevice } from './device.ts';
import type { Fleet, Loose } from './fleet.ts';
import type { Ledger, WorkspaceNote } from './ledger.ts';
import type { Receivers } from './receivers.ts';
import { SEATS_OF, type Seat, type Storm } from './storm.ts';

const PHONES = 40;

/** Makes the client systems: one asks for READ, one requires an API key. */
export async function makeWorkspaces(
  fleet: Fleet,
  receivers: Receivers,
  count: number,
  random: Random,
): Promise<WorkspaceNote[]> {
  const notes: WorkspaceNote[] = [];
  for (let index = 0; index < count; index += 1) {
    const tellsRead = index === 1;
    const { status, body } = await fleet.api(random, 'POST', '/api/workspaces', {
      name: `Client ${index}`,
      url: receivers.urlOf(index),
      headers: [{ key: 'x-client', value: String(index) }],
      require_api_key: index === 2,
      extra_events: tellsRead ? ['read'] : [],
    });
    if (status !== 201) throw new Error(`a workspace could not be made: ${status} ${JSON.stringify(body)}`);
    const locationId = String(body.location_id);
    const path = `/api/workspaces/${locationId}`;
    const key =
      index === 2 ? await fleet.api(random, 'POST', `${path}/api-keys`, { name: 'soak' }) : undefined;
    await fleet.api(random, 'PUT', `${path}/connection`, { connected: true });
    notes.push({
      index,
      locationId,
      phones: Array.from({ length: PHONES }, (_, n) => `+1214555${index}${String(n).padStart(3, '0')}`),
      userId: `user ${index}`,
      tellsRead,
      apiKey: key && String(key.body.key),
      secrets: [{ secret: String(body.signing_secret), since: 0 }],
    });
  }
  return notes;
}

/** Announces and pairs a device, as an operator and a Mac do; whatever is lost on the way is done again. */
export async function pairDevice(
  fleet: Fleet,
  random: Random,
  name: string,
): Promise<{ deviceId: string; token: string }> {
  for (;;) {
    const { body } = await fleet.api(random, 'POST', '/api/enrollments', { name, kind: 'mac' });
    const request = {
      code: String(body.code),
      protocol: PROTOCOL_VERSION,
      kind: 'mac',
      bridge_version: '0.1.0',
      os_version: '26.1',
      hostname: 'mac.local',
    };
    const paired: { status: number; body: Loose } = await fleet.api(random, 'POST', '/api/pair', request);
    if (paired.status === 201)
      return { deviceId: String(paired.body.device_id), token: String(paired.body.token) };
  }
}

/** Gives a workspace the devices that now sit where its devices sit. */
export async function assignDevices(
  {
    fleet,
    workspaces,
    deviceIds,
  }: { fleet: Fleet; workspaces: readonly WorkspaceNote[]; deviceIds: string[] },
  random: Random,
): Promise<void> {
  for (const { index, locationId } of workspaces) {
    const devices = SEATS_OF(index, deviceIds.length).map((seat) => ({ device_id: deviceIds[seat] }));
    const answer = await fleet.api(random, 'PUT', `/api/workspaces/${locationId}/devices`, { devices });
    if (answer.status !== 200)
      throw new Error(`devices could not be assigned: ${JSON.stringify(answer.body)}`);
  }
}

/** A device that begins to connect. */
export function seatDevice(
  { fleet, ledger, seed }: { fleet: Fleet; ledger: Ledger; seed: number },
  { deviceId, token }: { deviceId: string; token: string },
): StandInDevice {
  const random = new Random(seed, `device ${deviceId}`);
  return new StandInDevice(deviceId, token, { random, ledger, pickUrl: () => fleet.pickUrl(random) });
}

export async function makeSeats(
  storm: Pick<Storm, 'fleet' | 'ledger' | 'seed' | 'workspaces'>,
  count: number,
  random: Random,
): Promise<Seat[]> {
  const identities: { deviceId: string; token: string }[] = [];
  for (let n = 0; n < count; n += 1) identities.push(await pairDevice(storm.fleet, random, `Mac ${n}`));
  const deviceIds = identities.map(({ deviceId }) => deviceId);
  await assignDevices({ ...storm, deviceIds }, random);
  return identities.map((identity, index) => ({ index, device: seatDevice(storm, identity) }));
}
