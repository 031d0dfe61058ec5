import { expect, test } from 'vitest';
import type { ReplayRequest } from '../../../../hub/store/steps/replay.ts';
import type { Store } from '../../../../hub/store/store.ts';
import {
  addLine,
  claimDue,
  drain,
  eventOf,
  HOUR,
  Journal,
  messageEntry,
  NOW,
  type OpenStore,
  settled,
} from './fixtures.ts';

type Line = Awaited<ReturnType<typeof addLine>>;

const ANN = '+12145550101';
const BEN = '+12145550102';
const URL = 'https://client.example/hook';

/** Inbound messages of these senders, numbered on from `from`. */
async function hear(store: Store, line: Line, senders: string[], from = 0, now = NOW): Promise<void> {
  const entries = senders.map((sender, n) => messageEntry({ from: sender, text: `${from + n}` }));
  await store.recordJournal(line.device_id, new Journal().batch(...entries), now);
}

/** All batches; how many deliveries they put back in line. */
async function replay(
  store: Store,
  location_id: string,
  request: Partial<ReplayRequest> = {},
  now = NOW + HOUR,
): Promise<number> {
  let after: ReplayRequest['after'];
  for (let count = 0; ; ) {
    const outcome = await store.replayDeliveries(
      { location_id, statuses: ['dead', 'recorded'], since: 0, until: now, limit: 2, ...request, after },
      now,
    );
    if (outcome.kind === 'silent') throw new Error('the webhook is off');
    count += outcome.count;
    if (outcome.next === undefined) return count;
    after = outcome.next;
  }
}

async function giveUpAll(store: Store, now = NOW): Promise<void> {
  for (let due = await claimDue(store, { now }); due.length > 0; due = await claimDue(store, { now }))
    await store.settleDeliveries(
      'hub-1',
      due.map((one) => settled(one, { kind: 'dead' })),
      now,
    );
}

