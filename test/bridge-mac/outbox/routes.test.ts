import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../kit/wait.ts';
import { BridgeRig } from '../kit/bridge-rig.ts';

let rig: BridgeRig;
beforeAll(async () => {
  rig = await BridgeRig.prepare({ env: { BRIDGE_SEND_DEADLINE: '15s', BRIDGE_OSASCRIPT_TIMEOUT: '2s' } });
  rig.hub.settings = { ...rig.hub.settings, extra_events: ['group'] };
  rig.writePairing();
  await rig.run();
});
/** Lets a message arrive, and waits until Messages has it in its chat. */
async function receive(message: Parameters<typeof rig.mac.receive>[0]): Promise<void> {
  const { guid } = await rig.mac.receive(message);
  await waitFor('the message', () => rig.hub.messages.some((entry) => entry.guid === guid), 10_000);
}
afterAll(() => rig[Symbol.asyncDispose]());

let numbers = 0;
function newNumber(): string {
  numbers += 1;
  return `+1214557${String(numbers).padStart(4, '0')}`;
}

async function sentTo(recipient: string): Promise<[text: string, service: string][]> {
  const records = (await rig.mac.sent()).filter((record) => record.recipient === recipient);
  return records.map(({ text, service }) => [text, service]);
}

async function countCalls(): Promise<number> {
  return (await rig.mac.calls()).length;
}

describe('a group', () => {
  test('that exists is written to by its chat, and SENT is told', async () => {
    const chat = 'chat800000000000000001';
    const [from, other] = [newNumber(), newNumber()];
    await receive({ from, members: [other], chat, text: 'hello all' });
    await rig.hub.send({ id: 'group', to: chat, to_group: true, text: 'hello group', fallbacks: ['sms'] });
    await rig.hub.waitForStatus('group', 'SENT', 20_000);
    expect(await sentTo(chat)).toEqual([['hello group', 'iMessage']]);
    expect(await sentTo(from)).toEqual([]);
  });

  test('that is not known, or is not loaded, fails as such, and nothing is sent to anybody', async () => {
    const calls = await countCalls();
    await rig.hub.send({ id: 'no group', to: 'chat899999999999999999', to_group: true, fallbacks: ['sms'] });
    await rig.hub.waitForStatus('no group', 'FAILED', 20_000);
    expect(rig.hub.statusEntriesOf('no group')[0]?.error?.code).toBe('group_unavailable');
    expect(await countCalls()).toBe(calls);

    const chat = 'chat800000000000000002';
    await receive({ from: newNumber(), members: [newNumber()], chat, text: 'hi' });
    await rig.mac.happen({ happening: 'forget-chats' });
    await rig.hub.send({ id: 'unloaded', to: chat, to_group: true });
    await rig.hub.waitForStatus('unloaded', 'FAILED', 20_000);
    expect(rig.hub.statusEntriesOf('unloaded')[0]?.error).toMatchObject({
      code: 'group_unavailable',
      message: expect.stringContaining('-1728'),
    });
    expect(await sentTo(chat)).toEqual([]);
  });

  test('that swallows what is sent to it, leaving a ghost row, is never SENT', async () => {
    const chat = 'chat800000000000000003';
    await receive({ from: newNumber(), members: [newNumber()], chat, text: 'hi' });
    await rig.mac.behave(chat, 'ghost-row', 1);
    await rig.hub.send({ id: 'swallowed', to: chat, to_group: true, text: 'swallowed' });
    await rig.hub.send({ id: 'after it', to: chat, to_group: true, text: 'after it' });
    await rig.hub.waitForStatus('swallowed', 'FAILED', 20_000);
    expect(rig.hub.statusEntriesOf('swallowed')).toMatchObject([
      {
        status: 'FAILED',
        error: { code: 'group_unavailable', message: expect.stringContaining('swallowed') },
      },
    ]);
    await rig.hub.waitForStatus('after it', 'SENT', 20_000);
    expect(await sentTo(chat)).toEqual([['after it', 'iMessage']]);
  });
});

describe('RCS', () => {
  test('goes by an existing RCS chat, and by nothing else', async () => {
    const [known, unknown] = [newNumber(), newNumber()];
    await receive({ from: known, text: 'by rcs', service: 'RCS' });
    await rig.hub.send({ id: 'rcs', to: known, channel: 'rcs', text: 'answer' });
    await rig.hub.waitForStatus('rcs', 'SENT', 20_000);
    expect(rig.hub.statusEntriesOf('rcs')[0]).toMatchObject({ channel: 'rcs' });
    expect(await sentTo(known)).toEqual([['answer', 'RCS']]);

    const calls = await countCalls();
    await rig.hub.send({ id: 'no rcs', to: unknown, channel: 'rcs' });
    await rig.hub.waitForStatus('no rcs', 'FAILED', 20_000);
    expect(rig.hub.statusEntriesOf('no rcs')[0]?.error?.code).toBe('channel_unavailable');
    expect(await countCalls()).toBe(calls);
  });
});

