import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../kit/wait.ts';
import { TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await TestHub.start();
});
afterAll(() => hub[Symbol.asyncDispose]());

const DEFAULT = { imessage: ['imessage'], sms: ['sms'], rcs: ['rcs'], whatsapp: ['whatsapp'] };

describe('the routing of a workspace', () => {
  test('is each channel alone until it is set, and is replaced as a whole', async () => {
    const { id } = await hub.createWorkspace();
    const path = `/api/workspaces/${id}/routing`;
    expect((await hub.api('GET', path)).body).toEqual({ routes: DEFAULT });
    const set = await hub.api('PUT', path, { routes: { imessage: ['imessage', 'rcs', 'sms'] } });
    expect(set.body).toEqual({ routes: { ...DEFAULT, imessage: ['imessage', 'rcs', 'sms'] } });
    await hub.api('PUT', path, { routes: { rcs: ['rcs', 'sms'] } });
    expect((await hub.api('GET', path)).body).toEqual({ routes: { ...DEFAULT, rcs: ['rcs', 'sms'] } });
    expect((await hub.api('PUT', '/api/workspaces/none/routing', { routes: {} })).body.code).toBe(
      'unknown_location',
    );
  });

  test.each([
    [{}, 'routes'],
    [{ routes: [] }, 'routes'],
    [{ routes: { imessage: [] } }, 'routes.imessage'],
    [{ routes: { imessage: ['sms'] } }, 'routes.imessage'],
    [{ routes: { imessage: ['sms', 'imessage'] } }, 'routes.imessage'],
    [{ routes: { imessage: ['imessage', 'sms', 'sms'] } }, 'routes.imessage'],
    [{ routes: { imessage: ['imessage', 'pigeon'] } }, 'routes.imessage[1]'],
    [{ routes: { pigeon: ['pigeon'] } }, 'routes'],
  ])('%j is refused, naming %s', async (body, field) => {
    const { id } = await hub.createWorkspace();
    const answer = await hub.api('PUT', `/api/workspaces/${id}/routing`, body);
    expect(answer.status).toBe(400);
    expect(String(answer.body.details?.[0]?.field)).toContain(field);
    expect((await hub.api('GET', `/api/workspaces/${id}/routing`)).body).toEqual({ routes: DEFAULT });
  });

  test('and what it asks to be told of go over to a clone, unless the clone says otherwise', async () => {
    const model = await hub.createWorkspace({ extra_events: ['unsend', 'echo'] });
    await hub.api('PUT', `/api/workspaces/${model.id}/routing`, {
      routes: { imessage: ['imessage', 'sms'] },
    });
    const clone = await hub.createWorkspace({ clone_from: model.id });
    expect((await hub.api('GET', `/api/workspaces/${clone.id}`)).body.extra_events).toEqual([
      'echo',
      'unsend',
    ]);
    expect((await hub.api('GET', `/api/workspaces/${clone.id}/routing`)).body.routes?.imessage).toEqual([
      'imessage',
      'sms',
    ]);
    const other = await hub.createWorkspace({ clone_from: model.id, extra_events: [] });
    expect((await hub.api('GET', `/api/workspaces/${other.id}`)).body.extra_events).toEqual([]);
  });

  test('reaches the device as the channels to go on with', async () => {
    const mac = await hub.pairMac();
    const { id } = await hub.join(mac.id);
    await hub.api('PUT', `/api/workspaces/${id}/routing`, { routes: { imessage: ['imessage', 'sms'] } });
    using device = await TestDevice.online(hub.url, mac.token);
    await hub.send(id, 'm1');
    expect(await waitFor('the send', () => device.sends[0])).toMatchObject({
      channel: 'imessage',
      fallbacks: ['sms'],
      to_group: false,
    });
  });
});

describe('the channels of a workspace', () => {
  test('are all until it is told which, and its devices serve it on no other', async () => {
    const mac = await hub.pairMac();
    const { id } = await hub.join(mac.id);
    const path = `/api/workspaces/${id}`;
    const read = async () => (await hub.api('GET', path)).body;
    expect((await read()).channels).toEqual(['imessage', 'sms', 'rcs', 'whatsapp']);
    expect((await read()).devices?.[0]?.channels).toContain('sms');
    const narrowed = await hub.api('PATCH', path, { channels: ['imessage', 'imessage'] });
    expect(narrowed.body).toMatchObject({ channels: ['imessage'], devices: [{ channels: ['imessage'] }] });
    expect((await hub.send(id, 'c1', { channel: 'sms' })).body.code).toBe('channel_not_assigned');
    const strays = await hub.api('PUT', `${path}/devices`, {
      devices: [{ device_id: mac.id, channels: ['imessage', 'sms'] }],
    });
    expect([strays.status, strays.body.details?.[0]?.field]).toEqual([400, 'devices[0].channels']);
    await hub.api('PATCH', path, { channels: ['sms', 'imessage'] });
    expect((await read()).devices).toMatchObject([{ channels: ['imessage'] }]);
    await hub.api('PUT', `${path}/devices`, { devices: [{ device_id: mac.id }] });
    expect((await read()).devices).toMatchObject([{ channels: ['imessage', 'sms'] }]);
    expect((await hub.send(id, 'c1', { channel: 'sms' })).status).toBe(200);
    const clone = await hub.createWorkspace({ clone_from: id });
    expect((await hub.api('GET', `/api/workspaces/${clone.id}`)).body.channels).toEqual(['imessage', 'sms']);
    const other = await hub.createWorkspace({ clone_from: id, channels: ['whatsapp'] });
    const useless = await hub.api('PUT', `/api/workspaces/${other.id}/devices`, {
      devices: [{ device_id: mac.id }],
    });
    expect([useless.status, useless.body.details?.[0]?.field]).toEqual([400, 'devices[0].device_id']);
  });

  test.each([[[]], [['pigeon']], ['imessage'], [null]])('are not %j', async (channels) => {
    const { status, body } = await hub.api('POST', '/api/workspaces', { name: 'x', channels });
    expect([status, body.code]).toEqual([400, 'invalid_field']);
  });
});

test.each([[['typing']], [['echo', 'typing']], ['echo'], [{}], [7]])(
  'extra events that are %j are refused',
  async (extra_events) => {
    const { status, body } = await hub.api('POST', '/api/workspaces', { name: 'x', extra_events });
    expect([status, body.code]).toEqual([400, 'invalid_field']);
  },
);
