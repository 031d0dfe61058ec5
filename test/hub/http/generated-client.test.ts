import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { generate } from 'orval';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Receiver } from '../../kit/receiver.ts';
import { ADMIN_TOKEN, TestHub } from '../kit/test-hub.ts';

const run = promisify(execFile);
const MODULES = resolve(import.meta.dirname, '../../../node_modules');

/** What a stranger writes against the generated client. It is type-checked, then run. */
const PROGRAM = `
import {
  cancelMessage, createWorkspace, getDelivery, listAudit, replayWorkspace, getMessage, listDeliveries, listMessages, sendMessage, setWorkspaceConnection,
  setWorkspaceDevices, updateWorkspace, deleteWorkspace,
  type Delivery, type ListMessagesParams, type Message, type WebhookEvent,
} from 'the generated client';

const [token = '', deviceId = '', webhook = ''] = process.argv.slice(2);
const admin = { headers: { authorization: \`Bearer \${token}\` } };

const created = await createWorkspace({ name: 'CRM', url: webhook, headers: [{ key: 'x-crm', value: '1' }] }, admin);
if (created.status !== 201) throw new Error(created.data.message);
const { location_id, signing_secret } = created.data;
await setWorkspaceDevices(location_id, { devices: [{ device_id: deviceId, channels: ['imessage'] }] }, admin);
const connected = await setWorkspaceConnection(location_id, { connected: true }, admin);
const isConnected: boolean = connected.status === 200 && connected.data.connected;

const sent = await sendMessage({
  location_id, user_id: 7, phone: '+1 214 555 0100', message: 'Hi', message_id: 'msg_001', channel: 'imessage',
});
const refused = await sendMessage({
  location_id, user_id: 'u', phone: 'nobody', message: 'Hi', message_id: 'msg_002', channel: 'imessage',
});
if (sent.status !== 200 || refused.status !== 400) throw new Error('sending went otherwise');

const filter: ListMessagesParams = { workspace: location_id, status: 'QUEUED', channel: 'imessage', direction: 'out', limit: 1 };
const page = await listMessages(filter, admin);
if (page.status !== 200) throw new Error(page.data.code);
const none = await listMessages({ ...filter, status: 'FAILED' }, admin);
const [message]: Message[] = page.data.items;
const timeline = await getMessage(sent.data.id, admin);
const canceled = await cancelMessage(sent.data.id, admin);
const audit = await listAudit({ limit: 1 }, admin);
const replayed = await replayWorkspace(location_id, { status: 'dead' }, admin);
const missing = await getMessage('nobody', admin);
const refusedList = await listMessages({ limit: 1 });
let event: Delivery | undefined;
while (event === undefined) {
  const deliveries = await listDeliveries({ workspace: location_id, status: 'delivered' }, admin);
  if (deliveries.status !== 200) throw new Error(deliveries.data.error);
  event = deliveries.data.items[0];
}
const attempts = await getDelivery(event.id, admin);
const changed = await updateWorkspace(location_id, { name: 'CRM 2', webhook_enabled: true }, admin);
const deleted = await deleteWorkspace(location_id, admin);

function describe(event: WebhookEvent): string {
  if (event.type === 'STATUS-UPDATE') return \`\${event.message_id} \${event.status} \${event.error?.code ?? ''}\`;
  return event.type === 'MESSAGE' ? event.attachments.join() : event.type;
}

console.log(JSON.stringify({
  secret: signing_secret.slice(0, 6),
  isConnected,
  refusal: refused.data.details[0]?.field ?? refused.data.code,
  message: [message?.message_id, message?.user_id, message?.status, page.data.next_cursor],
  none: none.status === 200 && none.data.items.length,
  timeline: timeline.status === 200 && timeline.data.events.map(({ status }) => status),
  canceled: canceled.status === 200 && canceled.data.error?.code,
  audit: audit.status === 200 && audit.data.items.length,
  replayed: replayed.status === 202 && replayed.data.replayed,
  missing: [missing.status, missing.status === 404 && missing.data.code],
  refusedList: refusedList.status,
  attempts: attempts.status === 200 && attempts.data.attempt_log.map(({ http_status }) => http_status),
  changed: changed.status === 200 && changed.data.name,
  deleted: deleted.status,
  event: describe({ type: 'TEST', location_id, message: '', timestamp: '' }),
}));
`;

const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    module: 'nodenext',
    target: 'esnext',
    lib: ['esnext', 'dom', 'dom.iterable'],
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    types: ['node'],
    typeRoots: [join(MODULES, '@types')],
  },
  include: ['*.ts'],
};

let hub: TestHub;
let receiver: Receiver;
let folder: string;
beforeAll(async () => {
  [hub, receiver, folder] = await Promise.all([
    TestHub.start(),
    Receiver.start(),
    mkdtemp(join(tmpdir(), 'bluewire-client-')),
  ]);
});
afterAll(async () => {
  await Promise.all([hub[Symbol.asyncDispose](), receiver[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true, force: true });
});

/** Runs a program of this repository's packages in the folder; a failure shows what it said. */
async function runHere(program: string, ...args: string[]): Promise<string> {
  const file = program === 'node' ? process.execPath : join(MODULES, '.bin', program);
  try {
    return (await run(file, args, { cwd: folder, timeout: 50_000 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}

test('a client that orval generates from the description type-checks and works', async () => {
  await Promise.all([
    writeFile(join(folder, 'package.json'), '{"type":"module"}'),
    writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG)),
    writeFile(join(folder, 'program.ts'), PROGRAM.replace('the generated client', './client.ts')),
  ]);
  const output = { target: './client.ts', client: 'fetch', mode: 'single', baseUrl: hub.url } as const;
  await generate({ input: { target: `${hub.url}/api/openapi.json` }, output }, folder);
  await runHere('tsc', '--project', '.');

  const mac = await hub.pairMac();
  const said = await runHere('node', 'program.ts', ADMIN_TOKEN, mac.id, receiver.url);
  expect(JSON.parse(said)).toEqual({
    secret: 'whsec_',
    isConnected: true,
    refusal: 'phone',
    message: ['msg_001', '7', 'QUEUED', null],
    none: 0,
    timeline: ['QUEUED'],
    canceled: 'canceled',
    audit: 1,
    replayed: 0,
    missing: [404, 'not_found'],
    refusedList: 401,
    attempts: [200],
    changed: 'CRM 2',
    deleted: 204,
    event: 'TEST',
  });
});
