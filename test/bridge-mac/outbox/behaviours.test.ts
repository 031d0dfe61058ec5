import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../kit/wait.ts';
import { BridgeRig } from '../kit/bridge-rig.ts';

const ANNA = '+12145550101';
const BERT = '+12145550102';

describe('what Messages does to a send', () => {
  test('not on iMessage, an error of its own, a downgrade, a missing receipt: each ends as its row says', async () => {
    await using rig = await BridgeRig.start();
    const cases: [id: string, behaviour: string, statuses: string[], code: string | undefined][] = [
      ['unknown', 'not-on-imessage', ['FAILED'], 'not_on_imessage'],
      ['network', 'sent-error-9', ['FAILED'], 'network'],
      ['other', 'sent-error-4', ['FAILED'], 'rejected'],
      ['downgraded', 'downgraded-to-sms', ['SENT'], undefined],
      ['quiet', 'delivered-quietly', ['SENT', 'DELIVERED'], undefined],
      ['unanswered', 'never-delivered', ['SENT'], undefined],
      ['late', 'late-row-800', ['SENT', 'DELIVERED'], undefined],
      ['unjoined', 'late-join-800', ['SENT', 'DELIVERED'], undefined],
    ];
    for (const [index, [id, behaviour]] of cases.entries()) {
      const to = `+121455501${10 + index}`;
      await rig.mac.behave(to, behaviour);
      await rig.hub.send({ id, to });
    }
    for (const [id, , statuses, code] of cases) {
      await rig.hub.waitForStatus(id, statuses.at(-1)!);
      expect(rig.hub.statusesOf(id), id).toEqual(statuses);
      expect(rig.hub.statusEntriesOf(id).at(-1)?.error?.code, id).toBe(code);
    }
    expect(rig.hub.statusEntriesOf('downgraded')[0]?.channel).toBe('sms');
    expect(rig.hub.statusEntriesOf('other')[0]?.error?.message).toContain('error 4');
  });

  test('a message by SMS ends with SENT, by SMS', async () => {
    await using rig = await BridgeRig.start();
    await rig.hub.send({ id: 'm1', to: ANNA, channel: 'sms' });
    await rig.hub.waitForStatus('m1', 'SENT');
    expect(rig.hub.statusEntriesOf('m1')).toMatchObject([{ status: 'SENT', channel: 'sms' }]);
  });

  test('an SMS from a Mac without a forwarding iPhone is refused, and nothing leaves', async () => {
    await using rig = await BridgeRig.start({ mac: { sms: false } });
    await rig.hub.send({ id: 'm1', to: ANNA, channel: 'sms' });
    await rig.hub.waitForStatus('m1', 'FAILED');
    expect(rig.hub.statusEntriesOf('m1')[0]?.error?.code).toBe('channel_unavailable');
    expect(await rig.mac.sent()).toEqual([]);
  });

  test('an osascript that times out although it sent is not repeated', async () => {
    await using rig = await BridgeRig.start({ env: { BRIDGE_OSASCRIPT_TIMEOUT: '1s' } });
    await rig.mac.behave(ANNA, 'hangs-although-sent');
    await rig.mac.behave(BERT, 'connection-lost-although-sent');
    await rig.hub.send({ id: 'm1', to: ANNA });
    await rig.hub.send({ id: 'm2', to: BERT });
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    await rig.hub.waitForStatus('m2', 'DELIVERED');
    expect(await rig.mac.sent()).toHaveLength(2);
    expect(await rig.mac.calls()).toHaveLength(2);
  });

  test('a lost connection, a ghost row and no row at all end in send_timeout_unknown, never in a second try', async () => {
    await using rig = await BridgeRig.start({ env: { BRIDGE_SEND_DEADLINE: '1500ms' } });
    const cases = ['connection-lost', 'ghost-row', 'no-row'];
    for (const [index, behaviour] of cases.entries()) {
      await rig.mac.behave(`+1214555012${index}`, behaviour);
      await rig.hub.send({ id: behaviour, to: `+1214555012${index}` });
    }
    for (const id of cases) {
      await rig.hub.waitForStatus(id, 'FAILED');
      expect(rig.hub.statusEntriesOf(id)[0]?.error?.code).toBe('send_timeout_unknown');
    }
    expect(await rig.mac.calls()).toHaveLength(cases.length);
    expect(await rig.mac.sent()).toEqual([]);
  });

  test('a row that turns up after the deadline corrects the FAILED', async () => {
    await using rig = await BridgeRig.start({ env: { BRIDGE_SEND_DEADLINE: '500ms' } });
    await rig.mac.behave(ANNA, 'late-row-1500');
    await rig.hub.send({ id: 'm1', to: ANNA });
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    expect(rig.hub.statusesOf('m1')).toEqual(['FAILED', 'SENT', 'DELIVERED']);
    expect(await rig.mac.sent()).toHaveLength(1);
  });

  test('Automation that is refused ends the send and is said to the operator', async () => {
    await using rig = await BridgeRig.start();
    await rig.mac.behave('*', 'automation-denied');
    await rig.hub.send({ id: 'm1', to: ANNA });
    await rig.hub.waitForStatus('m1', 'FAILED');
    expect(rig.hub.statusEntriesOf('m1')[0]?.error?.code).toBe('automation_denied');
    const finding = await waitFor('a finding', () =>
      rig.hub.healths.at(-1)?.findings.find(({ check }) => check === 'automation'),
    );
    expect(finding).toMatchObject({ ok: false });
    expect(finding.remedy).toContain('Privacy & Security → Automation');
  });

  test('a Messages that does not run is waited for', async () => {
    await using rig = await BridgeRig.start();
    await rig.mac.behave('*', 'not-running');
    await rig.hub.send({ id: 'm1', to: ANNA });
    await waitFor('two attempts', async () => (await rig.mac.calls()).length >= 2);
    expect(rig.hub.statusesOf('m1')).toEqual([]);
    await rig.mac.behave('*', 'normal');
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    expect(await rig.mac.sent()).toHaveLength(1);
  });

  test('an osascript that is not there, or ignores SIGTERM, does not stop the bridge', async () => {
    await using rig = await BridgeRig.prepare({
      env: { BRIDGE_OSASCRIPT_TIMEOUT: '1s', BRIDGE_SEND_DEADLINE: '1s' },
    });
    const osascript = join(rig.mac.home, 'bin', 'osascript');
    writeFileSync(osascript, '#!/bin/sh\ntrap "" TERM\nsleep 15\nexit 0\n');
    chmodSync(osascript, 0o755);
    await rig.pair();
    await rig.run();
    await rig.hub.send({ id: 'm1', to: ANNA });
    await rig.hub.waitForStatus('m1', 'FAILED');
    expect(rig.hub.statusEntriesOf('m1')[0]?.error?.code).toBe('send_timeout_unknown');
    expect(await rig.bridge!.end('SIGTERM')).toBe(0);
  });
});

