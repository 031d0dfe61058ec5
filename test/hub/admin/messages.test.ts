import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { messageEntry, statusEntry, TestDevice } from '../kit/test-device.ts';
import { type Loose, TestHub } from '../kit/test-hub.ts';

let hub: TestHub;
let receiver: Receiver;
let mac: { id: string; token: string };
let workspace: string;
beforeAll(async () => {
  hub = await TestHub.start();
  receiver = await Receiver.start();
  mac = await hub.pairMac();
  workspace = (await hub.join(mac.id, { url: receiver.url })).id;
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

async function accept(messageId: string, changes: Record<string, unknown> = {}): Promise<string> {
  const { body } = await hub.send(workspace, messageId, changes);
  return String(body.id);
}

async function read(id: string): Promise<Loose> {
  return (await hub.api('GET', `/api/messages/${id}`)).body;
}

/** A message that the device refused. */
async function failed(messageId: string, changes: Record<string, unknown> = {}): Promise<string> {
  using device = await TestDevice.online(hub.url, mac.token);
  device.answer = ({ id }) => ({ id, accepted: false, error: { code: 'rejected', message: 'No.' } });
  const id = await accept(messageId, changes);
  await waitFor('the refusal', async () => String((await read(id)).status) === 'FAILED');
  return id;
}

describe('the list', () => {
  async function idsOf(query: string): Promise<string[]> {
    const { body } = await hub.api('GET', `/api/messages?phone=%2B12145550120&${query}`);
    return (body.items as unknown as { id: string }[]).map(({ id }) => id);
  }

  test('is asked for one status, or for several', async () => {
    const phone = '+12145550120';
    const gone = await failed('listed-1', { phone });
    const queued = await accept('listed-2', { phone });
    expect(await idsOf('status=FAILED')).toEqual([gone]);
    expect(await idsOf('status=QUEUED')).toEqual([queued]);
    expect(await idsOf('status=FAILED,QUEUED')).toEqual([queued, gone]);
    expect(await idsOf('status=SENT,DELIVERED,READ')).toEqual([]);
    for (const status of ['GONE', 'SENT,GONE', 'SENT,', ',SENT', 'SENT READ', 'sent']) {
      const { status: code, body } = await hub.api('GET', `/api/messages?status=${status}`);
      expect([code, body.code, body.details?.[0]?.field]).toEqual([400, 'invalid_field', 'status']);
    }
    const refused = await hub.api('GET', '/api/messages?from_me=1');
    expect([refused.body.code, refused.body.details?.[0]?.field]).toEqual(['invalid_field', 'from_me']);
  });

  test('is asked for echoes alone, or for what is none', async () => {
    const echoing = await hub.join(mac.id, { url: receiver.url, extra_events: ['echo'] });
    await hub.send(echoing.id, 'before-the-echo', { phone: '+12145550121' });
    using device = await TestDevice.online(hub.url, mac.token);
    await waitFor('the send', () => device.sends.some(({ to }) => to === '+12145550121'));
    const typed = messageEntry('typed-1', 'typed', 'me@example.com');
    await device.report({ ...typed, from_me: true, to: '+12145550121' } as typeof typed);
    await device.report(messageEntry('received-1', 'received', '+12145550121'));
    const textsOf = async (query: string): Promise<string[]> => {
      const { body } = await hub.api('GET', `/api/messages?workspace=${echoing.id}&direction=in&${query}`);
      return (body.items as unknown as { message: string }[]).map(({ message }) => message);
    };
    expect(await textsOf('status=RECEIVED')).toEqual(['received', 'typed']);
    expect(await textsOf('status=RECEIVED&from_me=false')).toEqual(['received']);
    expect(await textsOf('from_me=true')).toEqual(['typed']);
  });
});

describe('cancel', () => {
  test('ends a queued message, tells its client, and says so when repeated', async () => {
    const id = await accept('cancel-1');
    const canceled = await hub.api('POST', `/api/messages/${id}/cancel`);
    expect(canceled.status).toBe(200);
    expect(canceled.body).toMatchObject({ id, status: 'FAILED', error: { code: 'canceled' } });
    await waitFor('the event', () => receiver.statusesOf('cancel-1').length > 0);
    expect(receiver.statusesOf('cancel-1')).toEqual(['FAILED']);
    const again = await hub.api('POST', `/api/messages/${id}/cancel`);
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({ code: 'conflict', details: [{ field: 'status' }] });
    expect(String(again.body.error)).toContain('FAILED already');
    using device = await TestDevice.online(hub.url, mac.token);
    const next = await accept('cancel-2');
    await waitFor('the next message', () => device.sends.length > 0);
    expect(device.sends.map((send) => send.id)).toEqual([next]);
  });

  test('comes too late for what a device was offered or took, and knows no other message', async () => {
    using device = await TestDevice.online(hub.url, mac.token);
    device.answer = () => undefined;
    const offered = await accept('late-1');
    await waitFor('the offer', () => device.sends.length > 0);
    const refused = await hub.api('POST', `/api/messages/${offered}/cancel`);
    expect([refused.status, refused.body.code]).toEqual([409, 'conflict']);
    expect(String(refused.body.error)).toContain('offered to its device');
    await device.report(messageEntry('late-in', 'Hi'));
    const { body } = await hub.api('GET', `/api/messages?workspace=${workspace}&direction=in`);
    const inbound = String(body.items?.[0]?.id);
    expect((await hub.api('POST', `/api/messages/${inbound}/cancel`)).status).toBe(409);
    expect((await hub.api('POST', '/api/messages/nothing/cancel')).body.code).toBe('not_found');
  });
});

describe('resend', () => {
  test('makes a new message of a failed one; each tells of the other', async () => {
    const id = await failed('again-1', { phone: '+12145550111' });
    const { status, body } = await hub.api('POST', `/api/messages/${id}/resend`);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      message_id: 'again-1~2',
      message: 'text of again-1',
      phone: '+12145550111',
      resend_of: id,
      status: 'QUEUED',
    });
    expect(JSON.stringify((await read(id)).events)).toContain(String(body.id));
    expect(JSON.stringify((await read(String(body.id))).events)).toContain(id);
    using device = await TestDevice.online(hub.url, mac.token);
    await waitFor('the send', () => device.sends.some((send) => send.id === String(body.id)));
    await waitFor('it is taken', async () => String((await read(String(body.id))).status) === 'DISPATCHED');
    await device.report(statusEntry(String(body.id), 'SENT'));
    await waitFor('the event', () => receiver.statusesOf('again-1~2').length > 0);
    expect(receiver.statusesOf('again-1')).toEqual(['FAILED']);
    const twice = await hub.api('POST', `/api/messages/${id}/resend`, { force: true });
    expect(twice.status).toBe(409);
    expect(String(twice.body.error)).toContain(String(body.id));
  });

  test('of what may have gone out needs force, and says why', async () => {
    const id = await failed('parts-1', { phone: '+12145550112' });
    using device = await TestDevice.online(hub.url, mac.token);
    await device.report(statusEntry(id, 'DELIVERED'));
    const refused = await hub.api('POST', `/api/messages/${id}/resend`, {});
    expect(refused.status).toBe(409);
    expect(refused.body.details?.[0]?.field).toBe('force');
    expect(String(refused.body.error)).toContain('"force":true');
    expect((await hub.api('POST', `/api/messages/${id}/resend`, { force: true })).status).toBe(201);
  });

  test('is answered like a message of a client where nothing can carry it', async () => {
    const id = await failed('nowhere-1', { phone: '+12145550113' });
    const refusal = async () => {
      const { status, body } = await hub.api('POST', `/api/messages/${id}/resend`);
      return [status, String(body.code)];
    };
    await hub.api('PUT', `/api/workspaces/${workspace}/connection`, { connected: false });
    expect(await refusal()).toEqual([400, 'workspace_not_connected']);
    await hub.api('PUT', `/api/workspaces/${workspace}/connection`, { connected: true });
    await hub.api('PUT', `/api/workspaces/${workspace}/devices`, { devices: [] });
    expect(await refusal()).toEqual([400, 'channel_not_assigned']);
    await hub.api('PUT', `/api/workspaces/${workspace}/devices`, { devices: [{ device_id: mac.id }] });
    {
      using device = await TestDevice.online(hub.url, mac.token);
      await device.report(messageEntry('stop-113', 'STOP', '+12145550113'));
    }
    expect(await refusal()).toEqual([400, 'opted_out']);
    const queued = await accept('waiting-1', { phone: '+12145550114' });
    const early = await hub.api('POST', `/api/messages/${queued}/resend`);
    expect([early.status, early.body.code]).toEqual([409, 'conflict']);
    expect((await hub.api('POST', '/api/messages/nothing/resend')).status).toBe(404);
    await hub.api('POST', `/api/messages/${queued}/cancel`);
  });
});

