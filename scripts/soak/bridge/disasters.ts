import { setTimeout as sleep } from 'node:timers/promises';
import { runTool } from '../../../test/simulated-mac/kit.ts';
import type { Random } from '../random.ts';
import { pause, repeat } from '../repeat.ts';
import { attempt, GROUPS, PEOPLE, type Storm } from './storm.ts';

/** Every few seconds the bridge is killed, and started again at once or a little later. */
export async function killBridge(storm: Storm): Promise<void> {
  await repeat(storm, 'bridge', [1500, 6000], async (random) => {
    storm.ledger.did('bridge killed');
    await storm.rig.kill();
    await sleep(random.chance(0.7) ? 0 : random.between(0, 2000));
    storm.rig.runAlone();
  });
}

/** The connection to the hub goes, or the hub does, or it hears and forgets to say so. */
export async function breakHub(storm: Storm): Promise<void> {
  const { hub } = storm.rig;
  await repeat(storm, 'hub', [3000, 9000], async (random) => {
    const deed = random.pick([
      'cut',
      'down',
      'acks lost',
      'batches lost',
      'files fail',
      'files cut',
    ] as const);
    storm.ledger.did(`hub: ${deed}`);
    if (deed === 'cut') hub.cut();
    if (deed === 'acks lost') hub.loseAcks += 1;
    if (deed === 'batches lost') hub.loseBatches += 1;
    if (deed === 'files fail') hub.files.failures += 2;
    if (deed === 'files cut') hub.files.cuts += 1;
    if (deed !== 'down') return;
    await hub.close();
    await sleep(random.between(100, 3000));
    await hub.listen();
  });
}

const DATABASE = ['truncate-wal', 'rotate-wal', 'delete-wal', 'copy-database', 'renumber-rows'] as const;
const CHATS = ['forget-chats', 'unload-chat', 'shell-chats', 'group-renamed', 'group-icon'] as const;

/** What happens to Messages: it is killed, quits, sleeps, unloads chats; its database moves. */
export async function plagueMac(storm: Storm): Promise<void> {
  await repeat(storm, 'mac', [1500, 6000], async (random) => {
    const deed = random.pick([
      'database',
      'database',
      'chats',
      'killed',
      'quits',
      'sleeps',
      'rebuilt',
    ] as const);
    if (deed === 'database') return happen(storm, random.pick(DATABASE));
    if (deed === 'chats') return happen(storm, random.pick(CHATS), random);
    if (deed === 'killed') return killMac(storm, random);
    if (deed === 'quits') return happen(storm, 'messages-quits');
    if (deed === 'sleeps') return happen(storm, 'messages-sleeps');
    if (random.chance(0.2)) await rebuild(storm);
  });
}

async function happen(
  storm: Storm,
  happening: 'messages-quits' | (typeof DATABASE)[number] | (typeof CHATS)[number] | 'messages-sleeps',
  random?: Random,
): Promise<void> {
  const where =
    random === undefined ? {} : { with: random.pick(PEOPLE), chat: random.pick(GROUPS), text: 'New name' };
  const done = await attempt(() => storm.rig.mac.happen({ happening, ...where }));
  if (done === undefined) return;
  storm.ledger.did(happening);
  // Lines of a group's transcript are no messages.
  if (happening.startsWith('group-')) storm.ledger.silent.push(...done);
}

async function killMac(storm: Storm, random: Random): Promise<void> {
  storm.ledger.did('mac killed');
  await storm.rig.mac.kill();
  await sleep(random.between(0, 1500));
  await storm.rig.mac.start();
}

/** Half of the rows go: what the bridge has not told yet may be among them. */
async function rebuild(storm: Storm): Promise<void> {
  const told = new Set(storm.rig.hub.messages.map(({ guid }) => guid));
  for (const note of storm.ledger.receipts)
    if (note.expected === 'once' && !told.has(note.guid ?? '')) note.expected = 'perhaps';
  const edited = new Set(
    storm.rig.hub.entries.map((entry) => (entry.kind === 'edit' ? `${entry.guid} ${entry.text}` : '')),
  );
  for (const [guid, edit] of storm.ledger.edits)
    if (!edited.has(`${guid} ${edit.text}`)) edit.expected = 'perhaps';
  const done = await attempt(() => storm.rig.mac.happen({ happening: 'rebuild-database' }));
  if (done !== undefined) storm.ledger.did('rebuild-database');
}

/** A stuck Messages that nobody restarts is ended after a while, as a person would. */
export async function getStuck(storm: Storm): Promise<void> {
  await repeat(storm, 'stuck', [20_000, 60_000], async (random) => {
    const { mac } = storm.rig;
    if ((await attempt(() => mac.happen({ happening: 'messages-stuck' }))) === undefined) return;
    storm.ledger.did('messages-stuck');
    await pause(random.between(2000, 15_000), storm.signal);
    await attempt(() => runTool(mac, 'pkill', ['-x', 'Messages']));
    await attempt(() => runTool(mac, 'open', ['-a', 'Messages']));
  });
}

/** The question for Automation comes up again: a person allows it soon, or refuses and thinks better of it. */
export async function askForAutomation(storm: Storm): Promise<void> {
  await repeat(storm, 'automation', [30_000, 90_000], async (random) => {
    const { mac } = storm.rig;
    if ((await attempt(() => mac.happen({ happening: 'automation-reset' }))) === undefined) return;
    storm.ledger.did('automation-reset');
    await sleep(random.between(500, 3000));
    if (random.chance(0.4)) {
      storm.ledger.did('automation-refused');
      await attempt(() => mac.happen({ happening: 'automation-refused' }));
      await pause(random.between(1000, 10_000), storm.signal);
    }
    await attempt(() => mac.happen({ happening: 'automation-allowed' }));
  });
}

/** Ends every fault, so that what is open can come to its end. */
export async function calmDown(storm: Storm): Promise<void> {
  const { mac } = storm.rig;
  for (const recipient of [...PEOPLE, ...GROUPS, '*']) await mac.behave(recipient, 'normal');
  await runTool(mac, 'pkill', ['-x', 'Messages']);
  await mac.happen({ happening: 'messages-opens' });
  await mac.happen({ happening: 'automation-allowed' });
  await runTool(mac, 'osascript', ['-e', 'tell application "Messages" to count accounts']);
  for (const note of storm.ledger.receipts)
    if (note.files.length > 0 && note.guid !== undefined)
      await attempt(() => mac.happen({ happening: 'finish-transfer', guid: note.guid ?? '' }));
}
