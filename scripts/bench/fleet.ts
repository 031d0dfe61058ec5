import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createToken, hashToken } from '../../hub/credentials/tokens.ts';
import { openPostgresStore, openSqliteStore } from '../../hub/store/open-store.ts';
import type { Store } from '../../hub/store/store.ts';
import { createLog } from '../../shared/runtime/log.ts';
import { newWorkspace } from '../../test/hub/store/contract/fixtures.ts';
import { Hub } from '../../test/kit/hub.ts';
import { ROOT } from '../start/supervised.ts';
import type { Line, Order } from './lines.ts';

const SECRET = 'a secret of the bench, long enough for the hub';
const COLLECT = [
  '--expose-gc',
  `--import=${pathToFileURL(join(ROOT, 'scripts/bench/collect-garbage.ts')).href}`,
];

/** A hub, or what stands beside it, with the driver that is its devices, its clients and their webhook. */
export interface Fleet extends AsyncDisposable {
  readonly pid: number;
  order<Answer>(order: Order, read: { parse(answer: unknown): Answer }): Promise<Answer>;
  /** Connects every device. */
  connect(): Promise<void>;
}

/** The real hub, on SQLite or on a Postgres, with so many workspaces, each served by a device of its own. */
export async function startHubFleet(count: number, databaseUrl?: string): Promise<Fleet> {
  await using stack = new AsyncDisposableStack();
  const { driver, webhook } = await startDriver(stack);
  const hub = stack.use(
    await Hub.start({
      HUB_SECRET: SECRET,
      LOG_LEVEL: 'info',
      NODE_OPTIONS: COLLECT.join(' '),
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    }),
  );
  await hub.stop();
  const lines = await fill(await openStore(hub.dataDir, databaseUrl), webhook, count);
  await hub.restart();
  return assemble(stack.move(), { driver, url: hub.url, pid: hub.program.child.pid ?? 0, lines });
}

/** The same parts by hand, with so many devices. */
export async function startFloorFleet(count: number): Promise<Fleet> {
  await using stack = new AsyncDisposableStack();
  const { driver, webhook } = await startDriver(stack);
  const folder = await mkdtemp(join(tmpdir(), 'bluewire-floor-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const program = join(ROOT, 'scripts/bench/round-trip-floor.ts');
  const floor = fork(program, [join(folder, 'floor.db'), webhook], { execArgv: COLLECT });
  stack.defer(() => end(floor));
  const [url] = (await once(floor, 'message')) as [string];
  const lines = Array.from({ length: count }, (_, index) => {
    const id = `line-${index}`;
    return { location_id: id, device_id: id, token: id };
  });
  return assemble(stack.move(), { driver, url, pid: floor.pid ?? 0, lines });
}

function assemble(
  stack: AsyncDisposableStack,
  { driver, url, pid, lines }: { driver: ChildProcess; url: string; pid: number; lines: Line[] },
): Fleet {
  const order: Fleet['order'] = async (wanted, read) => {
    driver.send(wanted);
    const [answer] = await once(driver, 'message');
    return read.parse(answer);
  };
  return {
    pid,
    order,
    async connect() {
      await order({ kind: 'connect', url, lines }, { parse: Number });
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function startDriver(stack: AsyncDisposableStack): Promise<{ driver: ChildProcess; webhook: string }> {
  const driver = fork(join(ROOT, 'scripts/bench/driver.ts'));
  stack.defer(() => end(driver));
  const [webhook] = (await once(driver, 'message')) as [string];
  return { driver, webhook };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function openStore(dataDir: string, url: string | undefined): Promise<Store> {
  const log = createLog('bench', 'warn');
  const common = { secret: SECRET, log, linkTo: () => ({ url: '', expires_at: 0 }) };
  if (url === undefined) return openSqliteStore({ ...common, file: join(dataDir, 'hub.db') });
  return openPostgresStore({ ...common, url, shown: 'the database of the bench', hub: 'bench' });
}

/** Straight into the database: by the API a thousand Macs take as many codes, and those are limited. */
async function fill(opened: Store, url: string, count: number): Promise<Line[]> {
  await using store = opened;
  const lines: Line[] = [];
  for (let index = 0; index < count; index += 1) {
    const token = createToken();
    const code_hash = crypto.randomUUID();
    const now = Date.now();
    const device_id = crypto.randomUUID();
    const { location_id } = await store.createWorkspace(newWorkspace({ url, headers: [] }), now);
    const device = { id: device_id, kind: 'mac', name: `Mac ${index}`, address: null } as const;
    await store.createEnrollment(
      { device: { ...device, channels: ['imessage'] }, code_hash, expires_at: now + 60_000 },
      now,
    );
    const versions = { bridge_version: '0.1.0', os_version: '26.0', hostname: `mac-${index}` };
    await store.redeemEnrollment({ code_hash, kind: 'mac', token_hash: hashToken(token), ...versions }, now);
    await store.setAssignments(location_id, [{ device_id, channel: 'imessage' }], now);
    lines.push({ location_id, device_id, token });
  }
  return lines;
}
