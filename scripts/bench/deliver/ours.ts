// The hub's own delivery: its Deliverer and poster over its store, without the rest of the hub. On SQLite, or on the
// Postgres whose URL is given.
import ipaddr from 'ipaddr.js';
import { guardAddresses } from '../../../hub/guard/address-guard.ts';
import { createMetrics } from '../../../hub/metrics.ts';
import type { DeliveryStore } from '../../../hub/store/store.ts';
import { Deliverer } from '../../../hub/webhooks/deliverer.ts';
import { EventPoster } from '../../../hub/webhooks/post-event.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { newWorkspace } from '../../../test/hub/store/contract/fixtures.ts';
import { locationOf, openPostgresTables, openSqliteTables, pendingDeliveries } from '../tables.ts';
import { BODY, SIGNING_SECRET, serveContender } from './contender.ts';

const SPREAD = { workspaces: 50, conversations: 20 };

const [target = '', databaseUrl] = process.argv.slice(2);
const tables = databaseUrl === undefined ? await openSqliteTables() : await openPostgresTables(databaseUrl);
const { store } = tables;
const poster = new EventPoster({
  mayConnect: guardAddresses([ipaddr.parseCIDR('127.0.0.0/8')]),
  now: Date.now,
});
const metrics = createMetrics();
const log = createLog('hub', 'info');
for (let index = 0; index < SPREAD.workspaces; index += 1) {
  const location_id = locationOf(index);
  const fields = { location_id, url: target, headers: [], signing_secret: SIGNING_SECRET };
  await store.createWorkspace(newWorkspace(fields), Date.now());
}

/** The store, and when so many outcomes are recorded. */
function countOutcomes(count: number): { counting: DeliveryStore; done: Promise<void> } {
  let left = count;
  const { promise, resolve } = Promise.withResolvers<void>();
  const settleDeliveries: DeliveryStore['settleDeliveries'] = async (owner, settled, now) => {
    const changes = await store.settleDeliveries(owner, settled, now);
    left -= settled.length;
    if (left === 0) resolve();
    return changes;
  };
  return { counting: { ...store, settleDeliveries }, done: promise };
}

serveContender({
  async fill(count) {
    await tables.execute(pendingDeliveries(count, SPREAD, BODY));
    await tables.tidy();
  },
  async deliver(count) {
    const { counting, done } = countOutcomes(count);
    await using _deliverer = new Deliverer({
      store: counting,
      poster,
      owner: 'hub',
      term: () => 1,
      metrics,
      log,
      now: Date.now,
    }).start();
    await done;
  },
  async close() {
    await poster[Symbol.asyncDispose]();
    await tables[Symbol.asyncDispose]();
  },
});