describe('order and repetition', () => {
  test('within a conversation messages leave as they came, each after the row of the one before', async () => {
    await using rig = await BridgeRig.start();
    await rig.mac.behave(ANNA, 'late-row-700', 1);
    for (let index = 0; index < 4; index += 1)
      await rig.hub.send({ id: `m${index}`, to: ANNA, text: `${index}` });
    await rig.hub.send({ id: 'other', to: BERT, text: 'overtakes' });
    for (const id of ['m0', 'm1', 'm2', 'm3', 'other']) await rig.hub.waitForStatus(id, 'DELIVERED');
    const texts = (await rig.mac.sent()).map((record) => record.text);
    expect(texts.filter((text) => text !== 'overtakes')).toEqual(['0', '1', '2', '3']);
  });

  test('the same words three times are three messages with a row each', async () => {
    await using rig = await BridgeRig.start();
    for (const id of ['a', 'b', 'c']) await rig.hub.send({ id, to: ANNA, text: 'the same words' });
    for (const id of ['a', 'b', 'c']) await rig.hub.waitForStatus(id, 'DELIVERED');
    const guids = ['a', 'b', 'c'].map((id) => rig.hub.statusEntriesOf(id)[0]?.guid);
    expect(new Set(guids).size).toBe(3);
    expect(await rig.mac.sent()).toHaveLength(3);
  });

  test('a send that is offered many times, at once and after it is finished, leaves once', async () => {
    await using rig = await BridgeRig.start();
    const send = { id: 'm1', to: ANNA, channel: 'imessage', text: 'once', expires_at: Date.now() + 60_000 };
    const answers = await Promise.all(Array.from({ length: 20 }, () => rig.hub.offer(send)));
    expect(answers.every((answer) => answer.accepted)).toBe(true);
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    expect(await rig.hub.offer({ ...send, text: 'other words' })).toEqual({ id: 'm1', accepted: true });
    await rig.kill();
    await rig.run();
    expect(await rig.hub.offer(send)).toEqual({ id: 'm1', accepted: true });
    await rig.hub.send({ id: 'm2', to: ANNA, text: 'a later one' });
    await rig.hub.waitForStatus('m2', 'DELIVERED');
    expect((await rig.mac.sent()).map((record) => record.text)).toEqual(['once', 'a later one']);
  });

  test('a send that came too late is not begun', async () => {
    await using rig = await BridgeRig.start();
    await rig.hub.send({ id: 'm1', to: ANNA, expires_at: Date.now() - 1 });
    await rig.hub.waitForStatus('m1', 'FAILED');
    expect(rig.hub.statusEntriesOf('m1')[0]?.error?.code).toBe('device_offline_expired');
    expect(await rig.mac.calls()).toEqual([]);
  });

  test('what cannot be understood, or goes by another channel, is refused and not sent', async () => {
    await using rig = await BridgeRig.start();
    const good = { id: 'x', to: ANNA, channel: 'imessage', text: 'x', expires_at: Date.now() + 60_000 };
    expect(await rig.hub.offer({ ...good, channel: 'whatsapp' })).toMatchObject({
      accepted: false,
      error: { code: 'channel_unavailable' },
    });
    for (const bad of [
      { ...good, text: 7 },
      { ...good, to: '' },
      { id: 'x' },
      { ...good, channel: 'pigeon' },
    ]) {
      expect(await rig.hub.offer(bad)).toMatchObject({
        id: 'x',
        accepted: false,
        error: { code: 'rejected' },
      });
    }
    const send = { id: 'fine', to: ANNA };
    for (const noise of [null, 7, 'text', [], {}, { id: 7 }])
      void rig.hub.offer(noise).catch(() => undefined);
    await rig.hub.send(send);
    await rig.hub.waitForStatus('fine', 'DELIVERED');
    expect(await rig.mac.sent()).toHaveLength(1);
  });
});

test("a message's words and numbers are in no log, and its inputs are readable by their owner alone", async () => {
  await using rig = await BridgeRig.start({ env: { LOG_LEVEL: 'info' } });
  await rig.mac.behave(ANNA, 'no-such-object');
  await rig.hub.send({ id: 'm1', to: ANNA, text: 'do not log me' });
  await rig.hub.waitForStatus('m1', 'FAILED');
  await rig.hub.send({ id: 'm2', to: BERT, text: 'do not log me' });
  await rig.hub.waitForStatus('m2', 'DELIVERED');
  await rig.mac.receive({ from: BERT, text: 'do not log me' });
  await waitFor('the answer', () => rig.hub.messages.length === 1);
  const log = rig.bridge!.lines.join('\n');
  expect(log).toContain('m1');
  expect(log).not.toMatch(/do not log me|2145550101|2145550102|device-token|theAddress/);
  expect(statSync(join(rig.home, 'outgoing')).mode & 0o777).toBe(0o700);
  expect(statSync(rig.home).mode & 0o777).toBe(0o700);
  expect(statSync(join(rig.home, 'identity.json')).mode & 0o777).toBe(0o600);
});
