import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { Hub } from '../../test/kit/hub.ts';
import { ROOT } from '../start/supervised.ts';
import { type BenchRow, percentile } from './row.ts';

const ROUNDS = 5;
const CONNECTIONS = '64';
const SECONDS = '3';
const loadSchema = z.object({ count: z.int(), refused: z.literal(0), per_second: z.number() });

/** POST /webhook with fsync before the answer, against the same route over a store that keeps nothing. */
export async function measureIngest(): Promise<BenchRow> {
  await using hub = await Hub.start({ LOG_LEVEL: 'info' });
  const locationId = await makeWorkspace(hub);
  const bare = fork(join(ROOT, 'scripts/bench/bare-hub.ts'));
  try {
    const [bareUrl] = (await once(bare, 'message')) as [string];
    const ours: number[] = [];
    const reference: number[] = [];
    await Promise.all([hub.url, bareUrl].map((url) => load(url, locationId, '1')));
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await load(hub.url, locationId, SECONDS));
      reference.push(await load(bareUrl, locationId, SECONDS));
    }
    return describe(ours, reference);
  } finally {
    await end(bare);
  }
}

function describe(ours: number[], reference: number[]): BenchRow {
  const ratios = ours.map((figure, round) => figure / (reference[round] ?? Number.NaN));
  return {
    what: `POST /webhook, durable, ${CONNECTIONS} connections`,
    ours: `${Math.round(percentile(ours, 0.5))}/s`,
    reference: `${Math.round(percentile(reference, 0.5))}/s (same route, nothing stored)`,
    ratio: `${Math.round(percentile(ratios, 0.5) * 100)} %`,
    goal: '≥ 70 %',
  };
}

async function makeWorkspace(hub: Hub): Promise<string> {
  const workspace = await hub.api('POST', '/api/workspaces', { name: 'bench' });
  const base = `/api/workspaces/${workspace.body.location_id}`;
  const { body } = await hub.api('POST', '/api/enrollments', { name: 'bench', kind: 'mac' });
  await hub.api('PUT', `${base}/devices`, { devices: [{ device_id: body.device_id }] });
  await hub.api('PUT', `${base}/connection`, { connected: true });
  return String(workspace.body.location_id);
}

async function load(url: string, locationId: string, seconds: string): Promise<number> {
  const args = [join(ROOT, 'scripts/bench/load.ts'), `${url}/webhook`, locationId, CONNECTIONS, seconds];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return loadSchema.parse(JSON.parse(stdout)).per_second;
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}
