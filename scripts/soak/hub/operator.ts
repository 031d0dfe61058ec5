import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.ts';
import { pause, repeat } from '../repeat.ts';
import type { Loose } from './fleet.ts';
import type { WorkspaceNote } from './ledger.ts';
import { assignDevices, pairDevice, seatDevice } from './set-up.ts';
import { STEADY, type Storm } from './storm.ts';

const DEEDS = [
  'webhook switched off',
  'secret rotated',
  'secret rotated',
  'device paused',
  'device blocked',
  'device cut',
  'deliveries retried',
  'deliveries retried',
  'test event',
  'device meddles',
] as const;
/** A secret that was replaced signs for a day; the second before it does not, and an event may wait in line meanwhile. */
const ROTATION_REST_MS = 45_000;

/** What people do at the hub meanwhile. */
export async function operate(storm: Storm): Promise<void> {
  const rotated = new Map<number, number>();
  await repeat(storm, 'operator', [500, 3_000], async (random) => {
    const deed = random.pick(DEEDS);
    const workspace = random.pick(storm.workspaces);
    const { device } = random.pick(storm.seats);
    if (deed === 'secret rotated') {
      if (Date.now() - (rotated.get(workspace.index) ?? 0) < ROTATION_REST_MS) return;
      rotated.set(workspace.index, Date.now());
    }
    if (deed === 'webhook switched off' && workspace.index === STEADY) return;
    storm.ledger.did(deed);
    if (deed === 'webhook switched off') await switchOffAndOn(storm, random, workspace);
    if (deed === 'secret rotated') await rotateSecret(storm, random, workspace);
    if (deed === 'device paused') await pauseDevice(storm, random, device.deviceId);
    if (deed === 'device blocked') await blockDevice(storm, random, device);
    if (deed === 'device cut') device.cut();
    if (deed === 'deliveries retried') await retrySome(storm, random, workspace);
    if (deed === 'test event') await testEvent(storm, random, workspace);
    if (deed === 'device meddles') meddle(storm, random, device);
  });
}

async function switchOffAndOn(storm: Storm, random: Random, workspace: WorkspaceNote): Promise<void> {
  await setWebhook(storm, random, workspace, false);
  await pause(random.between(500, 5_000), storm.signal);
  await setWebhook(storm, random, workspace, true);
  await replayKept(storm, random, workspace);
}

export async function setWebhook(
  { fleet, ledger }: Storm,
  random: Random,
  { index, locationId }: WorkspaceNote,
  webhook_enabled: boolean,
): Promise<void> {
  const path = `/api/workspaces/${locationId}`;
  const { status, body } = await fleet.api(random, 'PATCH', path, { webhook_enabled });
  if (status !== 200 || (body.webhook_enabled as unknown) !== webhook_enabled)
    ledger.fault(`PATCH webhook_enabled of workspace ${index} was answered ${status}`);
}

/** Sends what was kept while the webhook was off, or is dead. Out of its turn now: later events went before. */
export async function replayKept(storm: Storm, random: Random, workspace: WorkspaceNote): Promise<number> {
  const { fleet, ledger } = storm;
  const kept: Loose[] = [];
  for (const status of ['recorded', 'dead'])
    kept.push(
      ...(await fleet.list(random, `/api/deliveries?workspace=${workspace.locationId}&status=${status}`)),
    );
  for (const { webhook_id } of kept) ledger.replayed.add(String(webhook_id));
  if (kept.length === 0) return 0;
  const replay = await fleet.api(random, 'POST', `/api/workspaces/${workspace.locationId}/replay`, {});
  if (replay.status === 202) {
    ledger.did('replays');
    return kept.length;
  }
  // Oldest first, so that they go in order among themselves.
  for (const { id } of kept.reverse()) await fleet.api(random, 'POST', `/api/deliveries/${String(id)}/retry`);
  return kept.length;
}

async function rotateSecret({ fleet }: Storm, random: Random, workspace: WorkspaceNote): Promise<void> {
  const path = `/api/workspaces/${workspace.locationId}/rotate-secret`;
  const { body } = await fleet.api(random, 'POST', path);
  workspace.secrets.push({ secret: String(body.signing_secret), since: Date.now() });
}

async function pauseDevice({ fleet, signal }: Storm, random: Random, deviceId: string): Promise<void> {
  await fleet.api(random, 'POST', `/api/devices/${deviceId}/pause`);
  await pause(random.between(500, 4_000), signal);
  await fleet.api(random, 'POST', `/api/devices/${deviceId}/resume`);
}

async function blockDevice(
  { signal }: Storm,
  random: Random,
  device: { setBlocked: (blocked: boolean) => void },
): Promise<void> {
  device.setBlocked(true);
  await pause(random.between(500, 4_000), signal);
  device.setBlocked(false);
}

/** Some of what waits for its next attempt is sent at once; order holds. */
async function retrySome({ fleet }: Storm, random: Random, { locationId }: WorkspaceNote): Promise<void> {
  const path = `/api/deliveries?workspace=${locationId}&status=pending&limit=20`;
  const { body } = await fleet.api(random, 'GET', path);
  for (const { id } of (body.items as unknown as Loose[]) ?? [])
    if (random.chance(0.3)) await fleet.api(random, 'POST', `/api/deliveries/${String(id)}/retry`);
}

async function testEvent({ fleet, ledger }: Storm, random: Random, workspace: WorkspaceNote): Promise<void> {
  const path = `/api/workspaces/${workspace.locationId}/test`;
  const answer = await fleet.call(fleet.pickUrl(random), 'POST', path, undefined, fleet.token);
  if (typeof answer === 'object' && ![200, 429, 503].includes(answer.status))
    ledger.fault(`a test event was answered ${answer.status}`);
}

function meddle(
  { ledger }: Storm,
  random: Random,
  device: { memory: { meddle: (id: string) => void } },
): void {
  const recent = ledger.sends.slice(-200);
  if (recent.length > 0) device.memory.meddle(random.pick(recent).id);
}

/** A device is removed while it works, and another paired in its stead. */
export async function replaceDevices(storm: Storm): Promise<void> {
  const { fleet, ledger, seats, workspaces } = storm;
  await repeat(storm, 'replacements', [20_000, 50_000], async (random) => {
    const seat = random.pick(seats);
    const gone = seat.device;
    ledger.did('device replaced');
    ledger.removedDevices.add(gone.deviceId);
    await fleet.api(random, 'DELETE', `/api/devices/${gone.deviceId}`);
    await gone.retire();
    await sleep(random.between(0, 2_000));
    const identity = await pairDevice(fleet, random, `Mac ${seat.index}`);
    const deviceIds = seats.map((one) => (one === seat ? identity.deviceId : one.device.deviceId));
    await assignDevices({ fleet, workspaces, deviceIds }, random);
    seat.device = seatDevice(storm, identity);
  });
}

/** People answer what they were sent. */
export async function answerBack(storm: Storm, perSecond: number): Promise<void> {
  let count = 0;
  await repeat(storm, 'people', [0, 2_000 / perSecond], async (random) => {
    count += 1;
    random.pick(storm.seats).device.memory.receive(`in-${count} grüezi`, `guid-${count}`);
  });
}
