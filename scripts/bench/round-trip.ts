import { findPostgres } from '../../test/kit/find-postgres.ts';
import { startPostgres } from '../../test/kit/postgres.ts';
import { type Fleet, startFloorFleet, startHubFleet } from './fleet.ts';
import { secondsSchema } from './lines.ts';
import { type BenchRow, percentile } from './row.ts';

const ROUNDS = 5;
const DEVICES = 8;
const CONNECTIONS = 64;
/** About two seconds of work each. */
const MESSAGES = { hub: 2_000, floor: 5_000, postgres: 1_000 };

/** POST /webhook → device → SENT and DELIVERED at the client's webhook, everything on disk at each step. */
export async function measureRoundTrip(): Promise<BenchRow[]> {
  await using stack = new AsyncDisposableStack();
  const sqlite = stack.use(await startHubFleet(DEVICES));
  const floor = stack.use(await startFloorFleet(DEVICES));
  const postgres = findPostgres() && (await startPostgresFleet(stack));
  const fleets = [sqlite, floor, ...(postgres ? [postgres] : [])];
  for (const fleet of fleets) await fleet.connect();
  const rounds: number[][] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const rates = [await rate(sqlite, MESSAGES.hub), await rate(floor, MESSAGES.floor)];
    if (postgres) rates.push(await rate(postgres, MESSAGES.postgres));
    // The first round warms up.
    if (round > 0) rounds.push(rates);
  }
  const row = (name: string, ours: number, goal: string): BenchRow => ({
    what: `POST → device → SENT and DELIVERED at the webhook, hub on ${name}, ${DEVICES} devices, ${CONNECTIONS} connections`,
    ours: `${show(rounds, ours)} messages`,
    reference: `${show(rounds, 1)} (same parts by hand on SQLite, nothing checked, routed, signed or retried)`,
    ratio: `${Math.round(middle(rounds.map((rates) => (rates[ours] ?? 0) / (rates[1] ?? 0))) * 100)} %`,
    goal,
  });
  return [row('SQLite', 0, '≥ 50 %'), ...(postgres ? [row('Postgres', 2, '–')] : [])];
}

async function startPostgresFleet(stack: AsyncDisposableStack): Promise<Fleet> {
  const server = stack.use(await startPostgres({ settings: { shared_buffers: '128MB' } }));
  const { url } = await server.createDatabase();
  return stack.use(await startHubFleet(DEVICES, url));
}

function show(rounds: number[][], column: number): string {
  return `${Math.round(middle(rounds.map((rates) => rates[column] ?? 0))).toLocaleString('en')}/s`;
}

function middle(samples: number[]): number {
  return percentile(samples, 0.5);
}

async function rate(fleet: Fleet, count: number): Promise<number> {
  return count / (await fleet.order({ kind: 'send', count, connections: CONNECTIONS }, secondsSchema));
}
