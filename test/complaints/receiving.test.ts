import { describe, expect, test } from 'vitest';
import { BridgeRig } from '../bridge-mac/kit/bridge-rig.ts';
import { waitFor } from '../kit/wait.ts';

const ANNA = '+12145550101';
const BERT = '+12145550102';

/** Waits until the hub has these texts, in this order, and nothing else. */
async function expectTexts(rig: BridgeRig, texts: string[]): Promise<void> {
  await waitFor(texts.join(', '), () => rig.hub.messages.length >= texts.length);
  expect(rig.hub.messages.map(({ text }) => text)).toEqual(texts);
}

// The numbers are those of docs/macos.md, “What users of other bridges complain about”.
describe('complaint', () => {
  test('1. messages are heard after the WAL was rotated, and cut', async () => {
    await using rig = await BridgeRig.start();
    await rig.mac.receive({ from: ANNA, text: 'before' });
    await expectTexts(rig, ['before']);
    await rig.mac.happen({ happening: 'rotate-wal' });
    await rig.mac.receive({ from: ANNA, text: 'after' });
    await rig.mac.happen({ happening: 'truncate-wal' });
    await rig.mac.receive({ from: ANNA, text: 'at last' });
    await expectTexts(rig, ['before', 'after', 'at last']);
  });

  test('3. the guids of macOS 26 that begin with any; hide no service', async () => {
    await using rig = await BridgeRig.start({ mac: { macos: 'tahoe-26' } });
    await rig.mac.receive({ from: ANNA, text: 'by SMS', service: 'SMS' });
    await rig.mac.receive({ from: BERT, text: 'by iMessage' });
    await expectTexts(rig, ['by SMS', 'by iMessage']);
    expect(rig.hub.messages.map(({ channel }) => channel)).toEqual(['sms', 'imessage']);
    await rig.hub.send({ id: 'answer', to: ANNA, channel: 'sms' });
    await rig.hub.waitForStatus('answer', 'SENT');
    expect(rig.hub.statusEntriesOf('answer')[0]?.channel).toBe('sms');
  });

  test('10. a row whose text is NULL is read from its attributed body', async () => {
    await using rig = await BridgeRig.start({ mac: { macos: 'sonoma-14' } });
    await rig.mac.behave(ANNA, 'null-text');
    await rig.mac.receive({ from: ANNA, text: 'only in the attributed body' });
    await expectTexts(rig, ['only in the attributed body']);
  });

  test('11. long and CJK texts arrive whole', async () => {
    await using rig = await BridgeRig.start();
    const texts = [127, 128, 255, 256, 8_191, 8_192, 65_535, 65_536].map((length) => 'x'.repeat(length));
    texts.push('漢字'.repeat(5_000), `${'👩‍👩‍👧 '.repeat(3_000)}end`, 'ㆄ'.repeat(300));
    for (const text of texts) await rig.mac.receive({ from: ANNA, text });
    await expectTexts(rig, texts);
  });

  test('12. old messages that iCloud replays are not new ones', async () => {
    await using rig = await BridgeRig.start();
    for (const text of ['one', 'two', 'three']) await rig.mac.receive({ from: ANNA, text });
    await expectTexts(rig, ['one', 'two', 'three']);
    await rig.mac.happen({ happening: 'icloud-replay', with: ANNA });
    await rig.mac.receive({ from: ANNA, text: 'four' });
    await expectTexts(rig, ['one', 'two', 'three', 'four']);
  });

  test('13. messages are not lost over a restart', async () => {
    await using rig = await BridgeRig.start();
    await rig.mac.receive({ from: ANNA, text: 'while it runs' });
    await expectTexts(rig, ['while it runs']);
    await rig.kill();
    await rig.mac.receive({ from: ANNA, text: 'while it is down' });
    await rig.mac.receive({ from: BERT, text: 'this too' });
    await rig.run();
    await expectTexts(rig, ['while it runs', 'while it is down', 'this too']);
  });
});
