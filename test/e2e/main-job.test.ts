import { describe, expect, test } from 'vitest';
import type { MessageEvent } from '../../shared/api/webhook-events.ts';
import { System } from '../kit/system.ts';
import { waitFor } from '../kit/wait.ts';

const ANNA = '+12145550101';
const BERT = '+12145550102';

function messagesAt(system: System): MessageEvent[] {
  return system.receiver.events.filter((event) => event.type === 'MESSAGE');
}

describe('a message out', () => {
  test('leaves through Messages once, and SENT then DELIVERED reach the signed webhook', async () => {
    await using system = await System.start();
    const id = await system.send('msg_001', ANNA, 'Hello “Anna” — 你好 👩‍👩‍👧\n\tend \\ "quoted" ');
    await waitFor('DELIVERED', () => system.receiver.statusesOf('msg_001').includes('DELIVERED'));

    expect(system.receiver.statusesOf('msg_001')).toEqual(['SENT', 'DELIVERED']);
    expect(system.receiver.events[0]).toMatchObject({
      type: 'STATUS-UPDATE',
      location_id: system.locationId,
      message_id: 'msg_001',
      user_id: 'u1',
      phone: ANNA,
      channel: 'imessage',
    });
    system.receiver.verifyAll(system.signingSecret);
    for (const call of system.receiver.calls) expect(call.headers['x-crm']).toBe('crm-header-value');

    const sent = await system.mac.sent();
    expect(sent.map(({ recipient, text }) => ({ recipient, text }))).toEqual([
      { recipient: ANNA, text: 'Hello “Anna” — 你好 👩‍👩‍👧\n\tend \\ "quoted" ' },
    ]);
    const timeline = await system.hub.api<{ status: string; events: { status: string }[] }>(
      'GET',
      `/api/messages/${id}`,
    );
    expect(timeline.body.status).toBe('DELIVERED');
    expect(timeline.body.events.map((event) => event.status)).toEqual([
      'QUEUED',
      'OFFERED',
      'DISPATCHED',
      'SENT',
      'DELIVERED',
    ]);
  });

  test('to someone who is not on iMessage ends in FAILED with the reason', async () => {
    await using system = await System.start();
    await system.mac.behave(ANNA, 'not-on-imessage');
    await system.send('msg_002', ANNA);
    await waitFor('FAILED', () => system.receiver.statusesOf('msg_002').includes('FAILED'));
    expect(system.receiver.events.at(-1)).toMatchObject({
      status: 'FAILED',
      error: { code: 'not_on_imessage' },
    });
  });

  test('by SMS ends with SENT', async () => {
    await using system = await System.start();
    await system.send('msg_003', ANNA, 'by text', 'sms');
    await waitFor('SENT', () => system.receiver.statusesOf('msg_003').includes('SENT'));
    expect(system.receiver.events.at(-1)).toMatchObject({ status: 'SENT', channel: 'sms' });
    expect(await system.mac.sent()).toMatchObject([{ recipient: ANNA, service: 'SMS' }]);
  });

  test('with the same words as the one before is told apart from it', async () => {
    await using system = await System.start();
    await Promise.all(['a', 'b', 'c'].map((id) => system.send(id, ANNA, 'the same words')));
    for (const id of ['a', 'b', 'c']) {
      await waitFor(`DELIVERED of ${id}`, () => system.receiver.statusesOf(id).includes('DELIVERED'));
    }
    expect(await system.mac.sent()).toHaveLength(3);
  });

  test('that hangs in osascript holds up no other conversation', async () => {
    await using system = await System.start({
      bridgeEnv: { BRIDGE_OSASCRIPT_TIMEOUT: '2s', BRIDGE_SEND_DEADLINE: '5s' },
    });
    await system.mac.behave(ANNA, 'hangs');
    await system.send('stuck', ANNA);
    await system.send('free', BERT);
    await waitFor('DELIVERED', () => system.receiver.statusesOf('free').includes('DELIVERED'));
    await waitFor('FAILED', () => system.receiver.statusesOf('stuck').includes('FAILED'));
    expect(system.receiver.events.find((event) => 'error' in event)).toMatchObject({
      error: { code: 'send_timeout_unknown' },
    });
  });
});

describe('a message in', () => {
  test('reaches the webhook of the workspace that holds the device', async () => {
    await using system = await System.start();
    await system.mac.receive({ from: ANNA, text: 'Hi there 👋' });
    await waitFor('the message', () => messagesAt(system).length > 0);
    expect(messagesAt(system)).toMatchObject([
      {
        location_id: system.locationId,
        phone: ANNA,
        message: 'Hi there 👋',
        isMe: false,
        attachments: [],
        channel: 'imessage',
        device_id: system.deviceId,
      },
    ]);
    system.receiver.verifyAll(system.signingSecret);
  });

  test('to several workspaces’ Mac goes to the one that talked with the sender last', async () => {
    await using system = await System.start();
    const other = await system.hub.api('POST', '/api/workspaces', {
      name: 'Other',
      url: system.receiver.url,
    });
    const base = `/api/workspaces/${other.body.location_id}`;
    await system.hub.api('PUT', `${base}/devices`, { devices: [{ device_id: system.deviceId }] });
    await system.hub.api('PUT', `${base}/connection`, { connected: true });
    const answer = await system.hub.send({
      location_id: other.body.location_id,
      user_id: 'u2',
      phone: BERT,
      message: 'from the other',
      message_id: 'o1',
      channel: 'imessage',
    });
    expect(answer.status).toBe(200);
    await waitFor('DELIVERED', () => system.receiver.statusesOf('o1').includes('DELIVERED'));
    await system.mac.receive({ from: BERT, text: 'answer' });
    await waitFor('the message', () => messagesAt(system).length > 0);
    expect(messagesAt(system).map((event) => event.location_id)).toEqual([other.body.location_id]);
  });

  test('of a group reaches nobody’s one-to-one conversation', async () => {
    await using system = await System.start();
    await system.mac.receive({ from: ANNA, text: 'to all of you', chat: 'chat100200300' });
    await system.mac.receive({ from: ANNA, text: 'to you alone' });
    await waitFor('the private message', () => messagesAt(system).length > 0);
    expect(messagesAt(system).map((event) => event.message)).toEqual(['to you alone']);
  });
});
