// `npm start`: the main job on this machine, set up by itself: a hub, a bridge, and a receiver that prints what a
// client system's webhook would get. Where there is no macOS the bridge drives the simulated Mac.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { pathsIn } from '../bridge-mac/home.ts';
import { readIdentity, writeIdentity } from '../bridge-mac/identity.ts';
import { runMain, whenAborted } from '../shared/runtime/run-main.ts';
import { startSimulatedMac } from '../test/simulated-mac/client.ts';
import { AdminClient } from './start/admin-client.ts';
import { startDemoReceiver } from './start/demo-receiver.ts';
import { ROOT, runToEnd, Supervised } from './start/supervised.ts';

type Env = Record<string, string | undefined>;

// What belongs to a hub lies with its data, so that another data folder is another world.
const DATA = process.env.HUB_DATA_DIR ? join(process.env.HUB_DATA_DIR, 'start') : join(ROOT, 'data');
const LOGS = join(DATA, 'logs');
const STATE = join(DATA, 'start.json');
const HUB_START_MS = 60_000;
const BRIDGE_START_MS = 30_000;
const LOOK_EVERY_MS = 100;
/** The demo receiver, and whatever else on this machine stands in for a client system. */
const LOOPBACK = '127.0.0.0/8,::1/128';
const stateSchema = z.object({ location_id: z.string(), device_id: z.string() });
type State = z.infer<typeof stateSchema>;

const ON_A_MAC = process.platform === 'darwin';
const FIRST_NUMBER = '+12145550100';

await runMain(async (signal) => {
  mkdirSync(DATA, { recursive: true });
  await using stack = new AsyncDisposableStack();
  const receiver = stack.use(await startDemoReceiver());
  const { url, admin } = await startHub(stack, signal);
  const bridgeEnv = await prepareMac(stack);
  const { location_id, device_id } = await setUp(admin, url, receiver.url, bridgeEnv);
  stack.use(bridge('run', bridgeEnv));
  await waitUntilOnline(admin, device_id, signal);
  if (signal.aborted) return;
  const setupUrl = await admin.ask('POST', '/api/setup-links', {}, 'url');
  print(setupUrl, location_id);
  await whenAborted(signal);
});

async function startHub(
  stack: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<{ url: string; admin: AdminClient }> {
  const dataDir = process.env.HUB_DATA_DIR || join(DATA, 'hub');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const logFile = join(LOGS, 'hub.log');
  const late = `The hub did not start within a minute; its log: ${logFile}`;
  const timer = setTimeout(() => reject(new Error(late)), HUB_START_MS);
  signal.addEventListener('abort', () => reject(new Error('Stopped before the hub had started.')));
  let isUp = false;
  stack.use(
    new Supervised({
      name: 'hub',
      file: 'hub/main.ts',
      args: [],
      env: { HUB_ALLOWED_TARGETS: LOOPBACK, ...process.env, HUB_DATA_DIR: dataDir },
      logFile,
      onLine: (line) => {
        const entry = line.startsWith('{') ? (JSON.parse(line) as Env) : {};
        if (entry.msg !== 'listening' || !entry.url) return;
        if (isUp) console.log('hub is back');
        isUp = true;
        resolve(entry.url);
      },
      // A hub that never came up would not at the next try either.
      onEnd: (lastWords) => {
        reject(new Error(lastWords || late));
        return isUp;
      },
    }),
  );
  const url = await promise.finally(() => clearTimeout(timer));
  const token = process.env.HUB_ADMIN_TOKEN || readFileSync(join(dataDir, 'admin-token'), 'utf8').trim();
  return { url, admin: new AdminClient(url, token) };
}

async function waitUntilOnline(admin: AdminClient, deviceId: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + BRIDGE_START_MS;
  while (!signal.aborted) {
    const device = await admin.call('GET', `/api/devices/${deviceId}`);
    if (device?.online === true) return;
    if (Date.now() > deadline) {
      console.log(`The bridge has not reached the hub yet; its log: ${join(LOGS, 'bridge.log')}`);
      return;
    }
    await sleep(LOOK_EVERY_MS);
  }
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
  if (known && (await admin.call('PATCH', `/api/workspaces/${known.location_id}`, { url: receiver }))) {
    followHub(bridgeEnv, url);
    return known;
  }

  const workspace = { name: 'First workspace', url: receiver };
  const location_id = await admin.ask('POST', '/api/workspaces', workspace, 'location_id');
  const enrolled = await admin.call('POST', '/api/enrollments', {
    name: ON_A_MAC ? 'This Mac' : 'Simulated Mac',
    kind: 'mac',
  });
  const { code, device_id } = z.object({ code: z.string(), device_id: z.string() }).parse(enrolled);
  await runToEnd('bridge-mac/main.ts', ['pair', url, code], bridgeEnv);
  await admin.call('PUT', `/api/workspaces/${location_id}/devices`, { devices: [{ device_id }] });
  await admin.call('PUT', `/api/workspaces/${location_id}/connection`, { connected: true });
  writeFileSync(STATE, `${JSON.stringify({ location_id, device_id })}\n`);
  return { location_id, device_id };
}

/** The hub may listen elsewhere than when the bridge was paired. */
function followHub({ BRIDGE_HOME = '' }: Env, url: string): void {
  const file = pathsIn(BRIDGE_HOME).identity;
  const identity = readIdentity(file);
  if (identity && identity.hub_url !== url) writeIdentity(file, { ...identity, hub_url: url });
}

function print(setupUrl: string, location_id: string): void {
  const { origin } = new URL(setupUrl);
  const body = {
    location_id,
    user_id: '1',
    phone: FIRST_NUMBER,
    message: 'Hello from Bluewire',
    message_id: `first-${Date.now()}`,
    channel: 'imessage',
  };
  const mac = ON_A_MAC
    ? "The bridge drives this Mac's Messages: put a real number into the curl below. macOS asks for permission at the first send."
    : 'This is not a Mac: the bridge drives a SIMULATED Mac, and nothing leaves this machine.\n' +
      `Let it receive a message:  npm run simulated-mac -- receive --from ${FIRST_NUMBER} --text "Hi"`;
  console.log(`
Bluewire is running. ${mac}
Webhook events are printed below; webhooks of your own may be on this machine too (HUB_ALLOWED_TARGETS=${LOOPBACK}).
Logs: ${LOGS}. Stop with Ctrl-C.

Panel:          ${origin}
Set-up link:    ${setupUrl}
First message:  curl -sS ${origin}/webhook -H 'content-type: application/json' -d '${JSON.stringify(body)}'
`);
}
