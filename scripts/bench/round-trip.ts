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
  const sqlite = await measureBeside('SQLite', MESSAGES.hub, () => startHubFleet(DEVICES), '≥ 50 %');
  if (!findPostgres()) return [sqlite];
  await using stack = new AsyncDisposableStack();
  return [sqlite, await measureBeside('Postgres', MESSAGES.postgres, () => startPostgresFleet(stack), '–')];
}

/** In turn with the floor, and with nothing else: what another database still has to tidy up would be in the way. */
async function measureBeside(
  name: string,
  messages: number,
  start: () => Promise<Fleet>,
  goal: string,
): Promise<BenchRow> {
  await using stack = new AsyncDisposableStack();
  const hub = stack.use(await start());
  const floor = stack.use(await startFloorFleet(DEVICES));
  for (const fleet of [hub, floor]) await fleet.connect();
  const rounds: { ours: number; reference: number }[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const rates = { ours: await rate(hub, messages), reference: await rate(floor, MESSAGES.floor) };
    // The first round warms up.
    if (round > 0) rounds.push(rates);
  }
  return {
    what: `POST → device → SENT and DELIVERED at the webhook, hub on ${name}, ${DEVICES} devices, ${CONNECTIONS} connections`,
    ours: `${show(rounds.map(({ ours }) => ours))} messages`,
    reference: `${show(rounds.map(({ reference }) => reference))} (same parts by hand on SQLite, nothing checked, routed, signed or retried)`,
    ratio: `${Math.round(middle(rounds.map(({ ours, reference }) => ours / reference)) * 100)} %`,
    goal,
  };
}

async function startPostgresFleet(stack: AsyncDisposableStack): Promise<Fleet> {
  const server = stack.use(await startPostgres({ settings: { shared_buffers: '128MB' } }));
  const { url } = await server.createDatabase();
  return stack.use(await startHubFleet(DEVICES, url));
}

function show(rates: number[]): string {
  return `${Math.round(middle(rates)).toLocaleString('en')}/s`;
}

function middle(samples: number[]): number {
  return percentile(samples, 0.5);
}

async function rate(fleet: Fleet, count: number): Promise<number> {
  return count / (await fleet.order({ kind: 'send', count, connections: CONNECTIONS }, secondsSchema));
}
