import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.ts';
import { pause, repeat } from '../repeat.ts';
import { MOODS } from './arrival.ts';
import type { WorkspaceNote } from './ledger.ts';
import { replayKept, setWebhook } from './operator.ts';
import { STEADY, type Storm } from './storm.ts';

/** Hubs are killed, stopped and frozen; so is their database. One at a time: what is down comes up before the next. */
export async function breakHubs(storm: Storm): Promise<void> {
  const { fleet, ledger } = storm;
  await repeat(storm, 'hubs', [3_000, 10_000], async (random) => {
    const deed = random.pick(fleet.postgres ? [...HUB_DEEDS, ...DATABASE_DEEDS] : HUB_DEEDS);
    const hub = Math.floor(random.between(0, fleet.size));
    const rest = random.chance(0.6) ? 0 : random.between(0, 4_000);
    if (deed === 'kill') await fleet.restart(hub, 'SIGKILL', rest);
    else if (deed === 'stop') await fleet.restart(hub, 'SIGTERM', rest);
    else if (deed === 'freeze') await fleet.freeze(hub, random.between(500, 8_000));
    else await restartDatabase(storm, deed, rest);
    ledger.did(NAMES[deed]);
  });
}

const HUB_DEEDS = ['kill', 'kill', 'stop', 'freeze'] as const;
const DATABASE_DEEDS = ['fast', 'immediate', 'crash'] as const;
const NAMES = {
  kill: 'hub killed',
  stop: 'hub stopped',
  freeze: 'hub frozen',
  fast: 'Postgres restarted',
  immediate: 'Postgres aborted',
  crash: 'Postgres killed',
};

async function restartDatabase(
  { fleet: { postgres } }: Storm,
  deed: (typeof DATABASE_DEEDS)[number],
  rest: number,
): Promise<void> {
  if (postgres === undefined) return;
  if (deed === 'crash') await postgres.kill();
  else await postgres.stop(deed);
  await sleep(rest);
  await postgres.start();
}

/** Clients' systems go down as a whole. */
export async function breakReceivers(storm: Storm): Promise<void> {
  const { receivers, ledger } = storm;
  await repeat(storm, 'receivers', [15_000, 40_000], async (random) => {
    const n = 1 + Math.floor(random.between(0, receivers.size - 1));
    ledger.did('receiver killed');
    await receivers.kill(n);
    await pause(random.between(200, 8_000), storm.signal);
    await receivers.bringUp(n);
  });
}

/** Clients' webhooks answer otherwise than they should, for a while. */
export async function changeMoods(storm: Storm): Promise<void> {
  const others = storm.workspaces.filter(({ index }) => index !== STEADY);
  await Promise.all(
    others.map((workspace) =>
      repeat(storm, `moods ${workspace.index}`, [3_000, 25_000], async (random) => {
        if (random.chance(0.1)) return beGone(storm, random, workspace);
        const mood = random.pick(MOODS);
        storm.ledger.did(`webhook: ${mood}`);
        storm.receivers.setMood(workspace.index, mood);
        await pause(random.between(1_000, 15_000), storm.signal);
        storm.receivers.setMood(workspace.index, 'well');
      }),
    ),
  );
}

const GONE_PATIENCE_MS = 10_000;

/** Answers 410 until the hub gives up; then a person switches the webhook on again. */
async function beGone(storm: Storm, random: Random, workspace: WorkspaceNote): Promise<void> {
  const { fleet, ledger, receivers, signal } = storm;
  ledger.did('webhook: gone');
  receivers.setMood(workspace.index, 'gone');
  const deadline = Date.now() + GONE_PATIENCE_MS;
  while (!signal.aborted && Date.now() < deadline) {
    await pause(500, signal);
    const { body } = await fleet.api(random, 'GET', `/api/workspaces/${workspace.locationId}`);
    if ((body.webhook_enabled as unknown) === false) break;
  }
  receivers.setMood(workspace.index, 'well');
  // What was answered 410 before that may still switch it off.
  await pause(1_000, signal);
  await setWebhook(storm, random, workspace, true);
  await replayKept(storm, random, workspace);
}
