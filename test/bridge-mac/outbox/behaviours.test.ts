import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../kit/wait.ts';
import { BridgeRig } from '../kit/bridge-rig.ts';

// One bridge serves most of these tests; each writes to numbers of its own.
let rig: BridgeRig;
beforeAll(async () => {
  rig = await BridgeRig.start({ env: { BRIDGE_SEND_DEADLINE: '1500ms', BRIDGE_OSASCRIPT_TIMEOUT: '1s' } });
});
afterAll(() => rig[Symbol.asyncDispose]());

const WIRE = { channel: 'imessage', to_group: false, fallbacks: [], attachments: [] };

let numbers = 0;
function newNumber(): string {
  numbers += 1;
  return `+1214555${String(numbers).padStart(4, '0')}`;
}

/** Texts that left to a number. */
async function textsTo(number: string): Promise<string[]> {
  return (await rig.mac.sent()).filter((record) => record.recipient === number).map((record) => record.text);
}

/** osascript calls made since then. */
async function countCalls(): Promise<number> {
  return (await rig.mac.calls()).length;
}

describe('what Messages does to a send', () => {
  test('not on iMessage, an error of its own, a downgrade, a missing receipt: each ends as its row says', async () => {
    const cases: [id: string, behaviour: string, statuses: string[], code: string | undefined][] = [
      ['unknown', 'not-on-imessage', ['FAILED'], 'not_on_imessage'],
      ['network', 'sent-error-9', ['FAILED'], 'network'],
      ['other', 'sent-error-4', ['FAILED'], 'rejected'],
      ['downgraded', 'downgraded-to-sms', ['SENT'], undefined],
      ['quiet', 'delivered-quietly', ['SENT', 'DELIVERED'], undefined],
      ['unanswered', 'never-delivered', ['SENT'], undefined],
      ['late', 'late-row-500', ['SENT', 'DELIVERED'], undefined],
      ['unjoined', 'late-join-500', ['SENT', 'DELIVERED'], undefined],
    ];
    for (const [id, behaviour] of cases) {
      const to = newNumber();
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
    await rig.hub.send({ id: 'sms', to: newNumber(), channel: 'sms' });
    await rig.hub.waitForStatus('sms', 'SENT');
    expect(rig.hub.statusEntriesOf('sms')).toMatchObject([{ status: 'SENT', channel: 'sms' }]);
  });

  test('an SMS from a Mac without a forwarding iPhone is refused, and nothing leaves', async () => {
    await using own = await BridgeRig.start({ mac: { sms: false } });
    await own.hub.send({ id: 'm1', channel: 'sms' });
    await own.hub.waitForStatus('m1', 'FAILED');
    expect(own.hub.statusEntriesOf('m1')[0]?.error?.code).toBe('channel_unavailable');
    expect(await own.mac.sent()).toEqual([]);
  });

  test('an osascript that times out although it sent is not repeated', async () => {
    const calls = await countCalls();
    const cases = ['hangs-although-sent', 'connection-lost-although-sent', 'slow-answer-3000'];
    const to = cases.map(newNumber);
    for (const [index, behaviour] of cases.entries()) {
      await rig.mac.behave(to[index]!, behaviour);
      await rig.hub.send({ id: behaviour, to: to[index]! });
    }
    for (const id of cases) await rig.hub.waitForStatus(id, 'DELIVERED');
    for (const number of to) expect(await textsTo(number)).toHaveLength(1);
    expect(await countCalls()).toBe(calls + cases.length);
  });

  test('a lost connection, a ghost row and no row at all end in send_timeout_unknown, never in a second try', async () => {
    const calls = await countCalls();
    const cases = ['connection-lost', 'ghost-row', 'no-row'];
    for (const behaviour of cases) {
      const to = newNumber();
      await rig.mac.behave(to, behaviour);
      await rig.hub.send({ id: behaviour, to });
    }
    for (const id of cases) {
      await rig.hub.waitForStatus(id, 'FAILED');
      expect(rig.hub.statusEntriesOf(id)[0]?.error?.code).toBe('send_timeout_unknown');
    }
    expect(await countCalls()).toBe(calls + cases.length);
  });

  test('a row that turns up after the deadline corrects the FAILED', async () => {
    const to = newNumber();
    await rig.mac.behave(to, 'late-row-2500');
    await rig.hub.send({ id: 'corrected', to });
    await rig.hub.waitForStatus('corrected', 'DELIVERED');
    expect(rig.hub.statusesOf('corrected')).toEqual(['FAILED', 'SENT', 'DELIVERED']);
    expect(await textsTo(to)).toHaveLength(1);
  });

  test('a Messages that does not run is waited for', async () => {
    const calls = await countCalls();
    await rig.mac.behave('*', 'not-running');
    const to = newNumber();
    await rig.hub.send({ id: 'waits', to });
    await waitFor('two attempts', async () => (await countCalls()) >= calls + 2);
    expect(rig.hub.statusesOf('waits')).toEqual([]);
    await rig.mac.behave('*', 'normal');
    await rig.hub.waitForStatus('waits', 'DELIVERED');
    expect(await textsTo(to)).toHaveLength(1);
  });

  test('one way of addressing that Messages refuses is followed by the other, and then by FAILED', async () => {
    const calls = await countCalls();
    const to = newNumber();
    await rig.mac.behave(to, 'no-such-object', 1);
    await rig.hub.send({ id: 'other way', to });
    await rig.hub.waitForStatus('other way', 'DELIVERED');
    expect(await countCalls()).toBe(calls + 2);
    await rig.mac.behave(to, 'no-such-object');
    await rig.hub.send({ id: 'no way', to });
    await rig.hub.waitForStatus('no way', 'FAILED');
    expect(rig.hub.statusEntriesOf('no way')[0]?.error).toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('-1728'),
    });
    expect(await textsTo(to)).toHaveLength(1);
  });

  test('an osascript that ignores SIGTERM does not stop the bridge, nor keep it from ending', async () => {
    await using own = await BridgeRig.prepare({
      env: { BRIDGE_OSASCRIPT_TIMEOUT: '1s', BRIDGE_SEND_DEADLINE: '1s' },
    });
    const osascript = join(own.mac.home, 'bin', 'osascript');
    writeFileSync(osascript, '#!/bin/sh\ntrap "" TERM\nsleep 15\nexit 0\n');
    chmodSync(osascript, 0o755);
    own.writePairing();
    await own.run();
    await own.hub.send({ id: 'm1' });
    await own.hub.waitForStatus('m1', 'FAILED');
    expect(own.hub.statusEntriesOf('m1')[0]?.error?.code).toBe('send_timeout_unknown');
    expect(await own.bridge!.end('SIGTERM')).toBe(0);
  });
});

