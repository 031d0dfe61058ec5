import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findPostgres } from '../../test/kit/find-postgres.ts';
import { startPostgres } from '../../test/kit/postgres.ts';
import { ROOT } from '../start/supervised.ts';
import { startRedis } from './redis.ts';
import { type BenchRow, percentile } from './row.ts';

const ROUNDS = 5;
/** POSTs of BullMQ at once; more or fewer made it slower. */
const BULLMQ_CONCURRENCY = '128';
/** Workers of pg-boss, with batches and job by job; more or fewer made it slower. */
const PG_BOSS = { batches: '4', singly: '10' };
const POSTGRES_SETTINGS = { shared_buffers: '256MB', max_wal_size: '4GB' };

/** Events in one round: about a second or two of work. */
const COUNTS = { sqlite: 10_000, postgres: 1_500, bullmq: 10_000, pgBoss: 2_000, pgBossInBatches: 5_000 };
type Who = keyof typeof COUNTS;
type Rates = Partial<Record<Who, number[]>>;

/** Webhook events delivered per second to one receiver: ours beside two queues that make the same POST. */
export async function measureDeliveries(): Promise<BenchRow[]> {
  await using stack = new AsyncDisposableStack();
  const start = async (program: string, ...args: string[]): Promise<ChildProcess> => {
    const child = fork(join(ROOT, 'scripts/bench', program), args);
    stack.defer(() => end(child));
    return child;
  };
  const sink = await start('sink.ts');
  const [target] = (await once(sink, 'message')) as [string];
  const contenders: Partial<Record<Who, ChildProcess>> = { sqlite: await start('deliver/ours.ts', target) };
  const redis = await startRedis();
  if (redis) {
    stack.use(redis);
    contenders.bullmq = await start('deliver/bullmq.ts', target, String(redis.port), BULLMQ_CONCURRENCY);
  }
  if (findPostgres()) {
    const postgres = stack.use(await startPostgres({ settings: POSTGRES_SETTINGS }));
    const url = async (): Promise<string> => (await postgres.createDatabase()).url;
    const { singly, batches } = PG_BOSS;
    contenders.postgres = await start('deliver/ours.ts', target, await url());
    contenders.pgBoss = await start('deliver/pg-boss.ts', target, await url(), 'singly', singly);
    contenders.pgBossInBatches = await start('deliver/pg-boss.ts', target, await url(), 'batches', batches);
  }
  return describe(await race(contenders));
}

async function race(contenders: Partial<Record<Who, ChildProcess>>): Promise<Rates> {
  const racing = Object.entries(contenders) as [Who, ChildProcess][];
  for (const [, child] of racing) await once(child, 'message');
  const rates: Rates = {};
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const [who, child] of racing) {
      child.send(COUNTS[who]);
      const [seconds] = (await once(child, 'message')) as [number];
      // The first round warms up.
      if (round > 0) rates[who] = [...(rates[who] ?? []), COUNTS[who] / seconds];
    }
  return rates;
}

function describe({ sqlite = [], postgres, bullmq, pgBoss, pgBossInBatches }: Rates): BenchRow[] {
  const onSqlite = 'webhook deliveries, durable, hub on SQLite';
  const onPostgres = 'webhook deliveries, durable, hub on Postgres';
  const absent = (what: string, peer: string): BenchRow => {
    const reference = `${peer} is not installed: not measured`;
    return { what, ours: figure(sqlite), reference, ratio: '–', goal: '–' };
  };
  const rows = [
    bullmq
      ? compare(onSqlite, sqlite, bullmq, 'BullMQ on Redis, appendfsync everysec', '≥ 1.5 ×')
      : absent(onSqlite, 'redis-server'),
  ];
  if (!postgres || !pgBoss || !pgBossInBatches) return [...rows, absent(onSqlite, 'Postgres')];
  const name = `pg-boss on Postgres; ${figure(pgBossInBatches)} in batches, which one receiver that hangs holds up`;
  rows.push(compare(onSqlite, sqlite, pgBoss, name, '≥ 5 ×'));
  rows.push(compare(onPostgres, postgres, pgBoss, 'pg-boss on the same Postgres', '–'));
  return rows;
}

function compare(what: string, ours: number[], theirs: number[], name: string, goal: string): BenchRow {
  const ratios = ours.map((rate, round) => rate / (theirs[round] ?? Number.NaN));
  const ratio = `${percentile(ratios, 0.5).toFixed(2)} ×`;
  return { what, ours: figure(ours), reference: `${figure(theirs)} (${name})`, ratio, goal };
}

function figure(rates: number[]): string {
  return `${Math.round(percentile(rates, 0.5)).toLocaleString('en')}/s`;
}

/** The channel's end lets it tidy up. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exit;
  clearTimeout(timer);
}
