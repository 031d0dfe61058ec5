import { randomUUID } from 'node:crypto';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { messageEntry, statusEntry, TestDevice } from '../kit/test-device.ts';
import type { TestHub } from '../kit/test-hub.ts';

const PHONE = '+12145550100';
const REFUSED_PHONE = '+12145550101';

/** Words that people write, by what they name. */
interface Words {
  workspace: string;
  address: string;
  device: string;
  user: string;
  headerValue: string;
  /** What goes out, and what comes in. */
  text: string;
}

const PLAIN_WORDS: Words = {
  workspace: 'Harbour Dental',
  address: 'Pier 7, 1010 Vienna',
  device: 'Mac mini, front desk',
  user: 'Bea Operator',
  headerValue: 'tenant-7',
  text: 'Your table is ready. See you at 7 pm!',
};

/** Of what is there: in the first workspace unless it says otherwise. */
interface Ids {
  workspace: string;
  otherWorkspace: string;
  mac: string;
  otherMac: string;
  message: string;
  delivery: string;
}

export interface Furnished extends AsyncDisposable {
  admin: PanelUser;
  /** Sees the first workspace and nothing else. */
  user: PanelUser;
  receiver: Receiver;
  device: TestDevice;
  ids: Ids;
}

/** Puts some of everything into a hub: messages of every fate, a webhook that fails, a Mac with findings, people. */
export async function furnish(hub: TestHub, words = PLAIN_WORDS): Promise<Furnished> {
  await using stack = new AsyncDisposableStack();
  const receiver = stack.use(await Receiver.start());
  const admin = await PanelUser.setUp(hub);
  const mac = await hub.pairMac(words.device);
  const otherMac = await hub.pairMac('Mac Studio');
  await hub.api('POST', '/api/enrollments', { name: 'Reception SIM', kind: 'android', address: PHONE });
  const { id: workspace } = await hub.join(mac.id, {
    name: words.workspace,
    address: words.address,
    email: 'ops@example.com',
    phone: PHONE,
    url: receiver.url,
    headers: [{ key: 'x-tenant', value: words.headerValue }],
  });
  // Nobody listens there: its events fail.
  const { id: otherWorkspace } = await hub.join(otherMac.id, {
    name: 'Night shift',
    url: 'http://127.0.0.1:9/',
  });
  await hub.createWorkspace({ name: 'Not connected yet' });
  const device = stack.use(await TestDevice.online(hub.url, mac.token));
  const other = stack.use(await TestDevice.online(hub.url, otherMac.token));
  await sendMessages({ hub, workspace, receiver, device, words });
  await failDeliveries(hub, otherWorkspace, other);
  await reportFindings(hub, mac.id, device);
  await hub.api('POST', `/api/workspaces/${workspace}/api-keys`, { name: words.user });
  const user = await invite(hub, { name: words.user, workspaces: [workspace], devices: [mac.id] });
  const ids = {
    workspace,
    otherWorkspace,
    mac: mac.id,
    otherMac: otherMac.id,
    ...(await findIds(hub, workspace)),
  };
  const owned = stack.move();
  return { admin, user, receiver, device, ids, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface Sending {
  hub: TestHub;
  workspace: string;
  receiver: Receiver;
  device: TestDevice;
  words: Words;
}

async function sendMessages({ hub, workspace, receiver, device, words: { text } }: Sending): Promise<void> {
  device.answer = ({ id, to }) =>
    to === REFUSED_PHONE
      ? { id, accepted: false, error: { code: 'rejected', message: `Refused: ${text}` } }
      : { id, accepted: true };
  await hub.send(workspace, 'delivered-1', { message: text, user_id: text.slice(0, 100) });
  await hub.send(workspace, 'failed-1', { message: text, phone: REFUSED_PHONE });
  await hub.send(workspace, 'on-its-way-1', { message: text, phone: '+12145550102' });
  await waitFor('the sends', () => device.sends.length === 3);
  const sent = device.sends.find(({ to }) => to === PHONE);
  if (sent) await device.report(statusEntry(sent.id, 'SENT'), statusEntry(sent.id, 'DELIVERED'));
  await device.report(messageEntry(randomUUID(), text));
  await waitFor('the events', () => receiver.events.length >= 4);
}

async function failDeliveries(hub: TestHub, workspace: string, device: TestDevice): Promise<void> {
  await hub.send(workspace, 'unheard-1');
  await waitFor('the send', () => device.sends.length === 1);
  await device.report(statusEntry(device.sends[0]?.id ?? '', 'SENT'));
  await waitFor('a failed delivery', async () => {
    const { body } = await hub.api('GET', `/api/deliveries?workspace=${workspace}`);
    return Number(body.items?.[0]?.attempts) > 0;
  });
}

async function reportFindings(hub: TestHub, id: string, device: TestDevice): Promise<void> {
  const findings = [
    { check: 'sleep', ok: false, message: 'The Mac sleeps after ten minutes.', remedy: 'Turn sleep off.' },
    { check: 'full-disk-access', ok: true, message: 'chat.db can be read.' },
  ];
  device.socket.emit('health', { findings, open_sends: 0, unacked_entries: 0 });
  await waitFor('the findings', async () => {
    const { body } = await hub.api('GET', `/api/devices/${id}`);
    return body.findings?.[0] !== undefined;
  });
}

interface Invitation {
  name: string;
  email?: string;
  workspaces: string[];
  devices: string[];
}

/** Somebody with a sub-account, who has joined. */
async function invite(
  hub: TestHub,
  { email = 'bea@example.com', ...fields }: Invitation,
): Promise<PanelUser> {
  const answer = await hub.api('POST', '/api/users', { ...fields, email, role: 'user', device_allowance: 1 });
  if (answer.status !== 201) throw new Error(`inviting failed: ${JSON.stringify(answer.body)}`);
  const user = new PanelUser(hub);
  const joined = await user.join(String(answer.body.invite_url));
  if (joined.status !== 201) throw new Error(`joining failed: ${JSON.stringify(joined.body)}`);
  return user;
}

async function findIds(hub: TestHub, workspace: string): Promise<{ message: string; delivery: string }> {
  const messages = await hub.api('GET', `/api/messages?workspace=${workspace}&q=delivered-1`);
  const deliveries = await hub.api('GET', `/api/deliveries?workspace=${workspace}`);
  return {
    message: String(messages.body.items?.[0]?.id),
    delivery: String(deliveries.body.items?.[0]?.id),
  };
}

const CONVERSATION = (ids: Ids): string => `/conversations/${ids.workspace}/${encodeURIComponent(PHONE)}`;

/** Every view of the panel that can be linked to, by the name of its picture. */
export const VIEWS: [name: string, path: (ids: Ids) => string][] = [
  ['overview', () => '/'],
  ['workspaces', () => '/workspaces'],
  ['workspaces-new', () => '/workspaces?new=1'],
  ['workspaces-edit', (ids) => `/workspaces?edit=${ids.workspace}`],
  ['workspaces-instructions', (ids) => `/workspaces?instructions=${ids.workspace}`],
  ['workspaces-delete', (ids) => `/workspaces?delete=${ids.workspace}`],
  ['sims', () => '/sims'],
  ['sims-connect', () => '/sims?connect=1'],
  ['sims-assign', (ids) => `/sims?assign=${ids.workspace}`],
  ['devices', () => '/devices'],
  ['devices-new', () => '/devices?new=1'],
  ['device', (ids) => `/devices/${ids.mac}`],
  ['messages', () => '/messages'],
  ['messages-none', () => '/messages?phone=%2B12145559999'],
  ['message', (ids) => `/messages/${ids.message}`],
  ['conversation', CONVERSATION],
  ['deliveries', () => '/deliveries'],
  ['delivery', (ids) => `/deliveries/${ids.delivery}`],
  ['users', () => '/users'],
  ['users-new', () => '/users?new=1'],
  ['audit', () => '/audit'],
  ['account', () => '/account'],
  ['no-such-page', () => '/nowhere'],
];
