import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

  test('18. a HEIC picture arrives as a JPEG', async () => {
    await using rig = await BridgeRig.start();
    const picture = join(rig.home, '..', 'IMG_0001.HEIC');
    writeFileSync(picture, 'ftypheic');
    await rig.mac.receive({ from: ANNA, text: 'look', attachment: picture });
    await expectTexts(rig, ['look']);
    const [file] = rig.hub.messages[0]?.attachments ?? [];
    expect(file).toMatchObject({ name: 'IMG_0001.jpg', mime_type: 'image/jpeg' });
    expect(rig.hub.files.get(file && 'sha256' in file ? file.sha256 : '')).toBeDefined();
  });

  test('19. a group’s text is of no one-to-one conversation, and a message to oneself makes no loop', async () => {
    await using rig = await BridgeRig.prepare();
    rig.hub.settings = { ...rig.hub.settings, extra_events: ['echo', 'group'] };
    rig.writePairing();
    await rig.run();
    await rig.mac.receive({
      from: ANNA,
      text: 'to all',
      chat: 'chat831',
      members: [ANNA, BERT],
      delayJoinMs: 500,
    });
    await expectTexts(rig, ['to all']);
    expect(rig.hub.messages[0]?.group?.id).toBe('chat831');
    await rig.mac.happen({ happening: 'self-message', text: 'note to self' });
    await expectTexts(rig, ['to all', 'note to self']);
    expect(rig.hub.messages[1]).toMatchObject({ from_me: true });
    await rig.hub.send({ id: 'm1', to: BERT, text: 'sent by the hub' });
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    await rig.mac.receive({ from: BERT, text: 'the end' });
    await expectTexts(rig, ['to all', 'note to self', 'the end']);
  });
});