describe('order and repetition', () => {
  test('within a conversation messages leave as they came, and others need not wait', async () => {
    const to = newNumber();
    await rig.mac.behave(to, 'late-row-700', 1);
    for (const text of ['0', '1', '2', '3']) await rig.hub.send({ id: `ordered ${text}`, to, text });
    await rig.hub.send({ id: 'overtakes', to: newNumber() });
    await rig.hub.waitForStatus('overtakes', 'DELIVERED');
    for (const text of ['0', '1', '2', '3']) await rig.hub.waitForStatus(`ordered ${text}`, 'DELIVERED');
    expect(await textsTo(to)).toEqual(['0', '1', '2', '3']);
  });

  test('the same words three times are three messages with a row each', async () => {
    const to = newNumber();
    for (const id of ['a', 'b', 'c']) await rig.hub.send({ id, to, text: 'the same words' });
    for (const id of ['a', 'b', 'c']) await rig.hub.waitForStatus(id, 'DELIVERED');
    const guids = ['a', 'b', 'c'].map((id) => rig.hub.statusEntriesOf(id)[0]?.guid);
    expect(new Set(guids).size).toBe(3);
    expect(await textsTo(to)).toHaveLength(3);
  });

  test('a send that is offered many times, at once, when finished and after a restart, leaves once', async () => {
    const to = newNumber();
    const send = { ...WIRE, id: 'once', to, text: 'once', expires_at: Date.now() + 60_000 };
    const answers = await Promise.all(Array.from({ length: 20 }, () => rig.hub.offer(send)));
    expect(answers.every((answer) => answer.accepted)).toBe(true);
    await rig.hub.waitForStatus('once', 'DELIVERED');
    expect(await rig.hub.offer({ ...send, text: 'other words' })).toEqual({ id: 'once', accepted: true });
    await rig.kill();
    await rig.run();
    expect(await rig.hub.offer(send)).toEqual({ id: 'once', accepted: true });
    await rig.hub.send({ id: 'later', to, text: 'a later one' });
    await rig.hub.waitForStatus('later', 'DELIVERED');
    expect(await textsTo(to)).toEqual(['once', 'a later one']);
  });

  test('a send that came too late is not begun', async () => {
    const calls = await countCalls();
    await rig.hub.send({ id: 'too late', to: newNumber(), expires_at: Date.now() - 1 });
    await rig.hub.waitForStatus('too late', 'FAILED');
    expect(rig.hub.statusEntriesOf('too late')[0]?.error?.code).toBe('device_offline_expired');
    expect(await countCalls()).toBe(calls);
  });

  test('what cannot be understood, or goes by another channel, is refused and not sent', async () => {
    const to = newNumber();
    const good = { ...WIRE, id: 'x', to, text: 'x', expires_at: Date.now() + 60_000 };
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
    for (const noise of [null, 7, 'text', [], {}, { id: 7 }])
      void rig.hub.offer(noise).catch(() => undefined);
    await rig.hub.send({ id: 'fine', to, text: 'fine' });
    await rig.hub.waitForStatus('fine', 'DELIVERED');
    expect(await textsTo(to)).toEqual(['fine']);
  });
});

test("a message's words and numbers are in no log, and its inputs are readable by their owner alone", async () => {
  await rig.bridge!.end('SIGTERM');
  const quiet = rig.runAlone({ LOG_LEVEL: 'info' });
  await quiet.waitForLog('connected to the hub');
  const [refused, sent] = [newNumber(), newNumber()];
  await rig.mac.behave(refused, 'no-such-object');
  await rig.hub.send({ id: 'refused', to: refused, text: 'do not log me' });
  await rig.hub.waitForStatus('refused', 'FAILED');
  await rig.hub.send({ id: 'told', to: sent, text: 'do not log me' });
  await rig.hub.waitForStatus('told', 'DELIVERED');
  await rig.mac.receive({ from: sent, text: 'do not log me' });
  await waitFor('the answer', () => rig.hub.messages.length === 1);
  const log = quiet.lines.join('\n');
  expect(log).toContain('told');
  for (const secret of ['do not log me', refused.slice(1), sent.slice(1), rig.hub.token, 'theAddress']) {
    expect(log).not.toContain(secret);
  }
  expect(statSync(join(rig.home, 'outgoing')).mode & 0o777).toBe(0o700);
  expect(statSync(rig.home).mode & 0o777).toBe(0o700);
  expect(statSync(join(rig.home, 'identity.json')).mode & 0o777).toBe(0o600);
});
