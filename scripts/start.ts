// `npm start`: the main job on this machine, set up by itself: a hub, a bridge, and a receiver that prints what a
// client system's webhook would get. Where there is no macOS the bridge drives the simulated Mac.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { runMain, whenAborted } from '../shared/runtime/run-main.ts';
import { startSimulatedMac } from '../test/simulated-mac/client.ts';
import { AdminClient } from './start/admin-client.ts';
import { startDemoReceiver } from './start/demo-receiver.ts';
import { ROOT, runToEnd, Supervised } from './start/supervised.ts';

type Env = Record<string, string | undefined>;

const DATA = join(ROOT, 'data');
const LOGS = join(DATA, 'logs');
const STATE = join(DATA, 'start.json');
const HUB_START_MS = 60_000;
const stateSchema = z.object({ location_id: z.string(), device_id: z.string() });
type State = z.infer<typeof stateSchema>;

const ON_A_MAC = process.platform === 'darwin';
const FIRST_NUMBER = '+12145550100';

await runMain(async (signal) => {
  mkdirSync(DATA, { recursive: true });
  await using stack = new AsyncDisposableStack();
  const receiver = stack.use(await startDemoReceiver());
  const { url, admin } = await startHub(stack);
  const bridgeEnv = await prepareMac(stack);
  const { location_id } = await setUp(admin, url, receiver.url, bridgeEnv);
  stack.use(bridge('run', bridgeEnv));
  const setupUrl = await admin.ask('POST', '/api/setup-links', {}, 'url');
  print(url, setupUrl, location_id);
  await whenAborted(signal);
});

async function startHub(stack: AsyncDisposableStack): Promise<{ url: string; admin: AdminClient }> {
  const dataDir = process.env.HUB_DATA_DIR || join(DATA, 'hub');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const logFile = join(LOGS, 'hub.log');
  const timer = setTimeout(
    () => reject(new Error(`The hub did not start; its log: ${logFile}`)),
    HUB_START_MS,
  );
  stack.use(
    new Supervised({
      name: 'hub',
      file: 'hub/main.ts',
      args: [],
      env: { HUB_ALLOWED_TARGETS: '127.0.0.0/8', ...process.env, HUB_DATA_DIR: dataDir },
      logFile,
      onLine: (line) => {
        const entry = line.startsWith('{') ? (JSON.parse(line) as Env) : {};
        if (entry.msg === 'listening' && entry.url) resolve(entry.url);
      },
    }),
  );
  const url = await promise.finally(() => clearTimeout(timer));
  const token = process.env.HUB_ADMIN_TOKEN || readFileSync(join(dataDir, 'admin-token'), 'utf8').trim();
  return { url, admin: new AdminClient(url, token) };
}

/** Where the bridge finds Messages: this Mac's own, or the simulated one. Its pairing is apart from an installed bridge's. */
async function prepareMac(stack: AsyncDisposableStack): Promise<Env> {
  const env = { ...process.env, BRIDGE_HOME: process.env.BRIDGE_HOME || join(DATA, 'bridge') };
  if (ON_A_MAC) return env;
  const home = process.env.SIMULATED_MAC_HOME || join(DATA, 'simulated-mac');
  const mac = stack.use(await startSimulatedMac({ home }));
  return { ...env, ...mac.bridgeEnv() };
}

function bridge(command: 'run', env: Env): Supervised {
  const logFile = join(LOGS, 'bridge.log');
  return new Supervised({ name: 'bridge', file: 'bridge-mac/main.ts', args: [command], env, logFile });
}

/** A workspace whose webhook is the demo receiver, served by this machine's bridge. Made once, kept over restarts. */
async function setUp(admin: AdminClient, url: string, receiver: string, bridgeEnv: Env): Promise<State> {
  const known = existsSync(STATE)
    ? stateSchema.safeParse(JSON.parse(readFileSync(STATE, 'utf8'))).data
    : undefined;
  if (known && (await admin.call('PATCH', `/api/workspaces/${known.location_id}`, { url: receiver })))
    return known;

  const workspace = { name: 'First workspace', url: receiver };
  const location_id = await admin.ask('POST', '/api/workspaces', workspace, 'location_id');
  const enrolled = await admin.call('POST', '/api/enrollments', { name: 'This machine', kind: 'mac' });
  const { code, device_id } = z.object({ code: z.string(), device_id: z.string() }).parse(enrolled);
  await runToEnd('bridge-mac/main.ts', ['pair', url, code], bridgeEnv);
  await admin.call('PUT', `/api/workspaces/${location_id}/devices`, { devices: [{ device_id }] });
  await admin.call('PUT', `/api/workspaces/${location_id}/connection`, { connected: true });
  writeFileSync(STATE, `${JSON.stringify({ location_id, device_id })}\n`);
  return { location_id, device_id };
}

function print(url: string, setupUrl: string, location_id: string): void {
  const body = {
    location_id,
    user_id: '1',
    phone: FIRST_NUMBER,
    message: 'Hello from Bluewire',
    message_id: `first-${Date.now()}`,
    channel: 'imessage',
  };
  const mac = ON_A_MAC
    ? "The bridge drives this Mac's Messages: put a real number into the curl. macOS asks for permission at the first send."
    : 'This is not a Mac: the bridge drives a SIMULATED Mac, and nothing leaves this machine.\n' +
      `Let it receive one:  npm run simulated-mac -- receive --from ${FIRST_NUMBER} --text "Hi"`;
  console.log(`
Bluewire is running. ${mac}
Webhook events are printed below. Logs: ${LOGS}. Stop with Ctrl-C.

Panel:          ${new URL(setupUrl).origin}
Set-up link:    ${setupUrl}
First message:  curl -sS ${url}/webhook -H 'content-type: application/json' -d '${JSON.stringify(body)}'
`);
}
