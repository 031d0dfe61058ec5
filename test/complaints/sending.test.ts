import { describe, expect, test } from 'vitest';
import { BridgeRig } from '../bridge-mac/kit/bridge-rig.ts';
import { waitFor } from '../kit/wait.ts';

const ANNA = '+12145550101';
const BERT = '+12145550102';
const CARL = '+12145550103';

async function leftTo(rig: BridgeRig, recipient: string): Promise<string[]> {
  return (await rig.mac.sent()).filter((record) => record.recipient === recipient).map(({ text }) => text);
}

// The numbers are those of docs/macos.md, “What users of other bridges complain about”.
describe('complaint', () => {
  test('4. a group message that macOS 26 swallows is never called sent; one that leaves is', async () => {
    await using rig = await BridgeRig.prepare({ env: { BRIDGE_SEND_DEADLINE: '1500ms' } });
    rig.hub.settings = { ...rig.hub.settings, extra_events: ['group'] };
    rig.writePairing();
    await rig.run();
    const group = { chat: 'chat831', members: [ANNA, BERT] };
    await rig.mac.receive({ from: ANNA, text: 'Hello all', ...group });
    await waitFor('the group', () => rig.hub.messages.length > 0);
    await rig.hub.send({ id: 'left', to: 'chat831', to_group: true, text: 'Hello Anna and Bert' });
    await rig.hub.waitForStatus('left', 'SENT');
    await rig.mac.behave('chat831', 'ghost-row', 1);
    await rig.hub.send({ id: 'swallowed', to: 'chat831', to_group: true });
    await rig.hub.waitForStatus('swallowed', 'FAILED');
    expect(rig.hub.statusesOf('swallowed')).toEqual(['FAILED']);
    expect(await leftTo(rig, 'chat831')).toEqual(['Hello Anna and Bert']);
  });

  test('5. a −1728 for a chat that exists does not keep a message from leaving', async () => {
    await using rig = await BridgeRig.start();
    await rig.mac.receive({ from: ANNA, text: 'Hello?' });
    await rig.mac.happen({ happening: 'forget-chats' });
    await rig.mac.behave(ANNA, 'no-such-object', 1);
    await rig.hub.send({ id: 'm1', to: ANNA, text: 'Here' });
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    expect(await leftTo(rig, ANNA)).toEqual(['Here']);
  });

  test('6. nothing is called sent that Messages only took', async () => {
    await using rig = await BridgeRig.start({ env: { BRIDGE_SEND_DEADLINE: '1500ms' } });
    await rig.mac.behave(ANNA, 'no-row');
    await rig.mac.behave(BERT, 'not-on-imessage');
    await rig.mac.behave(CARL, 'sent-error-4');
    for (const [id, to] of [
      ['swallowed', ANNA],
      ['unreachable', BERT],
      ['refused', CARL],
    ] as const) {
      await rig.hub.send({ id, to });
      await rig.hub.waitForStatus(id, 'FAILED');
      expect(rig.hub.statusesOf(id)).toEqual(['FAILED']);
    }
  });

  test('7. a time-out is no failure when the message left, and is not sent again', async () => {
    await using rig = await BridgeRig.start({ env: { BRIDGE_OSASCRIPT_TIMEOUT: '1s' } });
    await rig.mac.behave(ANNA, 'hangs-although-sent', 1);
    await rig.mac.behave(BERT, 'times-out-although-sent', 1);
    await rig.hub.send({ id: 'hung', to: ANNA, text: 'once' });
    await rig.hub.send({ id: 'late', to: BERT, text: 'once' });
    for (const id of ['hung', 'late']) {
      await rig.hub.waitForStatus(id, 'DELIVERED');
      expect(rig.hub.statusesOf(id)).toEqual(['SENT', 'DELIVERED']);
    }
    expect([await leftTo(rig, ANNA), await leftTo(rig, BERT)]).toEqual([['once'], ['once']]);
  });

  test('8. who cannot be reached by iMessage is reached by SMS, where that is wanted', async () => {
    await using rig = await BridgeRig.start();
    await rig.mac.behave(ANNA, 'not-on-imessage');
    await rig.hub.send({ id: 'm1', to: ANNA, text: 'by whatever way', fallbacks: ['sms'] });
    await rig.hub.waitForStatus('m1', 'SENT');
    expect(rig.hub.statusEntriesOf('m1')).toMatchObject([{ status: 'SENT', channel: 'sms' }]);
    expect(await leftTo(rig, ANNA)).toEqual(['by whatever way']);
  });

  test('9. a file is put where the sandbox of Messages can read it', async () => {
    await using rig = await BridgeRig.start();
    const attachments = [rig.hub.files.add('%PDF-1.7', 'offer.pdf', 'application/pdf')];
    await rig.hub.send({ id: 'm1', to: ANNA, text: '', attachments });
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    const [left] = await rig.mac.sent();
    expect(left).toMatchObject({ sha256: attachments[0]?.sha256 });
    expect(left?.file).toMatch(/\/Library\/Messages\/.*\/offer\.pdf$/);
  });

  test('14. what was accepted outlives a crash, a hub that is away and a Messages that does not run', async () => {
    await using rig = await BridgeRig.start();
    await rig.mac.behave('*', 'not-running');
    await rig.hub.send({ id: 'm1', to: ANNA, text: 'one' });
    await rig.hub.send({ id: 'm2', to: ANNA, text: 'two' });
    await rig.kill();
    await rig.hub.close();
    await rig.mac.behave('*', 'normal');
    rig.runAlone();
    await rig.hub.listen();
    await rig.hub.waitForStatus('m2', 'DELIVERED');
    expect(rig.hub.statusesOf('m1')).toEqual(['SENT', 'DELIVERED']);
    expect(await leftTo(rig, ANNA)).toEqual(['one', 'two']);
  });
});
