import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { statusEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';
import { TestPanel } from '../kit/test-panel.ts';

let hub: TestHub;
let admin: PanelUser;
beforeAll(async () => {
  hub = await TestHub.start();
  admin = await PanelUser.setUp(hub);
});
afterAll(() => hub[Symbol.asyncDispose]());

function headersOf(user: PanelUser, changes: Record<string, string> = {}): Record<string, string> {
  const cookie = [...user.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  return { origin: user.origin, cookie, ...changes };
}

async function told(panel: TestPanel, topic: string): Promise<void> {
  await waitFor(`word of ${topic}`, () => panel.topics.some((one) => one === topic));
}

async function refusalOf(panel: TestPanel): Promise<string> {
  using _panel = panel;
  return await waitFor('a refusal', () => panel.refusal);
}

describe('an open panel', () => {
  test('is told of a message on its whole way, and of the device that carries it', async () => {
    await using receiver = await Receiver.start();
    const mac = await hub.pairMac();
    const { id } = await hub.join(mac.id, { url: receiver.url });
    using panel = await TestPanel.open(hub.url, headersOf(admin));
    using device = await TestDevice.online(hub.url, mac.token);
    await told(panel, 'devices');
    await hub.send(id, 'm1');
    await told(panel, 'messages');
    await waitFor('the send', () => device.sends.length === 1);
    await device.report(statusEntry(device.sends[0]!.id, 'SENT'));
    await waitFor('the event', () => receiver.events.length === 1);
    await told(panel, 'deliveries');
    panel.told.length = 0;
    device.socket.emit('health', { findings: [], open_sends: 0, unacked_entries: 0 });
    await told(panel, 'devices');
  });

  test.each([
    ['POST', '/api/workspaces', { name: 'New' }, ['workspaces', 'audit']],
    ['POST', '/api/enrollments', { name: 'Mac', kind: 'mac' }, ['devices', 'audit']],
  ])('is told what %s %s changes', async (method, path, body, topics) => {
    using panel = await TestPanel.open(hub.url, headersOf(admin));
    expect((await hub.api(method, path, body)).status).toBe(201);
    for (const topic of topics) await told(panel, topic);
  });

  test('is told topics and nothing else', async () => {
    const { id } = await hub.join((await hub.pairMac()).id);
    using panel = await TestPanel.open(hub.url, headersOf(admin));
    for (let n = 0; panel.told.length < 3; n += 1) await hub.send(id, `burst-${n}`);
    for (const change of panel.told) expect(Object.keys(change)).toEqual(['topics']);
  });

  test('of a sub-account user is told nothing of what only admins see, but at once of its own user’s rights', async () => {
    const invited = { name: 'Bea', email: 'bea@example.com', role: 'user' };
    const { body } = await hub.api('POST', '/api/users', invited);
    const bea = new PanelUser(hub);
    await bea.join(String(body.invite_url));
    using theirs = await TestPanel.open(hub.url, headersOf(bea));
    using panel = await TestPanel.open(hub.url, headersOf(admin));
    await hub.api('POST', '/api/users', { name: 'Cy', email: 'cy@example.com', role: 'user' });
    for (const topic of ['users', 'audit']) await told(panel, topic);
    const { id } = await hub.createWorkspace();
    await told(theirs, 'workspaces');
    for (const topic of ['users', 'audit']) expect(theirs.topics).not.toContain(topic);

    await hub.api('PATCH', `/api/users/${body.id}`, { workspaces: [id] });
    for (const topic of ['users', 'workspaces', 'messages', 'deliveries']) await told(theirs, topic);
    expect(theirs.topics).not.toContain('audit');
    theirs.told.length = 0;
    await hub.api('PATCH', `/api/users/${body.id}`, { role: 'admin' });
    await told(theirs, 'users');
    await hub.createWorkspace();
    await told(theirs, 'audit');
  });

  test('is cut off when its session is ended, and others are not', async () => {
    const other = new PanelUser(hub);
    await other.signIn('ann@example.com');
    using staying = await TestPanel.open(hub.url, headersOf(admin));
    using leaving = await TestPanel.open(hub.url, headersOf(other));
    await other.call('POST', '/api/auth/sign-out', {});
    await told(staying, 'users');
    await waitFor('the end of the connection', () => leaving.disconnects === 1);
    expect(staying.socket.connected).toBe(true);
    expect(await refusalOf(new TestPanel(hub.url, headersOf(other)))).not.toBe('');
  });

  test('that says anything is cut off', async () => {
    using panel = await TestPanel.open(hub.url, headersOf(admin));
    (panel.socket as unknown as { emit: (event: string, payload: unknown) => void }).emit('journal', {});
    await waitFor('the end of the connection', () => panel.disconnects === 1);
  });

  test('is one of at most twenty of its user', async () => {
    const panels = await Promise.all(
      Array.from({ length: 20 }, () => TestPanel.open(hub.url, headersOf(admin))),
    );
    const refusal = await refusalOf(new TestPanel(hub.url, headersOf(admin)));
    expect(refusal).toBe('Too many panels of this user are open.');
    for (const panel of panels) panel.socket.disconnect();
    await waitFor('room again', async () => {
      using panel = new TestPanel(hub.url, headersOf(admin));
      await waitFor('an answer', () => panel.socket.connected || panel.refusal);
      return panel.socket.connected;
    });
  });
});

describe('the door of the panels is shut', () => {
  test.each<[string, (user: PanelUser) => Record<string, string>]>([
    ['to another page in the same browser', (user) => headersOf(user, { origin: 'https://evil.example' })],
    ['to a page that hides where it is from', (user) => headersOf(user, { origin: 'null' })],
    ['to who is not signed in', (user) => ({ origin: user.origin })],
    ['to a made-up session', (user) => headersOf(user, { cookie: 'bluewire.session_token=x.y' })],
    [
      'to a program with the admin token',
      ({ origin }) => ({ origin, authorization: `Bearer ${hub.dataDir}` }),
    ],
    ['to what says not where it is from', (user) => ({ cookie: headersOf(user).cookie ?? '' })],
  ])('%s', async (_name, headers) => {
    expect(await refusalOf(new TestPanel(hub.url, headers(admin)))).not.toBe('');
  });

  test('to anything but a WebSocket', async () => {
    const path = '/socket.io/?EIO=4&transport=polling';
    expect((await hub.call('GET', path, { headers: headersOf(admin) })).status).toBe(403);
  });

  test('and it leads to panels only: not to devices, not to the default namespace', async () => {
    const mac = await hub.pairMac();
    for (const namespace of ['/devices', '/', '/admin']) {
      const panel = new TestPanel(hub.url, headersOf(admin), { namespace });
      panel.socket.auth = { token: mac.token };
      expect(await refusalOf(panel)).not.toBe('');
    }
    expect((await hub.api('GET', `/api/devices/${mac.id}`)).body).toMatchObject({ online: false });
  });
});
