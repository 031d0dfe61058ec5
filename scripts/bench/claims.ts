import { addDevice, newWorkspace, settled } from '../../test/hub/store/contract/fixtures.ts';
import { findPostgres } from '../../test/kit/find-postgres.ts';
import { startPostgres } from '../../test/kit/postgres.ts';
import { type BenchRow, formatMs, percentile } from './row.ts';
import {
  deliveredDeliveries,
  locationOf,
  openPostgresTables,
  openSqliteTables,
  outgoingMessages,
  pendingDeliveries,
  type Tables,
} from './tables.ts';

const SMALL = 1_000;
const BIG = 1_000_000;
const ROUNDS = 4;
const CLAIMS_PER_ROUND = 20;
const LIMIT = 64;
const SPREAD = { workspaces: 50, conversations: 40 };
const BODY = JSON.stringify({ type: 'MESSAGE', message: 'x'.repeat(300) });
const LEASE_MS = 60_000;
const OWNER = 'bench';
const DEVICE = 'bench-device';

/** Milliseconds of one claim with its outcomes, for webhook events and for messages to a device. */
interface Samples {
  deliveries: number[];
  sends: number[];
}

/** What the rows of the past cost a claim: SQLite, and Postgres where it is installed. */
export async function measureClaims(): Promise<BenchRow[]> {
  const rows = [await compare('SQLite', openSqliteTables)];
  if (!findPostgres()) return rows;
  await using postgres = await startPostgres({ settings: { shared_buffers: '256MB', max_wal_size: '4GB' } });
  const open = async (): Promise<Tables> => openPostgresTables((await postgres.createDatabase()).url);
  rows.push(await compare('Postgres', open));
  return rows;
}

async function compare(name: string, open: () => Promise<Tables>): Promise<BenchRow> {
  await using small = await fillTables(await open(), SMALL);
  await using big = await fillTables(await open(), BIG);
  const samples = { small: { deliveries: [], sends: [] }, big: { deliveries: [], sends: [] } } as Record<
    'small' | 'big',
    Samples
  >;
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const into = round === 0 ? { small: nothing(), big: nothing() } : samples;
    await queueMore(small);
    await queueMore(big);
    for (let claim = 0; claim < CLAIMS_PER_ROUND; claim += 1) {
      await sample(small, into.small);
      await sample(big, into.big);
    }
  }
  const cost = ({ deliveries, sends }: Samples): string =>
    `events ${formatMs(percentile(deliveries, 0.5))}, messages ${formatMs(percentile(sends, 0.5))}`;
  const ratio = (kind: keyof Samples): string =>
    `${(percentile(samples.big[kind], 0.5) / percentile(samples.small[kind], 0.5)).toFixed(2)} ×`;
  return {
    what: `claim of ${LIMIT} with their outcomes, ${BIG.toLocaleString('en')} messages and events in ${name}`,
    ours: cost(samples.big),
    reference: `${cost(samples.small)} with ${SMALL.toLocaleString('en')}`,
    ratio: `${ratio('deliveries')}, ${ratio('sends')}`,
    goal: '≤ 1.3 ×',
  };
}

function nothing(): Samples {
  return { deliveries: [], sends: [] };
}

async function fillTables(tables: Tables, count: number): Promise<Tables> {
  const { store } = tables;
  for (let index = 0; index < SPREAD.workspaces; index += 1)
    await store.createWorkspace(newWorkspace({ location_id: locationOf(index) }), Date.now());
  await addDevice(store, { id: DEVICE });
  await tables.execute(outgoingMessages(count, SPREAD, { deviceId: DEVICE, status: 'DELIVERED' }));
  await tables.execute(deliveredDeliveries(count, SPREAD, BODY));
  return tables;
}

/** As many more as one round claims, in both queues. */
async function queueMore({ execute, tidy }: Tables): Promise<void> {
  const count = CLAIMS_PER_ROUND * LIMIT;
  await execute(pendingDeliveries(count, SPREAD, BODY));
  await execute(outgoingMessages(count, SPREAD, { deviceId: DEVICE, status: 'QUEUED' }));
  await tidy();
}

async function sample({ store }: Tables, samples: Samples): Promise<void> {
  const now = Date.now();
  const request = { owner: OWNER, lease_until: now + LEASE_MS, limit: LIMIT };
  let began = performance.now();
  const claimed = await store.claimDeliveries({ ...request, busy: [] }, now);
  await store.settleDeliveries(
    OWNER,
    claimed.map((delivery) => settled(delivery, { kind: 'delivered' })),
    now,
  );
  samples.deliveries.push(performance.now() - began);
  began = performance.now();
  const { sends } = await store.claimSends({ ...request, device_id: DEVICE }, now);
  await store.settleSends(
    DEVICE,
    sends.map(({ id }) => ({ id, accepted: true })),
    now,
  );
  samples.sends.push(performance.now() - began);
  if (claimed.length !== LIMIT || sends.length !== LIMIT)
    throw new Error(`A claim of ${LIMIT} found ${claimed.length} events and ${sends.length} messages.`);
}
