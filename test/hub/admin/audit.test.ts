import { expect, test } from 'vitest';
import { Receiver } from '../../kit/receiver.ts';
import { TestDevice } from '../kit/test-device.ts';
import { ADMIN_TOKEN, TestHub } from '../kit/test-hub.ts';

interface Entry {
  action: string;
  actor: string;
  source: string;
  request_id: string;
  location_id: string | null;
  target: { kind: string; id: string };
  changes: Record<string, unknown>;
}

async function entries(hub: TestHub, query = ''): Promise<Entry[]> {
  return (await hub.api('GET', `/api/audit?limit=200${query}`)).body.items as unknown as Entry[];
}

test('every change is on record, with who made it, from where, and no secret', async () => {
  await using hub = await TestHub.start();
  await using receiver = await Receiver.start();
  const secrets: string[] = [ADMIN_TOKEN, 'header-secret', 'query-secret', 'other-secret'];
  const created = await hub.api('POST', '/api/workspaces', {
    name: 'CRM',
    url: `${receiver.url}?key=query-secret`,
    headers: [{ key: 'x-key', value: 'header-secret' }],
  });
  const id = String(created.body.location_id);
  const path = `/api/workspaces/${id}`;
  secrets.push(String(created.body.signing_secret));
  const enrolled = await hub.api('POST', '/api/enrollments', { name: 'Mini', kind: 'mac' });
  secrets.push(String(enrolled.body.code));
  const renewed = await hub.api('POST', `/api/devices/${enrolled.body.device_id}/renew-code`);
  secrets.push(String(renewed.body.code));
  const paired = await hub.pair(renewed.body.code);
  secrets.push(String(paired.body.token));
  const device = String(enrolled.body.device_id);
  await hub.api('PUT', `${path}/devices`, { devices: [{ device_id: device, channels: ['imessage'] }] });
  await hub.api('PUT', `${path}/connection`, { connected: true });
  await hub.api('PUT', `${path}/routing`, { routes: { imessage: ['imessage', 'sms'] } });
  await hub.api('PATCH', path, { name: 'CRM 2', headers: [{ key: 'x-key', value: 'other-secret' }] });
  await hub.api('PATCH', path, {});
  await hub.api('PATCH', path, { name: '' });
  const key = await hub.api('POST', `${path}/api-keys`, { name: 'server' });
  secrets.push(String(key.body.key));
  await hub.api('DELETE', `${path}/api-keys/${key.body.id}`);
  secrets.push(String((await hub.api('POST', `${path}/rotate-secret`)).body.signing_secret));
  const revealed = await hub.api('POST', `${path}/reveal-headers`);
  expect(revealed.body).toEqual({ headers: [{ key: 'x-key', value: 'other-secret' }] });
  await hub.api('POST', `${path}/test`);
  await hub.api('POST', `${path}/replay`);
  await hub.api('POST', `${path}/retry-pending`);
  const message = await hub.send(id, 'm1', { message: 'a text that nobody logs' });
  secrets.push('nobody logs');
  await hub.api('POST', `/api/messages/${message.body.id}/cancel`);
  await hub.api('POST', `/api/messages/${message.body.id}/cancel`);
  const resent = await hub.api('POST', `/api/messages/${message.body.id}/resend`);
  await hub.api('PATCH', `/api/devices/${device}`, { name: 'Mini 2' });
  await hub.api('POST', `/api/devices/${device}/pause`);
  await hub.api('POST', `/api/devices/${device}/resume`);
  const setup = await hub.api('POST', '/api/setup-links');
  secrets.push(String(setup.body.url).split('/').at(-1)!);
  await hub.api('DELETE', `/api/devices/${device}`);
  await hub.api('PUT', `${path}/connection`, { connected: false });
  const last = await hub.api('DELETE', path);

  const all = await entries(hub);
  expect(all.map(({ action }) => action).toReversed()).toEqual([
    'workspace.create',
    'enrollment.create',
    'enrollment.renew',
    'workspace.devices',
    'workspace.connect',
    'workspace.routing',
    'workspace.update',
    'api_key.create',
    'api_key.revoke',
    'workspace.rotate_secret',
    'workspace.reveal_headers',
    'workspace.test',
    'workspace.replay',
    'workspace.retry_pending',
    'message.cancel',
    'message.resend',
    'device.update',
    'device.pause',
    'device.resume',
    'setup_link.create',
    'device.delete',
    'workspace.disconnect',
    'workspace.delete',
  ]);
  expect(new Set(all.map(({ actor, source }) => `${actor} ${source}`))).toEqual(
    new Set(['admin token 127.0.0.1']),
  );
  expect(all[0]).toMatchObject({
    target: { kind: 'workspace', id },
    location_id: id,
    request_id: last.headers.get('x-request-id'),
  });
  const find = (action: string) => all.find((entry) => entry.action === action)?.changes;
  expect(find('workspace.update')).toEqual({
    name: { from: 'CRM', to: 'CRM 2' },
    headers: { from: ['x-key'], to: ['x-key'] },
  });
  expect(find('workspace.create')).toMatchObject({ url: `${receiver.url}?…`, headers: ['x-key'] });
  expect(find('message.resend')).toMatchObject({ resent_as: resent.body.id });
  const text = JSON.stringify(all);
  for (const secret of secrets) expect(text).not.toContain(secret);

  expect(await entries(hub, `&workspace=${id}&action=workspace.update`)).toHaveLength(1);
  expect((await entries(hub, `&target=${device}`)).length).toBe(6);
  expect(await entries(hub, '&actor=somebody')).toEqual([]);
  expect((await hub.api('GET', '/api/audit?action=nonsense')).body.code).toBe('invalid_field');
  expect((await hub.call('GET', '/api/audit')).status).toBe(401);
  const page = await hub.api('GET', '/api/audit?limit=22');
  const rest = await hub.api('GET', `/api/audit?limit=22&cursor=${page.body.next_cursor}`);
  expect([rest.body.items?.[0]?.action, rest.body.next_cursor]).toEqual(['workspace.create', null]);
});

test('retrying an event by hand is on record', async () => {
  await using hub = await TestHub.start();
  await using receiver = await Receiver.start();
  const mac = await hub.pairMac();
  const { id } = await hub.join(mac.id);
  using device = await TestDevice.online(hub.url, mac.token);
  await device.report({
    kind: 'message',
    guid: 'g',
    from: '+12145550100',
    from_me: false,
    channel: 'imessage',
    text: 'Hi',
    at: 1_700_000_000_000,
    attachments: [],
  });
  await hub.api('PATCH', `/api/workspaces/${id}`, { url: receiver.url });
  const { body } = await hub.api('GET', '/api/deliveries');
  const delivery = String(body.items?.[0]?.id);
  await hub.api('POST', `/api/deliveries/${delivery}/retry`);
  expect(await entries(hub, '&action=delivery.retry')).toMatchObject([
    { target: { kind: 'delivery', id: delivery }, location_id: id, changes: { status: 'recorded' } },
  ]);
});
