import { expect, test } from 'vitest';
import { createMetrics } from '../../../hub/metrics.ts';
import { type DeliveryStore, type Store, StoreUnavailableError } from '../../../hub/store/store.ts';
import { Deliverer } from '../../../hub/webhooks/deliverer.ts';
import { EventPoster } from '../../../hub/webhooks/post-event.ts';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { addLine, Journal, messageEntry } from '../store/contract/fixtures.ts';
import { openTemporary, silent } from '../store/sqlite-fixtures.ts';

const MINUTE = 60_000;

/** Webhook events for `url`, one of each sender, so that none waits for another. */
async function hearFrom(store: Store, url: string, senders: string[]): Promise<void> {
  const line = await addLine(store);
  await store.updateWorkspace(line.location_id, { url }, Date.now());
  const entries = senders.map((from) => messageEntry({ from }));
  await store.recordJournal(line.device_id, new Journal().batch(...entries), Date.now());
}

function start(store: DeliveryStore, now: () => number = Date.now) {
  const poster = new EventPoster({ mayConnect: () => true, now });
  const metrics = createMetrics();
  const deliverer = new Deliverer({
    store,
    poster,
    owner: 'hub-1',
    term: () => 1,
    metrics,
    log: silent,
    now,
  });
  deliverer.start();
  return {
    deliverer,
    async [Symbol.asyncDispose]() {
      await deliverer[Symbol.asyncDispose]();
      await poster[Symbol.asyncDispose]();
    },
  };
}

test('what a claim took whose answer was lost goes out soon, not when its lease is over', async () => {
  await using opened = await openTemporary();
  await using receiver = await Receiver.start();
  const { store } = opened;
  await hearFrom(store, receiver.url, ['+12145550100']);
  let lost = 0;
  // As when the database goes down between its commit and its answer.
  const claimDeliveries: DeliveryStore['claimDeliveries'] = async (request, now) => {
    const claimed = await store.claimDeliveries(request, now);
    if (claimed.length === 0 || lost > 0) return claimed;
    lost = claimed.length;
    throw new StoreUnavailableError('The connection ended.');
  };
  await using _ = start({ ...store, claimDeliveries });
  await waitFor('the event', () => receiver.calls.length > 0, 5_000);
  expect(lost).toBe(1);
});

test('an event whose outcome a crash of the database undid goes out again soon, and none that is under way', async () => {
  await using opened = await openTemporary();
  await using receiver = await Receiver.start();
  const { store } = opened;
  const calls = (from: string) => receiver.calls.filter(({ raw }) => raw.includes(from));
  receiver.answer = ({ raw }) => (raw.includes('+12145550100') ? 'hang' : 200);
  let leap = 0;
  let undone = 0;
  // Recorded, as far as the hub was told, and gone from the database.
  const settleDeliveries: DeliveryStore['settleDeliveries'] = async (owner, settled, now) => {
    if (undone > 0) return store.settleDeliveries(owner, settled, now);
    undone = settled.length;
    return [];
  };
  await hearFrom(store, receiver.url, ['+12145550100', '+12145550101']);
  await using running = start({ ...store, settleDeliveries }, () => Date.now() + leap);
  await waitFor('both', () => receiver.calls.length === 2 && undone === 1, 5_000);
  leap = MINUTE;
  running.deliverer.wake();
  await waitFor('the undone one again', () => calls('+12145550101').length === 2, 5_000);
  expect(calls('+12145550100')).toHaveLength(1);
  const [first, again] = calls('+12145550101');
  expect(again?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
});