describe('reading messages', () => {
  test('a message tells of its webhook events and their attempts', async () => {
    using device = await TestDevice.online(hub.url, mac.token);
    receiver.answer = ({ event }) => ('message_id' in event && event.message_id === 'told-1' ? 500 : 200);
    const id = await accept('told-1', { phone: '+12145550115' });
    await waitFor('it is taken', async () => String((await read(id)).status) === 'DISPATCHED');
    await device.report(statusEntry(id, 'SENT'));
    const told = await waitFor('the attempt', async () => {
      const { deliveries } = await read(id);
      return deliveries?.[0]?.attempt_log?.[0] ? deliveries : undefined;
    });
    receiver.answer = () => 200;
    expect(told).toMatchObject([
      {
        type: 'STATUS-UPDATE',
        message: id,
        status: 'pending',
        payload: { status: 'SENT', message_id: 'told-1' },
        attempt_log: [{ attempt: 1, http_status: 500, at: expect.stringMatching(/^\d{4}-/) }],
      },
    ]);
    const byMessage = await hub.api('GET', `/api/deliveries?message=${id}`);
    expect(byMessage.body.items).toHaveLength(1);
    const one = await hub.api('GET', `/api/deliveries/${byMessage.body.items?.[0]?.id}`);
    expect(one.body.payload).toMatchObject({ status: 'SENT' });
    const ofType = await hub.api('GET', `/api/deliveries?workspace=${workspace}&type=MESSAGE&status=pending`);
    expect(ofType.body.items).toEqual([]);
  });

  test('a list finds one message by its client’s own id, in the workspace that is named', async () => {
    const id = await accept('own-1', { phone: '+12145550116' });
    await accept('own-10', { phone: '+12145550116' });
    const found = await hub.api('GET', `/api/messages?workspace=${workspace}&message_id=own-1`);
    expect(found.body).toMatchObject({ items: [{ id, message_id: 'own-1' }], next_cursor: null });
    expect(found.body.items).toHaveLength(1);
    const refused = await hub.api('GET', '/api/messages?message_id=own-1');
    expect([refused.status, refused.body.details?.[0]?.field]).toEqual([400, 'workspace']);
  });

  test('lists take a span of time, and refuse what is none', async () => {
    const { body } = await hub.api('GET', '/api/messages?limit=200');
    const times = (body.items as unknown as { created_at: string }[]).map(({ created_at }) => created_at);
    const middle = times[Math.floor(times.length / 2)]!;
    const since = await hub.api('GET', `/api/messages?limit=200&since=${middle}`);
    const until = await hub.api('GET', `/api/messages?limit=200&until=${middle}`);
    const lengthOf = (list: Loose) => (list.items as unknown as unknown[]).length;
    expect(lengthOf(since.body)).toBe(times.filter((time) => time >= middle).length);
    expect(lengthOf(until.body)).toBe(times.filter((time) => time < middle).length);
    for (const since of ['yesterday', '1763823845', '2026-11-22', '']) {
      const refused = await hub.api('GET', `/api/messages?since=${since}`);
      expect([refused.status, refused.body.details?.[0]?.field]).toEqual([400, 'since']);
    }
  });
});
