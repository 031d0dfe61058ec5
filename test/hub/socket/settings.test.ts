import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Settings } from '../../../shared/wire/settings.ts';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { messageEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await TestHub.start();
});
afterAll(() => hub[Symbol.asyncDispose]());

const UNPACED = { per_minute: null, gap_ms: 0, jitter_ms: 0 };

function keepSettings(device: TestDevice): Settings[] {
  const told: Settings[] = [];
  device.socket.on('settings', (settings) => void told.push(settings));
  return told;
}

describe('the settings of a device', () => {
  test('come with the welcome, and again whenever pace, workspaces, assignments or connections change them', async () => {
    const mac = await hub.pairMac();
    const { id } = await hub.join(mac.id, { extra_events: ['echo'] });
    using device = await TestDevice.online(hub.url, mac.token);
    expect(device.welcome?.settings).toEqual({ pace: UNPACED, extra_events: ['echo'] });
    const told = keepSettings(device);
    const next = async (extra_events: string[], pace: unknown = UNPACED) => {
      const settings = await waitFor('new settings', () => told.shift());
      expect(settings).toEqual({ pace, extra_events });
    };
    await hub.api('PATCH', `/api/workspaces/${id}`, { extra_events: ['read', 'echo', 'read'] });
    await next(['echo', 'read']);
    await hub.api('PUT', `/api/workspaces/${id}/connection`, { connected: false });
    await next([]);
    await hub.api('PUT', `/api/workspaces/${id}/connection`, { connected: true });
    await next(['echo', 'read']);
    const other = await hub.join(mac.id, { extra_events: ['group'] });
    await next(['echo', 'read', 'group']);
    await hub.api('PUT', `/api/workspaces/${id}/devices`, { devices: [] });
    await next(['group']);
    await hub.api('DELETE', `/api/workspaces/${other.id}`);
    await next([]);
    const patched = await hub.api('PATCH', `/api/devices/${mac.id}`, { pace: { per_minute: 12 } });
    expect(patched.body.pace).toEqual({ per_minute: 12, gap_ms: 0, jitter_ms: 0 });
    await next([], { per_minute: 12, gap_ms: 0, jitter_ms: 0 });
    await hub.api('PATCH', `/api/devices/${mac.id}`, { name: 'Same pace' });
    await hub.api('PATCH', `/api/devices/${mac.id}`, { pace: null });
    await next([], UNPACED);
    expect(told).toEqual([]);
    using again = await TestDevice.online(hub.url, mac.token);
    expect(again.welcome?.settings).toEqual({ pace: UNPACED, extra_events: [] });
  });

  test.each([
    { per_minute: 0 },
    { per_minute: 601 },
    { per_minute: 1.5 },
    { gap_ms: -1 },
    { jitter_ms: 3_600_001 },
    { gap_ms: 'x' },
    7,
  ])('%j is no pace', async (pace) => {
    const { id } = await hub.pairMac();
    const { status, body } = await hub.api('PATCH', `/api/devices/${id}`, { pace });
    expect([status, body.code]).toEqual([400, 'invalid_field']);
  });
});

