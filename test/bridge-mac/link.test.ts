import { describe, expect, test } from 'vitest';
import { MAX_BATCH } from '../../shared/wire/journal.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import { waitFor } from '../kit/wait.ts';
import { BridgeRig } from './kit/bridge-rig.ts';

const ANNA = '+12145550101';

describe.concurrent('the connection to the hub', () => {
  test('is sought until the hub is there, and nothing is lost meanwhile', async () => {
    await using rig = await BridgeRig.prepare();
    rig.writePairing();
    await rig.hub.close();
    const bridge = rig.runAlone();
    await bridge.waitForLog('bridge started');
    for (let index = 0; index < 3; index += 1) await rig.mac.receive({ from: ANNA, text: `${index}` });
    await waitFor('a warning', () =>
      bridge.log.some((line) => line.msg?.startsWith('The hub cannot be reached')),
    );
    await rig.hub.listen();
    await waitFor('all three', () => rig.hub.messages.length === 3);
    expect(rig.hub.messages.map((message) => message.text)).toEqual(['0', '1', '2']);
  });

  test('comes back after it was cut by either side, and resumes where the hub is', async () => {
    await using rig = await BridgeRig.start();
    for (let round = 0; round < 3; round += 1) {
      await rig.mac.receive({ from: ANNA, text: `before ${round}` });
      await waitFor('the message', () => rig.hub.messages.length === round * 2 + 1);
      if (round % 2 === 0) rig.hub.cut();
      else {
        await rig.hub.close();
        await rig.hub.listen();
      }
      await rig.mac.receive({ from: ANNA, text: `after ${round}` });
      await waitFor('the message', () => rig.hub.messages.length === round * 2 + 2);
    }
    expect(rig.hub.entries).toHaveLength(6);
    expect(rig.hub.faults).toEqual([]);
  });

  test('resends a batch that was lost, and one whose acknowledgement was lost is not told twice', async () => {
    await using rig = await BridgeRig.start();
    rig.hub.loseBatches = 2;
    await rig.mac.receive({ from: ANNA, text: 'lost twice' });
    await waitFor('the message', () => rig.hub.messages.length === 1);
    rig.hub.loseAcks = 1;
    await rig.mac.receive({ from: ANNA, text: 'acknowledged in vain' });
    await waitFor('the loss', () => rig.hub.loseAcks === 0);
    await rig.mac.receive({ from: ANNA, text: 'after that' });
    await waitFor('the last', () => rig.hub.messages.at(-1)?.text === 'after that');
    expect(rig.hub.messages.map((message) => message.text)).toEqual([
      'lost twice',
      'acknowledged in vain',
      'after that',
    ]);
    const numbers = rig.hub.batches.flatMap((batch) => batch.entries.map((entry) => entry.seq));
    expect(numbers.filter((seq) => seq === 1)).toHaveLength(3);
    expect(rig.hub.faults).toEqual([]);
  });

  test('carries a backlog of any length, in order, in batches the wire allows', async () => {
    await using rig = await BridgeRig.prepare();
    rig.writePairing();
    await rig.hub.close();
    const bridge = rig.runAlone();
    const count = MAX_BATCH + 50;
    for (let index = 0; index < count; index += 1) await rig.mac.receive({ from: ANNA, text: `${index}` });
    await waitFor('the backlog', () => bridge.log.filter((line) => line.msg === 'received').length === count);
    await rig.hub.listen();
    await waitFor('all of it', () => rig.hub.messages.length === count);
    expect(rig.hub.messages.map((message) => Number(message.text))).toEqual([...Array(count).keys()]);
    expect(Math.max(...rig.hub.batches.map((batch) => batch.entries.length))).toBeLessThanOrEqual(MAX_BATCH);
  });

  test('says hello with protocol, journal and how far that goes', async () => {
    await using rig = await BridgeRig.start();
    await rig.mac.receive({ from: ANNA, text: 'one' });
    await waitFor('the message', () => rig.hub.messages.length === 1);
    rig.hub.cut();
    await waitFor('another hello', () => rig.hub.hellos.length === 2);
    const [first, second] = rig.hub.hellos;
    expect(first).toMatchObject({ protocol: PROTOCOL_VERSION, token: rig.hub.token, journal_seq: 0 });
    expect(second).toMatchObject({ journal_id: first!.journal_id, journal_seq: 1 });
  });

  test('reports its health on connecting', async () => {
    await using rig = await BridgeRig.start();
    const health = await waitFor('health', () => rig.hub.healths.find(({ findings }) => findings.length > 0));
    expect(health.findings).toMatchObject([{ check: 'chat_db', ok: true }]);
  });
});

describe.concurrent('a hub that', () => {
  test('speaks another protocol is quoted in the log, and asked again', async () => {
    await using rig = await BridgeRig.prepare();
    rig.writePairing();
    const message = 'This hub speaks protocol 2, the bridge 1: update the bridge.';
    rig.hub.refusal = { code: 'unsupported_protocol', message, hub_protocol: 2 };
    const bridge = rig.runAlone();
    const line = await bridge.waitForLog(`The hub refuses this bridge: ${message}`);
    expect(line.level).toBe('warn');
    expect(bridge.running).toBe(true);
  });

  test('refuses for a while lets the bridge in later', async () => {
    await using rig = await BridgeRig.prepare();
    rig.writePairing();
    rig.hub.refusal = { code: 'unavailable', message: 'Not now.', hub_protocol: PROTOCOL_VERSION };
    const bridge = rig.runAlone();
    await bridge.waitForLog('The hub refuses this bridge: Not now.');
    rig.hub.refusal = undefined;
    await bridge.waitForLog('connected to the hub');
  });

  test('knows more of the journal than there is gets a new one, and every entry', async () => {
    await using rig = await BridgeRig.start();
    const known = rig.hub.journals.get(rig.hub.hellos[0]!.journal_id)!;
    await rig.hub.close();
    known.acked = 500;
    await rig.mac.receive({ from: ANNA, text: 'not lost' });
    await rig.hub.listen();
    await waitFor('the message', () => rig.hub.messages.length === 1);
    expect(rig.hub.hellos.at(-1)!.journal_id).not.toBe(rig.hub.hellos[0]!.journal_id);
  });

  test('forgot what it acknowledged gets a new journal, and goes on', async () => {
    await using rig = await BridgeRig.start();
    for (const text of ['1', '2', '3']) await rig.mac.receive({ from: ANNA, text });
    await waitFor('three', () => rig.hub.messages.length === 3);
    await waitFor('the acknowledgement', () => rig.hub.batches.length > 0);
    await rig.hub.close();
    rig.hub.journals.get(rig.hub.hellos[0]!.journal_id)!.acked = 1;
    await rig.mac.receive({ from: ANNA, text: '4' });
    await rig.hub.listen();
    await waitFor('the fourth', () => rig.hub.messages.some((message) => message.text === '4'));
    expect(rig.hub.hellos.at(-1)!.journal_id).not.toBe(rig.hub.hellos[0]!.journal_id);
  });
});