describe('a recipient who is not reachable', () => {
  test('by iMessage gets the message by SMS, once, and the statuses name that', async () => {
    const to = newNumber();
    await rig.mac.behave(to, 'not-on-imessage');
    await rig.hub.send({ id: 'falls back', to, text: 'by any way', fallbacks: ['sms'] });
    await rig.hub.waitForStatus('falls back', 'SENT', 20_000);
    expect(rig.hub.statusEntriesOf('falls back')).toMatchObject([{ status: 'SENT', channel: 'sms' }]);
    expect(await sentTo(to)).toEqual([['by any way', 'SMS']]);
  });

  test('by RCS is reached by the next channel at once, and by the one after that', async () => {
    const to = newNumber();
    await rig.mac.behave(to, 'not-on-imessage');
    await rig.hub.send({ id: 'two steps', to, channel: 'rcs', text: 'hi', fallbacks: ['imessage', 'sms'] });
    await rig.hub.waitForStatus('two steps', 'SENT', 20_000);
    expect(await sentTo(to)).toEqual([['hi', 'SMS']]);
  });

  test('by any channel ends with why the last one failed', async () => {
    const to = newNumber();
    await rig.mac.behave(to, 'sent-error-22');
    await rig.hub.send({ id: 'none', to, fallbacks: ['sms'] });
    await rig.hub.waitForStatus('none', 'FAILED', 20_000);
    expect(rig.hub.statusEntriesOf('none')).toMatchObject([
      { status: 'FAILED', channel: 'sms', error: { code: 'not_on_imessage' } },
    ]);
    expect(await sentTo(to)).toEqual([]);
  });

  test('gets every part of a message by the next channel, in order', async () => {
    const to = newNumber();
    await rig.mac.behave(to, 'not-on-imessage');
    const attachments = [rig.hub.files.add('picture', 'picture.jpg', 'image/jpeg')];
    await rig.hub.send({ id: 'parts', to, text: 'and a text', attachments, fallbacks: ['sms'] });
    await rig.hub.send({ id: 'behind', to, text: 'behind', fallbacks: ['sms'] });
    await rig.hub.waitForStatus('behind', 'SENT', 20_000);
    await rig.hub.waitForStatus('parts', 'SENT', 20_000);
    expect(rig.hub.statusesOf('parts')).toEqual(['SENT']);
    expect((await sentTo(to)).map(([, service]) => service)).toEqual(['SMS', 'SMS', 'SMS']);
    expect((await sentTo(to)).map(([text]) => text).slice(0, 2)).toEqual(['', 'and a text']);
  });

  test('is not sent to twice however often the bridge is killed on the way', async () => {
    await using own = await BridgeRig.start();
    const to = '+12145550101';
    await own.mac.behave(to, 'not-on-imessage');
    for (const id of ['a', 'b', 'c']) await own.hub.send({ id, to, text: id, fallbacks: ['sms'] });
    for (let kills = 0; kills < 4; kills += 1) {
      const before = (await own.mac.calls()).length;
      await waitFor(
        'a call',
        async () => (await own.mac.calls()).length > before || own.hub.statusesOf('c').length,
      );
      await own.kill();
      own.runAlone();
    }
    for (const id of ['a', 'b', 'c']) await own.hub.waitForStatus(id, 'SENT', 20_000);
    expect((await own.mac.sent()).map(({ text, service }) => [text, service])).toEqual([
      ['a', 'SMS'],
      ['b', 'SMS'],
      ['c', 'SMS'],
    ]);
    for (const id of ['a', 'b', 'c']) expect(own.hub.statusesOf(id)).toEqual(['SENT']);
  });
});

describe('the way of addressing one person', () => {
  test('is remembered once it worked', async () => {
    const to = newNumber();
    await rig.mac.behave(to, 'no-such-object', 1);
    await rig.hub.send({ id: 'first', to, text: 'first' });
    await rig.hub.waitForStatus('first', 'DELIVERED', 20_000);
    const calls = await countCalls();
    await rig.hub.send({ id: 'second', to, text: 'second' });
    await rig.hub.waitForStatus('second', 'DELIVERED', 20_000);
    expect((await rig.mac.calls()).slice(calls)).toHaveLength(1);
  });

  test('may be the chat first, by setting: one with just that person on that service that holds messages', async () => {
    await using own = await BridgeRig.start({ env: { BRIDGE_SEND_ROUTES: 'chat,participant' } });
    const [known, stranger, shell] = ['+12145550101', '+12145550102', '+12145550103'];
    await own.mac.receive({ from: known, text: 'hi' });
    await own.mac.happen({ happening: 'shell-chats', with: shell });
    await waitFor('the message', () => own.hub.messages.length === 1);
    for (const to of [known, stranger, shell]) await own.hub.send({ id: to, to, text: 'hello' });
    for (const id of [known, stranger, shell]) await own.hub.waitForStatus(id, 'DELIVERED', 20_000);
    expect(await own.mac.calls()).toHaveLength(3);
    await own.mac.happen({ happening: 'forget-chats' });
    await own.hub.send({ id: 'unloaded', to: known, text: 'unloaded' });
    await own.hub.waitForStatus('unloaded', 'DELIVERED', 20_000);
    expect(await own.mac.calls()).toHaveLength(5);
  });
});
