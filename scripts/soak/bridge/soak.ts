import { setTimeout as sleep } from 'node:timers/promises';
import { UNPACED } from '../../../shared/wire/settings.ts';
import { BridgeRig } from '../../../test/bridge-mac/kit/bridge-rig.ts';
import { Random } from '../random.ts';
import { askForAutomation, breakHub, calmDown, getStuck, killBridge, plagueMac } from './disasters.ts';
import { mingle, receiveAtRandom } from './inbound.ts';
import { Ledger } from './ledger.ts';
import { offerAgain, sendAtRandom } from './outbound.ts';
import { GROUPS, PEOPLE, type Storm } from './storm.ts';
import { isSettled, judge } from './verdict.ts';

const MACOS = ['ventura-13', 'sonoma-14-upgraded', 'sequoia-15', 'tahoe-26', 'macos-27'];
const SETTINGS = {
  BRIDGE_SEND_DEADLINE: '15s',
  BRIDGE_OSASCRIPT_TIMEOUT: '4s',
  BRIDGE_ATTACHMENT_DEADLINE: '20s',
};
const PACE = 0.1;
const QUIET_MS = 8_000;
const LONGEST_WAIT_MS = 240_000;

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
}

/** Mixes everything that can go wrong around a real bridge, and holds what it said against what happened. */
export async function soakBridge({ minutes, seed }: SoakOptions): Promise<string[]> {
  const macos = new Random(seed, 'macos').pick(MACOS);
  console.log(`Soaking the bridge for ${minutes} min, seed ${seed}, ${macos}.`);
  await using rig = await BridgeRig.start({
    mac: { pace: PACE, macos },
    env: { ...SETTINGS, LOG_LEVEL: 'info' },
  });
  const over = new AbortController();
  const storm: Storm = { rig, ledger: new Ledger(), seed, signal: over.signal };
  rig.hub.tell({ pace: UNPACED, extra_events: ['echo', 'read', 'reaction', 'edit', 'unsend', 'group'] });
  // Groups are there before anything is sent to them.
  for (const chat of GROUPS)
    await rig.mac.receive({
      from: PEOPLE[0] ?? '',
      text: `typed first in ${chat}`,
      chat,
      members: PEOPLE.slice(0, 3),
    });
  const loops = [
    sendAtRandom,
    receiveAtRandom,
    mingle,
    killBridge,
    breakHub,
    plagueMac,
    getStuck,
    askForAutomation,
  ];
  const running = Promise.all(loops.map((loop) => loop(storm)));
  await Promise.race([sleep(minutes * 60_000), running]);
  over.abort();
  await running;
  await calmDown(storm);
  await offerAgain(storm);
  await waitForQuiet(storm);
  return report(storm);
}

/** Until each send has a status, each message is told, and nothing more is said for a while. */
async function waitForQuiet({ rig, ledger }: Storm): Promise<void> {
  const deadline = Date.now() + LONGEST_WAIT_MS;
  let said = rig.hub.entries.length;
  let since = Date.now();
  while (Date.now() < deadline) {
    await sleep(200);
    if (rig.hub.entries.length !== said) {
      said = rig.hub.entries.length;
      since = Date.now();
    }
    if (Date.now() - since < QUIET_MS) continue;
    const told = new Set(rig.hub.messages.map(({ guid }) => guid));
    const open =
      ledger.sends.some((note) => !isSettled(rig.hub.entries, note)) ||
      ledger.receipts.some(({ expected, guid }) => expected === 'once' && guid && !told.has(guid)) ||
      // What was typed in the conversation of a send that cannot be told waits for half a minute.
      (!ledger.deeds.has('rebuild-database') && ledger.echoes.some((guid) => !told.has(guid)));
    if (!open) return;
  }
}

async function report({ rig, ledger }: Storm): Promise<string[]> {
  const sent = await rig.mac.sent();
  const entries = rig.hub.entries;
  const ownGuids = new Set(sent.map(({ guid }) => guid));
  const faults = [
    ...judge({ ledger, entries, sent, ownGuids }),
    ...rig.hub.faults.map((fault) => `on the wire: ${fault}`),
  ];
  const last = ledger.sends.map(({ id }) =>
    entries.findLast((entry) => entry.kind === 'status' && entry.id === id),
  );
  const ends = Map.groupBy(last, (entry) =>
    entry?.kind === 'status' ? (entry.error?.code ?? entry.status) : 'no status',
  );
  const list = (counts: Iterable<readonly [string, number]>) =>
    [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
  console.log(`Done to it: ${list(ledger.deeds)}.`);
  console.log(
    `${ledger.sends.length} sends (${list([...ends].map(([name, all]) => [name, all.length] as const))}), ${sent.length} left, ` +
      `${ledger.receipts.length} messages came, ${rig.hub.messages.length} told; ${faults.length === 0 ? 'nothing wrong' : `${faults.length} wrong`}.`,
  );
  return faults;
}