describe('a device that found out that it cannot send', () => {
  const finding = {
    check: 'automation',
    ok: false,
    message: 'Automation is not granted.',
    remedy: 'Grant it.',
    blocks_sending: true,
  };
  const healthOf = (findings: (typeof finding)[]) => ({ findings, open_sends: 0, unacked_entries: 0 });

  async function waitingFor(id: unknown): Promise<unknown> {
    return (await hub.api('GET', `/api/messages/${id}`)).body.waiting_for;
  }

  async function statusBecomes(id: string, status: string): Promise<void> {
    await waitFor(
      status,
      async () => String((await hub.api('GET', `/api/devices/${id}`)).body.status) === status,
    );
  }

  test('is given nothing, keeps receiving, and goes on by itself; the message tells what it waits for', async () => {
    await using receiver = await Receiver.start();
    const mac = await hub.pairMac('Mini');
    const { id } = await hub.join(mac.id, { url: receiver.url });
    using device = await TestDevice.online(hub.url, mac.token);
    device.socket.emit('health', healthOf([finding]));
    await statusBecomes(mac.id, 'blocked');
    const { body } = await hub.send(id, 'm1');
    await waitFor('the reason', async () => (await waitingFor(body.id)) !== null);
    expect(await waitingFor(body.id)).toEqual({
      code: 'device_blocked',
      message: 'Mini cannot send: Automation is not granted.',
    });
    await device.report(messageEntry('g1', 'Hi', '+12145550111'));
    await waitFor('the incoming message', () => receiver.events.length === 1);
    expect(device.sends).toEqual([]);
    expect((await hub.api('GET', `/api/messages/${body.id}`)).body.status).toBe('QUEUED');
    device.socket.emit('health', healthOf([]));
    await waitFor('the message', () => device.sends.length === 1);
    await statusBecomes(mac.id, 'online');
    await waitFor('its answer', async () => (await waitingFor(body.id)) === null);
  });

  test('gives what it was not offered to another device, and is passed over for new conversations', async () => {
    const [first, second] = [await hub.pairMac('First'), await hub.pairMac('Second')];
    const { id } = await hub.join(first.id);
    using blocked = await TestDevice.online(hub.url, first.token);
    blocked.answer = () => undefined;
    await hub.send(id, 'offered');
    await waitFor('the offer', () => blocked.sends.length === 1);
    // Behind an unanswered offer of its conversation: routed to the device, and not offered.
    const { body: behind } = await hub.send(id, 'behind');
    blocked.socket.emit('health', healthOf([finding]));
    await statusBecomes(first.id, 'blocked');
    await hub.api('PUT', `/api/workspaces/${id}/devices`, {
      devices: [{ device_id: first.id }, { device_id: second.id }],
    });
    using able = await TestDevice.online(hub.url, second.token);
    await waitFor('the taken back', () => able.sends.length === 1);
    expect(able.sends[0]?.id).toBe(behind.id);
    for (let n = 0; n < 8; n += 1) await hub.send(id, `new${n}`, { phone: `+1214555020${n}` });
    await waitFor('all new ones', () => able.sends.length === 9);
    expect(blocked.sends).toHaveLength(1);
  });

  test('may say so without end: only the latest of what waits is recorded', async () => {
    const mac = await hub.pairMac('Chatty');
    using device = await TestDevice.online(hub.url, mac.token);
    const { length } = hub.logLines;
    for (let n = 0; n < 2_000; n += 1) device.socket.emit('health', healthOf(n % 2 === 0 ? [finding] : []));
    device.socket.emit('health', healthOf([{ ...finding, message: 'the last' }]));
    await waitFor('the last', async () => {
      const { body } = await hub.api('GET', '/api/devices');
      const { findings } = (body.items as unknown as { id: string; findings: { message: string }[] }[]).find(
        ({ id }) => id === mac.id,
      ) ?? { findings: [] };
      return findings[0]?.message === 'the last';
    });
    const turns = hub.logLines.slice(length).filter(({ blocked }) => blocked !== undefined);
    expect(turns.length).toBeGreaterThan(0);
    expect(turns.length).toBeLessThan(1_000);
  });

  test('other reasons to wait are told apart', async () => {
    const mac = await hub.pairMac('Solo');
    const { id } = await hub.join(mac.id);
    const { body } = await hub.send(id, 'm1');
    expect(await waitingFor(body.id)).toEqual({ code: 'device_offline', message: 'Solo is not connected.' });
    await hub.api('POST', `/api/devices/${mac.id}/pause`);
    using device = await TestDevice.online(hub.url, mac.token);
    expect(await waitingFor(body.id)).toEqual({ code: 'device_paused', message: 'Solo is paused.' });
    await hub.api('PUT', `/api/workspaces/${id}/devices`, { devices: [] });
    expect(await waitingFor(body.id)).toMatchObject({ code: 'no_device' });
    await hub.api('PUT', `/api/workspaces/${id}/connection`, { connected: false });
    expect(await waitingFor(body.id)).toMatchObject({ code: 'workspace_not_connected' });
    expect(device.sends).toEqual([]);
  });
});

describe('a group', () => {
  test('is answered by its id, on its channel, through its device, and waits for that one', async () => {
    await using receiver = await Receiver.start();
    const [mac, other] = [await hub.pairMac('In the group'), await hub.pairMac('Not in it')];
    const { id } = await hub.join(mac.id, { url: receiver.url, extra_events: ['group'] });
    await hub.api('PUT', `/api/workspaces/${id}/devices`, {
      devices: [{ device_id: mac.id }, { device_id: other.id }],
    });
    using outside = await TestDevice.online(hub.url, other.token);
    const device = await TestDevice.online(hub.url, mac.token);
    const group = { id: 'chat1', name: 'Team', participants: ['+12145550100'] };
    await device.report({ ...messageEntry('g1', 'Hi all'), group } as ReturnType<typeof messageEntry>);
    const event = await waitFor('the event', () => receiver.events[0]);
    const phone = event.type === 'MESSAGE' ? event.group?.id : undefined;
    device.socket.disconnect();
    const { status, body } = await hub.send(id, 'm1', { phone, channel: 'iMessage' });
    expect(status).toBe(200);
    await waitFor('the reason', async () => {
      const { body: message } = await hub.api('GET', `/api/messages/${body.id}`);
      return message.waiting_for && (message.waiting_for.code as unknown) === 'device_offline';
    });
    expect(outside.sends).toEqual([]);
    using back = await TestDevice.online(hub.url, mac.token);
    const send = await waitFor('the send', () => back.sends[0]);
    expect(send).toMatchObject({ id: body.id, to: 'chat1', to_group: true, text: 'text of m1' });
    await back.report({
      kind: 'status',
      id: send.id,
      status: 'SENT',
      channel: 'imessage',
      at: 1_700_000_000_000,
    });
    await waitFor('the status', () => receiver.events.find(({ type }) => type === 'STATUS-UPDATE'));
    expect(receiver.events.at(-1)).toMatchObject({ type: 'STATUS-UPDATE', status: 'SENT', phone });

    const again = await hub.send(id, 'm1', { phone });
    expect(again.body).toMatchObject({ id: body.id, duplicate: true });
    const onSms = await hub.send(id, 'm2', { phone, channel: 'sms' });
    expect([onSms.status, onSms.body.code]).toEqual([400, 'invalid_channel']);
    const stranger = await hub.join(other.id);
    for (const [location, wrong] of [
      [stranger.id, phone],
      [id, 'group:00000000-0000-0000-0000-000000000000'],
      [id, 'group:'],
      [id, 'group:chat1'],
      [id, "group:'; DROP TABLE groups; --"],
    ] as const) {
      const refused = await hub.send(location, 'm3', { phone: wrong });
      expect([refused.status, refused.body.code], String(wrong)).toEqual([400, 'invalid_phone']);
      expect(refused.body.details?.[0]).toMatchObject({ field: 'phone' });
    }
  });
});
