import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { EXTRA_EVENTS } from '../../../shared/extra-events.ts';
import { waitFor } from '../../kit/wait.ts';
import { BridgeRig } from '../kit/bridge-rig.ts';
import { sha256Of } from '../kit/stand-in-files.ts';

const ANNA = '+12145550101';
const BERT = '+12145550102';

/** Kills the bridge again and again, each time a little later in its life, and leaves one running. */
async function killAgainAndAgain(rig: BridgeRig, times: number): Promise<void> {
  for (let round = 0; round < times; round += 1) {
    const bridge = rig.runAlone();
    await bridge.waitForLog('connected to the hub');
    await sleep(round * 40);
    await rig.kill();
  }
  await rig.run();
}

test('killed at any moment, the bridge tells each message with files once, whole and in order', async () => {
  await using rig = await BridgeRig.start();
  const folder = mkdtempSync(join(tmpdir(), 'bluewire-received-'));
  const expected: string[] = [];
  try {
    for (let index = 0; index < 6; index += 1) {
      const content = randomBytes(50_000 + index);
      const file = join(folder, `photo ${index}.jpg`);
      writeFileSync(file, content);
      await rig.mac.receive({ from: ANNA, text: `photo ${index}`, attachment: file });
      await rig.mac.receive({ from: ANNA, text: `text ${index}` });
      await rig.mac.receive({ from: BERT, text: `bert ${index}` });
      expected.push(`photo ${index} ${sha256Of(content)}`, `text ${index} `);
    }
    await rig.kill();
    await killAgainAndAgain(rig, 5);
    await waitFor('all messages', () => rig.hub.messages.length >= 18);
    const told = rig.hub.messages.map(({ from, text, attachments }) => ({
      from,
      text: `${text} ${attachments.map((file) => ('sha256' in file ? file.sha256 : 'missing')).join()}`,
    }));
    expect(told.filter(({ from }) => from === ANNA).map(({ text }) => text)).toEqual(expected);
    expect(told.filter(({ from }) => from === BERT)).toHaveLength(6);
    for (const { attachments } of rig.hub.messages) {
      for (const file of attachments) expect('sha256' in file && rig.hub.files.get(file.sha256)).toBeTruthy();
    }
    expect(rig.hub.faults).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('killed at any moment, the bridge takes nothing that the hub sent for something the owner typed', async () => {
  await using rig = await BridgeRig.prepare();
  rig.writePairing();
  rig.hub.settings = { ...rig.hub.settings, extra_events: [...EXTRA_EVENTS] };
  await rig.run();
  await rig.mac.behave(ANNA, 'late-row-400');
  for (const id of ['m1', 'm2', 'm3']) await rig.hub.send({ id, to: ANNA, text: `from the hub ${id}` });
  await rig.mac.happen({ happening: 'own-message', with: ANNA, text: 'typed by hand' });
  await rig.kill();
  await killAgainAndAgain(rig, 4);
  await rig.mac.happen({ happening: 'own-message', with: ANNA, text: 'typed at last' });
  const isClosed = (id: string): boolean =>
    rig.hub.statusesOf(id).some((status) => status === 'DELIVERED' || status === 'FAILED');
  await waitFor('every send', () => ['m1', 'm2', 'm3'].every(isClosed));
  await waitFor('the last echo', () => rig.hub.messages.some(({ text }) => text === 'typed at last'));
  expect(rig.hub.messages.map(({ text, from_me, to }) => [text, from_me, to])).toEqual([
    ['typed by hand', true, ANNA],
    ['typed at last', true, ANNA],
  ]);
}, 120_000);
