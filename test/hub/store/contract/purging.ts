import { expect, test } from 'vitest';
import type { Store } from '../../../../hub/store/store.ts';
import {
  addDevice,
  addLine,
  claim,
  claimDue,
  HOUR,
  Journal,
  messageEntry,
  messageOf,
  NOW,
  newMessage,
  type OpenStore,
  route,
  settled,
} from './fixtures.ts';

const LATER = NOW + 24 * HOUR;

async function purgeAll(store: Store, limit: number): Promise<number[]> {
  const removed: number[] = [];
  let place: Awaited<ReturnType<Store['purgeDeleted']>>['next'];
  do {
    const step = await store.purgeDeleted({ after: place, limit }, NOW);
    removed.push(step.removed);
    place = step.next;
  } while (place !== undefined && removed.length < 1_000);
  return removed;
}

const total = (counts: number[]): number => counts.reduce((sum, count) => sum + count, 0);

export function describePurging(open: OpenStore): void {
  test('a deleted workspace is gone for everybody at once, and what belonged to it goes bit by bit', async () => {
    await using opened = await open();
    const { store } = opened;
    const gone = await addLine(store);
    const other = await store.createWorkspace(
      { ...(await store.findWorkspace(gone.location_id))!, location_id: 'f'.repeat(32) },
      NOW,
    );
    const queued = Array.from({ length: 450 }, (_, n) =>
      newMessage(gone.location_id, { phone: `+1214555${1_000 + n}` }),
    );
    await store.acceptMessages(queued, NOW);
    await route(store, [gone.device_id], 300);
    const entries = Array.from({ length: 250 }, (_, n) => messageEntry({ from: `+1214555${2_000 + n}` }));
    await store.recordJournal(gone.device_id, new Journal().batch(...entries), NOW);
    const [inFlight] = await claimDue(store, { limit: 1 });

    expect(await store.deleteWorkspace(gone.location_id)).toBe(true);
    expect(await store.deleteWorkspace(gone.location_id)).toBe(false);
    expect(await store.findWorkspace(gone.location_id)).toBeUndefined();
    expect(await store.updateWorkspace(gone.location_id, { name: 'x' }, NOW)).toBeUndefined();
    const { items } = await store.listWorkspaces({ limit: 10 });
    expect(items.map(({ location_id }) => location_id)).toEqual([other.location_id]);
    expect(await store.listAssignments(gone.location_id)).toEqual([]);
    expect(await claimDue(store)).toEqual([]);
    expect(await store.nextDeliveryAt(NOW)).toBeUndefined();
    expect((await store.listDeliveries({}, { limit: 10 })).items).toEqual([]);
    expect(await store.findDelivery(inFlight!.id)).toBeUndefined();
    expect(
      await store.claimSends(
        { device_id: gone.device_id, owner: 'hub-1', lease_until: LATER, limit: 9 },
        NOW,
      ),
    ).toEqual({ sends: [], more: false });
    await store.settleDeliveries('hub-1', [settled(inFlight!)], NOW);

    const steps = await purgeAll(store, 50);
    expect(Math.max(...steps)).toBeLessThanOrEqual(50);
    expect(total(steps)).toBeGreaterThan(450);
    expect(await purgeAll(store, 50)).toEqual([0]);
    for (const { id } of [queued[0]!, queued[299]!, queued[449]!])
      expect((await messageOf(store, id)).error?.code).toBe('canceled');
    expect(await store.countQueues(NOW)).toMatchObject({ messages_queued: 0, deliveries_pending: 0 });
  });

  test('two workspaces deleted one after the other are both cleared away', async () => {
    await using opened = await open();
    const { store } = opened;
    const lines = [await addLine(store), await addLine(store)];
    for (const line of lines) {
      const entries = Array.from({ length: 220 }, (_, n) => messageEntry({ from: `+1214555${2_000 + n}` }));
      await store.recordJournal(line.device_id, new Journal().batch(...entries), NOW);
    }
    for (const { location_id } of lines) await store.deleteWorkspace(location_id);
    const [first, second] = await Promise.all([purgeAll(store, 40), purgeAll(store, 40)]);
    expect(total(first) + total(second)).toBeGreaterThan(2 * 20);
    expect(await purgeAll(store, 40)).toEqual([0]);
    expect(await store.countQueues(NOW)).toMatchObject({ deliveries_pending: 0 });
    const device_id = await addDevice(store);
    expect(await claim(store, device_id)).toEqual([]);
  });
}
