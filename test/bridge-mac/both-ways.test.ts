import { expect, test } from 'vitest';
import { waitFor } from '../kit/wait.ts';
import { BridgeRig } from './kit/bridge-rig.ts';

const ANNA = '+12145550101';

test('a text leaves once, and SENT then DELIVERED reach the hub with the guid of its row', async () => {
  await using rig = await BridgeRig.start();
  const text = 'Hello “Anna” — 你好 👩‍👩‍👧\n\t\\ "quoted" & $(rm) end tell';
  await rig.hub.send({ id: 'm1', to: ANNA, text });
  await rig.hub.waitForStatus('m1', 'DELIVERED');
  expect(rig.hub.statusEntriesOf('m1').map(({ status, channel }) => [status, channel])).toEqual([
    ['SENT', 'imessage'],
    ['DELIVERED', 'imessage'],
  ]);
  const sent = await rig.mac.sent();
  expect(sent).toMatchObject([{ recipient: ANNA, text, service: 'iMessage' }]);
  expect(rig.hub.statusEntriesOf('m1').map((entry) => entry.guid)).toEqual([sent[0]?.guid, sent[0]?.guid]);
  expect(rig.hub.faults).toEqual([]);
});

test('a message comes in with its sender, text and time', async () => {
  await using rig = await BridgeRig.start();
  const before = Date.now();
  const { guid } = await rig.mac.receive({ from: ANNA, text: 'Hi there 👋' });
  await waitFor('the message', () => rig.hub.messages.length === 1);
  expect(rig.hub.messages[0]).toMatchObject({ guid, from: ANNA, channel: 'imessage', text: 'Hi there 👋' });
  expect(rig.hub.messages[0]!.at).toBeGreaterThanOrEqual(before - 1_000);
  expect(rig.hub.messages[0]).not.toHaveProperty('group');
  expect(rig.hub.messages[0]).not.toHaveProperty('warning');
});
