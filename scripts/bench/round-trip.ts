import { type Fleet, startFloorFleet, startHubFleet } from './fleet.ts';
import { secondsSchema } from './lines.ts';
import { type BenchRow, percentile } from './row.ts';

const ROUNDS = 5;
const DEVICES = 8;
const CONNECTIONS = 64;
/** About two seconds of work each. */
const MESSAGES = { hub: 2_000, floor: 5_000 };

/** POST /webhook → device → SENT and DELIVERED at the client's webhook, everything on disk at each step. */
export async function measureRoundTrip(): Promise<BenchRow> {
  await using hub = await startHubFleet(DEVICES);
  await using floor = await startFloorFleet(DEVICES);
  await hub.connect();
  await floor.connect();
  const ours: number[] = [];
  const reference: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const rates = [await rate(hub, MESSAGES.hub), await rate(floor, MESSAGES.floor)] as const;
    // The first round warms up.
    if (round === 0) continue;
    ours.push(rates[0]);
    reference.push(rates[1]);
  }
  const ratios = ours.map((figure, round) => figure / (reference[round] ?? Number.NaN));
  const show = (rates: number[]): string => `${Math.round(percentile(rates, 0.5)).toLocaleString('en')}/s`;
  return {
    what: `POST → device → SENT and DELIVERED at the webhook, ${DEVICES} devices, ${CONNECTIONS} connections`,
    ours: `${show(ours)} messages`,
    reference: `${show(reference)} (same parts by hand, nothing checked, routed, signed or retried)`,
    ratio: `${Math.round(percentile(ratios, 0.5) * 100)} %`,
    goal: '≥ 50 %',
  };
}

async function rate(fleet: Fleet, count: number): Promise<number> {
  return count / (await fleet.order({ kind: 'send', count, connections: CONNECTIONS }, secondsSchema));
}
