import { expect, test } from 'vitest';
import type { Store } from '../../../../hub/store/store.ts';
import type { TrafficSlice, TrafficWalk } from '../../../../hub/store/traffic.ts';
import {
  addLine,
  claimDue,
  dispatch,
  Journal,
  messageEntry,
  NOW,
  newMessage,
  type OpenStore,
  settled,
  statusEntry,
} from './fixtures.ts';

const MINUTE = 60_000;

/** Everything of a span, slice by slice. */
async function walk<Row>(
  read: (walk: TrafficWalk) => Promise<TrafficSlice<Row>>,
  { from, before }: { from: number; before: number },
  workspace: string | undefined,
  limit: number,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let below: number | undefined = before; below !== undefined; ) {
    const slice: TrafficSlice<Row> = await read({ workspace, from, before: below, limit });
    rows.push(...slice.rows);
    below = slice.next;
  }
  return rows;
}

async function readAll(store: Store, since: number, workspace?: string, limit = 2) {
  const { messages, deliveries } = await store.findTrafficSince(since);
  return {
    messages: await walk((one) => store.readMessageTraffic(one), messages, workspace, limit),
    attempts: await walk((one) => store.readAttemptTraffic(one), deliveries, workspace, limit),
  };
}

export function describeTraffic(open: OpenStore): void {
  test('a walk meets each message once, newest first, with what its device saw', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const messages = [1, 2, 3, 4, 5].map((n) => newMessage(line.location_id, { phone: `+1214555010${n}` }));
    await dispatch(store, line, messages);
    const [first, second] = messages;
    const journal = new Journal();
    await store.recordJournal(
      line.device_id,
      journal.batch(
        statusEntry(first!.id, 'SENT', { at: NOW + 700 }),
        statusEntry(first!.id, 'DELIVERED', { at: NOW + 1_900 }),
        statusEntry(second!.id, 'DELIVERED', { at: NOW + 2_000 }),
        messageEntry({ at: NOW + MINUTE }),
      ),
      NOW + MINUTE,
    );
    const read = await readAll(store, 0);
    expect(read.messages.map(({ status, sent_at, delivered_at }) => [status, sent_at, delivered_at])).toEqual(
      [
        ['RECEIVED', null, null],
        ['DISPATCHED', null, null],
        ['DISPATCHED', null, null],
        ['DISPATCHED', null, null],
        ['DELIVERED', null, NOW + 2_000],
        ['DELIVERED', NOW + 700, NOW + 1_900],
      ],
    );
    expect(read.messages[0]).toMatchObject({
      from_me: 0,
      error_code: null,
      device_id: line.device_id,
      created_at: NOW + MINUTE,
    });
    expect((await readAll(store, NOW + 1)).messages.map(({ status }) => status)).toEqual(['RECEIVED']);
    expect((await readAll(store, NOW + 2 * MINUTE)).messages).toEqual([]);
  });

  test('a walk through one workspace meets nothing of another, and every attempt of its events once', async () => {
    await using opened = await open();
    const { store } = opened;
    const [mine, other] = [await addLine(store), await addLine(store)];
    for (const [line, count] of [
      [mine, 3],
      [other, 2],
    ] as const) {
      const from = (n: number) => `+1214555${line === mine ? 1 : 2}00${n}`;
      const entries = Array.from({ length: count }, (_, n) => messageEntry({ from: from(n) }));
      await store.recordJournal(line.device_id, new Journal().batch(...entries), NOW);
    }
    // The first attempt of one fails, so that an event has two.
    for (const [now, ms] of [
      [NOW, 40],
      [NOW + MINUTE, 60],
    ] as const) {
      const due = await claimDue(store, { now });
      const outcomes = due.map((delivery, n) => {
        const fails = now === NOW && n === 0;
        const one = settled(delivery, fails ? { kind: 'retry', at: NOW + 1 } : { kind: 'delivered' });
        return { ...one, attempt: { ...one.attempt, attempt: delivery.attempt, latency_ms: ms } };
      });
      await store.settleDeliveries('hub-1', outcomes, now);
    }
    const everything = await readAll(store, 0);
    expect(everything.messages).toHaveLength(5);
    expect(everything.attempts.toSorted()).toEqual([40, 40, 40, 40, 40, 60]);
    const counts = await Promise.all(
      [mine, other].map(async ({ location_id }) => {
        const { messages, attempts } = await readAll(store, 0, location_id);
        return [messages.length, attempts.length] as const;
      }),
    );
    expect(counts.map(([messages]) => messages)).toEqual([3, 2]);
    expect(counts[0]![1] + counts[1]![1]).toBe(6);
    expect((await readAll(store, 0, 'nobody')).messages).toEqual([]);
  });

  test('webhooks and their events are counted, of all workspaces or of some', async () => {
    await using opened = await open();
    const { store } = opened;
    const [failing, off, fine] = [await addLine(store), await addLine(store), await addLine(store)];
    await addLine(store, { url: null });
    for (const line of [failing, fine]) {
      const from = line === failing ? '+12145551001' : '+12145551002';
      const entries = [messageEntry({ from }), messageEntry({ from })];
      await store.recordJournal(line.device_id, new Journal().batch(...entries), NOW);
    }
    const due = await claimDue(store);
    await store.settleDeliveries(
      'hub-1',
      due.map((one) =>
        settled(one, one.location_id === fine.location_id ? { kind: 'delivered' } : { kind: 'dead' }),
      ),
      NOW,
    );
    await store.updateWorkspace(off.location_id, { webhook_enabled: false }, NOW);
    const told = messageEntry({ from: '+12145551003' });
    await store.recordJournal(off.device_id, new Journal().batch(told), NOW);
    expect(await store.countWebhooks(undefined)).toEqual({
      failing: 1,
      disabled: 1,
      pending: 2,
      dead: 1,
      recorded: 1,
    });
    expect(await store.countWebhooks([fine.location_id, off.location_id])).toEqual({
      failing: 0,
      disabled: 1,
      pending: 1,
      dead: 0,
      recorded: 1,
    });
    expect(await store.countWebhooks([])).toEqual({
      failing: 0,
      disabled: 0,
      pending: 0,
      dead: 0,
      recorded: 0,
    });
  });
}