export function describeReplaying(open: OpenStore): void {
  test('what was recorded without a URL is sent in order once there is one, under the id it has', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store, { url: null });
    await hear(store, line, [ANN, BEN, ANN, ANN, BEN]);
    const request = { location_id: line.location_id, since: 0, until: NOW, limit: 9 };
    const all: ReplayRequest = { ...request, statuses: ['dead', 'recorded'] };
    expect(await store.replayDeliveries(all, NOW)).toEqual({ kind: 'silent' });
    expect(await store.replayDeliveries({ ...all, location_id: 'nobody' }, NOW)).toEqual({ kind: 'silent' });
    await store.updateWorkspace(line.location_id, { url: URL }, NOW);
    const { items } = await store.listDeliveries({ status: 'recorded' }, { limit: 9 });
    expect(await replay(store, line.location_id)).toBe(5);
    const told: string[] = [];
    for (let due = await claimDue(store, { now: NOW + HOUR }); due.length > 0; ) {
      told.push(...due.map((one) => one.webhook_id));
      await store.settleDeliveries(
        'hub-1',
        due.map((one) => settled(one)),
        NOW + HOUR,
      );
      due = await claimDue(store, { now: NOW + HOUR });
    }
    expect(told.toSorted()).toEqual(items.map(({ webhook_id }) => webhook_id).toSorted());
    const inOrder = items.toReversed().map(({ webhook_id }) => webhook_id);
    const ofAnn = [inOrder[0], inOrder[2], inOrder[3]];
    expect(told.filter((id) => ofAnn.includes(id))).toEqual(ofAnn);
    expect(await replay(store, line.location_id)).toBe(0);
  });

  test('dead ones begin their schedule anew, before what waits in their conversation', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await hear(store, line, [ANN, ANN, BEN]);
    await giveUpAll(store);
    await hear(store, line, [ANN, BEN], 3);
    const [waiting] = await claimDue(store, { limit: 1 });
    const later = { kind: 'retry', at: NOW + 2 * HOUR } as const;
    await store.settleDeliveries('hub-1', [settled(waiting!, later)], NOW);
    expect(await replay(store, line.location_id, { statuses: ['dead'] })).toBe(3);
    const due = await claimDue(store, { now: NOW + HOUR });
    expect(due.map((one) => [eventOf(one).message, one.attempt])).toEqual([
      ['0', 1],
      ['2', 1],
    ]);
    await store.settleDeliveries(
      'hub-1',
      due.map((one) => settled(one)),
      NOW + HOUR,
    );
    expect((await drain(store, NOW + HOUR)).map(({ message }) => message).toSorted()).toEqual([
      '1',
      '3',
      '4',
    ]);
  });

  test('one that is being attempted is not overtaken, and goes on after what was put before it', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await hear(store, line, [ANN, ANN]);
    await giveUpAll(store);
    await hear(store, line, [ANN], 2);
    const [underWay] = await claimDue(store);
    expect(await replay(store, line.location_id, {}, NOW + 1)).toBe(2);
    expect(await claimDue(store, { now: NOW + 1 })).toEqual([]);
    await store.settleDeliveries('hub-1', [settled(underWay!, { kind: 'retry', at: NOW })], NOW + 1);
    expect((await drain(store, NOW + HOUR)).map(({ message }) => message)).toEqual(['0', '1', '2']);
  });

  test('only those of the span, the statuses and the workspace that are asked for', async () => {
    await using opened = await open();
    const { store } = opened;
    const [line, other] = [await addLine(store), await addLine(store)];
    await hear(store, line, [ANN, BEN], 0, NOW - HOUR);
    await hear(store, line, [ANN, BEN], 2, NOW);
    await hear(store, other, [ANN], 4, NOW);
    await giveUpAll(store);
    await store.updateWorkspace(line.location_id, { webhook_enabled: false }, NOW);
    await hear(store, line, [BEN], 5, NOW + 1);
    await store.updateWorkspace(line.location_id, { webhook_enabled: true }, NOW);
    const id = line.location_id;
    expect(await replay(store, id, { since: NOW + 2 })).toBe(0);
    expect(await replay(store, id, { until: NOW - HOUR - 1 })).toBe(0);
    expect(await replay(store, id, { statuses: ['recorded'] })).toBe(1);
    expect(await replay(store, id, { since: NOW })).toBe(2);
    expect((await drain(store, NOW + HOUR)).map(({ message }) => message).toSorted()).toEqual([
      '2',
      '3',
      '5',
    ]);
    expect((await store.listDeliveries({ status: 'dead', workspace: id }, { limit: 9 })).items).toHaveLength(
      2,
    );
    expect((await store.listDeliveries({ status: 'dead' }, { limit: 9 })).items).toHaveLength(3);
  });

  test('replays at once put each back once, while others deliver', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await hear(
      store,
      line,
      Array.from({ length: 60 }, (_, n) => `+1214555${1_000 + (n % 7)}`),
    );
    await giveUpAll(store);
    const [first, second, delivered] = await Promise.all([
      replay(store, line.location_id, { limit: 5 }),
      replay(store, line.location_id, { limit: 7 }),
      drain(store, NOW + HOUR),
    ]);
    expect(first + second).toBe(60);
    delivered.push(...(await drain(store, NOW + HOUR)));
    expect(delivered).toHaveLength(60);
    for (const [, told] of Map.groupBy(delivered, ({ phone }) => phone)) {
      const numbers = told.map(({ message }) => Number(message));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
  });

  test('what a replay would send again is counted, by status and from a time on', async () => {
    await using opened = await open();
    const { store } = opened;
    const [line, other] = [await addLine(store), await addLine(store, { url: null })];
    await hear(store, line, [ANN, BEN]);
    await giveUpAll(store);
    await store.updateWorkspace(line.location_id, { webhook_enabled: false }, NOW);
    await hear(store, line, [ANN, ANN, BEN], 2, NOW + HOUR);
    await hear(store, other, ['+12145550109'], 0, NOW + HOUR);
    expect(await store.countKept(line.location_id, 0)).toEqual({ dead: 2, recorded: 3 });
    expect(await store.countKept(line.location_id, NOW + HOUR)).toEqual({ dead: 0, recorded: 3 });
    expect(await store.countKept(line.location_id, NOW + 2 * HOUR)).toEqual({ dead: 0, recorded: 0 });
    expect(await store.countKept('nobody', 0)).toEqual({ dead: 0, recorded: 0 });
  });
}
