import { expect, test } from 'vitest';
import { createMetrics } from '../../../hub/metrics.ts';
import { type DeliveryStore, StoreUnavailableError } from '../../../hub/store/store.ts';
import { Deliverer } from '../../../hub/webhooks/deliverer.ts';
import { EventPoster } from '../../../hub/webhooks/post-event.ts';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { addLine, Journal, messageEntry } from '../store/contract/fixtures.ts';
import { openTemporary, silent } from '../store/sqlite-fixtures.ts';

test('what a claim took whose answer was lost goes out soon, not when its lease is over', async () => {
  await using opened = await openTemporary();
  await using receiver = await Receiver.start();
  const { store } = opened;
  const line = await addLine(store);
  await store.updateWorkspace(line.location_id, { url: receiver.url }, Date.now());
  const journal = new Journal();
  await store.recordJournal(line.device_id, journal.batch(messageEntry()), Date.now());
  let lost = 0;
  // As when the database goes down between its commit and its answer.
  const claimDeliveries: DeliveryStore['claimDeliveries'] = async (request, now) => {
    const claimed = await store.claimDeliveries(request, now);
    if (claimed.length === 0 || lost > 0) return claimed;
    lost = claimed.length;
    throw new StoreUnavailableError('The connection ended.');
  };
  await using poster = new EventPoster({ mayConnect: () => true, now: Date.now });
  await using deliverer = new Deliverer({
    store: { ...store, claimDeliveries },
    poster,
    owner: 'hub-1',
    term: () => 1,
    metrics: createMetrics(),
    log: silent,
    now: Date.now,
  });
  deliverer.start();
  await waitFor('the event', () => receiver.calls.length > 0, 5_000);
  expect(lost).toBe(1);
});
