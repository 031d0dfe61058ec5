import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../random.ts';
import type { Loose } from './fleet.ts';
import type { WorkspaceNote } from './ledger.ts';
import { replayKept, setWebhook } from './operator.ts';
import type { Storm } from './storm.ts';

/** Leases of a hub that was killed run this long at most, and a device may be asked again after its own. */
const LONGEST_WAIT_MS = 8 * 60_000;
const LOOK_MS = 1_500;
/** An event whose next attempt is nearer than this is not hurried. */
const SOON_MS = 1_000;

/** Everybody is well again; whatever waits is hurried by hand, until nothing does. Answers what still waits at the end. */
export async function drain(storm: Storm): Promise<string[]> {
  const { fleet, ledger, receivers, seats, seed, workspaces } = storm;
  const random = new Random(seed, 'drain');
  for (let n = 0; n < receivers.size; n += 1) await receivers.bringUp(n);
  for (const { index } of workspaces) receivers.setMood(index, 'well');
  for (const { device } of seats) {
    device.calmDown();
    await fleet.api(random, 'POST', `/api/devices/${device.deviceId}/resume`);
  }
  const deadline = Date.now() + LONGEST_WAIT_MS;
  for (let quiet = 0; ; ) {
    await sleep(LOOK_MS);
    const waiting: string[] = [];
    for (const workspace of workspaces) waiting.push(...(await hurry(storm, random, workspace)));
    for (const { device } of seats)
      if (!device.isQuiet) waiting.push(`device ${device.deviceId} has something to tell`);
    const taken = new Set(ledger.sends.map(({ text }) => text.split(' ')[0]));
    for (const { messageId, ids } of ledger.messages.values())
      if (ids.size > 0 && !taken.has(messageId) && !isTold(storm, messageId))
        waiting.push(`${messageId} was accepted, and reached no device`);
    quiet = waiting.length === 0 ? quiet + 1 : 0;
    if (quiet > 1) return [];
    if (Date.now() > deadline) return waiting;
  }
}

/** Sends at once what waits for its next attempt, or is kept; answers what waited. */
async function hurry(storm: Storm, random: Random, workspace: WorkspaceNote): Promise<string[]> {
  const { fleet } = storm;
  const { index, locationId } = workspace;
  // The outcome of an attempt that was answered 410 in the storm may be recorded only now.
  const { body } = await fleet.api(random, 'GET', `/api/workspaces/${locationId}`);
  if ((body.webhook_enabled as unknown) === false) await setWebhook(storm, random, workspace, true);
  const kept = await replayKept(storm, random, workspace);
  const pending = await fleet.list(random, `/api/deliveries?workspace=${locationId}&status=pending`);
  for (const delivery of pending)
    if (isResting(delivery)) await fleet.api(random, 'POST', `/api/deliveries/${String(delivery.id)}/retry`);
  const waits = (webhookId: unknown): string => `${String(webhookId)} is pending for workspace ${index}`;
  return [
    ...pending.map(({ webhook_id }) => waits(webhook_id)),
    ...(kept > 0 ? [`${kept} kept events of workspace ${index}`] : []),
  ];
}

function isResting({ next_attempt_at }: Loose): boolean {
  const at = next_attempt_at as unknown;
  return typeof at === 'string' && Date.parse(at) > Date.now() + SOON_MS;
}

/** FAILED by the hub itself: it went with the device that it was offered to. */
function isTold({ inbox }: Storm, messageId: string): boolean {
  return inbox.statusesOf(messageId).length > 0;
}
