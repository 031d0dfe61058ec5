import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestHub } from '../kit/test-hub.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await TestHub.start();
});
afterAll(() => hub[Symbol.asyncDispose]());

describe('an enrollment', () => {
  test('answers a code for people, its expiry and the device it announces', async () => {
    const { status, body } = await hub.api('POST', '/api/enrollments', { name: 'Front desk', kind: 'mac' });
    expect(status).toBe(201);
    expect(body.code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    const left = Date.parse(String(body.expires_at)) - Date.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(600_000);
    const device = await hub.api('GET', `/api/devices/${body.device_id}`);
    expect(device.body).toMatchObject({
      id: body.device_id,
      kind: 'mac',
      name: 'Front desk',
      channels: ['imessage', 'sms', 'rcs'],
      status: 'unpaired',
      online: false,
      paused: false,
      paired_at: null,
      findings: [],
    });
  });

  test.each([
    [{}, 'missing_field'],
    [{ name: 'x' }, 'missing_field'],
    [{ name: 'x', kind: 'fridge' }, 'invalid_field'],
    [{ name: '', kind: 'mac' }, 'invalid_field'],
    [{ name: 'x', kind: 'mac', channels: [] }, 'invalid_field'],
    [{ name: 'x', kind: 'mac', channels: ['whatsapp'] }, 'invalid_field'],
    [{ name: 'x', kind: 'android', channels: ['imessage'] }, 'invalid_field'],
  ])('from %j is refused', async (body, code) => {
    const answer = await hub.api('POST', '/api/enrollments', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code });
  });
});

describe('the code of a device that has not paired', () => {
  test('is renewed as often as needed: the device keeps its id and what it serves', async () => {
    const first = await hub.api('POST', '/api/enrollments', { name: 'Mini', kind: 'mac' });
    const id = String(first.body.device_id);
    const workspace = await hub.join(id);
    const path = `/api/devices/${id}`;
    const second = await hub.api('POST', `${path}/renew-code`);
    const third = await hub.api('POST', `${path}/renew-code`);
    expect(third.status).toBe(201);
    expect(third.body).toMatchObject({
      device_id: id,
      pair_command: expect.stringContaining(String(third.body.code)),
    });
    expect(Date.parse(String(third.body.expires_at))).toBeGreaterThan(Date.now());
    for (const { body } of [first, second]) expect((await hub.pair(body.code)).status).toBe(400);
    expect((await hub.pair(third.body.code)).body.device_id).toBe(id);
    const { body } = await hub.api('GET', `/api/workspaces/${workspace.id}`);
    expect(body.devices).toMatchObject([{ device_id: id }]);
  });

  test('is no more once it has paired', async () => {
    const { id } = await hub.pairMac();
    expect(await hub.api('POST', `/api/devices/${id}/renew-code`)).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
    expect((await hub.api('POST', '/api/devices/none/renew-code')).body.code).toBe('not_found');
  });
});

describe('a device', () => {
  test('can be renamed, narrowed to channels, paused, resumed and removed', async () => {
    const { id } = await hub.pairMac('Old name');
    const path = `/api/devices/${id}`;
    const renamed = await hub.api('PATCH', path, {
      name: 'New name',
      address: '+12145550199',
      channels: ['imessage'],
    });
    expect(renamed.body).toMatchObject({
      name: 'New name',
      address: '+12145550199',
      channels: ['imessage'],
      status: 'offline',
    });
    expect((await hub.api('PATCH', path, { channels: ['whatsapp'] })).status).toBe(400);
    expect((await hub.api('POST', `${path}/pause`)).body).toMatchObject({ paused: true, status: 'paused' });
    expect((await hub.api('POST', `${path}/resume`)).body).toMatchObject({ paused: false });
    expect((await hub.api('DELETE', path)).status).toBe(204);
    for (const [method, suffix] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/pause'],
    ] as const)
      expect((await hub.api(method, `${path}${suffix}`)).body).toMatchObject({ code: 'not_found' });
  });

  test('serves a workspace on no channel that was taken from it, and what the workspace answers can be saved', async () => {
    const mac = await hub.pairMac();
    const { id } = await hub.join(mac.id);
    await hub.api('PATCH', `/api/devices/${mac.id}`, { channels: ['imessage'] });
    expect((await hub.send(id, 'n1', { channel: 'sms' })).body.code).toBe('channel_not_assigned');
    const { body } = await hub.api('GET', `/api/workspaces/${id}`);
    expect(body).toMatchObject({
      devices: [{ device_id: mac.id, channels: ['imessage'] }],
      served_channels: ['imessage'],
    });
    const saved = await hub.api('PUT', `/api/workspaces/${id}/devices`, { devices: body.devices });
    expect(saved.status).toBe(200);
  });

  test('is assigned for all its channels, or for those that are named', async () => {
    const { id: device_id } = await hub.pairMac();
    const { id } = await hub.createWorkspace();
    const assign = (devices: unknown) => hub.api('PUT', `/api/workspaces/${id}/devices`, { devices });
    const all = await assign([{ device_id }]);
    expect(all.status).toBe(200);
    expect(all.body.devices).toEqual([
      { device_id, channels: expect.arrayContaining(['imessage', 'sms', 'rcs']) },
    ]);
    expect((await assign([{ device_id, channels: ['sms'] }])).body.devices).toEqual([
      { device_id, channels: ['sms'] },
    ]);
    for (const wrong of [
      [{ device_id: 'nobody' }],
      [{ device_id }, { device_id }],
      [{ device_id, channels: ['whatsapp'] }],
      [{ device_id, channels: [] }],
      [{}],
      'x',
    ])
      expect((await assign(wrong)).status, JSON.stringify(wrong)).toBe(400);
    // A refused change leaves what was there.
    expect((await hub.api('GET', `/api/workspaces/${id}`)).body.devices).toEqual([
      { device_id, channels: ['sms'] },
    ]);
    expect((await assign([])).body.devices).toEqual([]);
  });
});
