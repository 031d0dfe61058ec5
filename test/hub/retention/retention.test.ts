import { describe, expect, test } from 'vitest';
import { Retention } from '../../../hub/retention/retention.ts';
import type { RetentionStore } from '../../../hub/store/retention.ts';
import type { Store } from '../../../hub/store/store.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { waitFor } from '../../kit/wait.ts';
import { messageEntry as received, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';
import { addLine, drain, Journal, messageEntry, NOW } from '../store/contract/fixtures.ts';
import { openTemporary } from '../store/sqlite-fixtures.ts';

const DAY = 86_400_000;
const log = createLog('hub', 'silent');
const pace = { look: 1, pass: 5, pause: 1 };

/** Twelve conversations whose events have been delivered. */
async function fill(store: Store): Promise<void> {
  const line = await addLine(store);
  const entries = Array.from({ length: 120 }, (_, n) => messageEntry({ from: `+12145550${200 + n}` }));
  await store.recordJournal(line.device_id, new Journal().batch(...entries), NOW);
  await drain(store);
}

async function countRows(store: Store): Promise<{ messages: number; deliveries: number }> {
  const messages = await store.listMessages({}, { limit: 200 });
  const deliveries = await store.listDeliveries({}, { limit: 200 });
  return { messages: messages.items.length, deliveries: deliveries.items.length };
}

describe('a pass', () => {
  test('removes what is older than each time of retention, and nothing that is kept for ever', async () => {
    await using opened = await openTemporary();
    const { store } = opened;
    await fill(store);
    const passAt = async (now: number, keep: { messages?: number; deliveries?: number }) => {
      await using retention = new Retention({
        store,
        keep: { messages: keep.messages, deliveries: keep.deliveries },
        log,
        now: () => now,
        pace,
      });
      await retention.sweep();
      return countRows(store);
    };
    expect(await passAt(NOW + 9 * DAY, { messages: 10 * DAY, deliveries: 10 * DAY })).toEqual({
      messages: 120,
      deliveries: 120,
    });
    expect(await passAt(NOW + 1_000 * DAY, {})).toEqual({ messages: 120, deliveries: 120 });
    expect(await passAt(NOW + 9 * DAY, { messages: 10 * DAY, deliveries: DAY })).toEqual({
      messages: 120,
      deliveries: 0,
    });
    expect(await passAt(NOW + 9 * DAY, { messages: DAY })).toEqual({ messages: 0, deliveries: 0 });
  });

  test('gives everybody else a turn between its steps, and ends between two of them when it is to stop', async () => {
    const limits: number[] = [];
    let turns = 0;
    const stopping = new AbortController();
    const store: RetentionStore = {
      forgetMessages: async () => ({ removed: 0, next: undefined }),
      forgetDeliveries: async ({ limit, after }) => {
        limits.push(limit);
        const before = turns;
        setImmediate(() => {
          turns += 1;
        });
        expect(before).toBe(after);
        if (after === 4) stopping.abort();
        return { removed: limit, next: after + 1 };
      },
      forgetReports: async () => 0,
      purgeDeleted: async () => ({ removed: 0, next: undefined }),
    };
    const keep = { messages: undefined, deliveries: DAY };
    await using retention = new Retention({ store, keep, log, now: () => NOW, pace });
    await retention.sweep(stopping.signal);
    expect(limits).toEqual([100, 100, 100, 100, 100]);
  });
});

test('a clock that was set ahead makes nothing old until it has run on, and then what it says counts', async () => {
  await using opened = await openTemporary();
  const { store } = opened;
  await fill(store);
  let wall = NOW;
  let steady = 0;
  const looked: number[] = [];
  const watching: RetentionStore = {
    forgetMessages: (walk) => store.forgetMessages(walk),
    forgetDeliveries: (walk) => store.forgetDeliveries(walk),
    forgetReports: (request, now) => store.forgetReports(request, now),
    purgeDeleted: async () => {
      looked.push(steady);
      return { removed: 0, next: undefined };
    },
  };
  const keep = { messages: DAY, deliveries: DAY };
  await using retention = new Retention({
    store: watching,
    keep,
    log,
    now: () => wall,
    steady: () => steady,
    pace: { ...pace, pass: 1_000 },
  });
  const runFor = async (milliseconds: number): Promise<void> => {
    wall += milliseconds;
    steady += milliseconds;
    const begun = looked.length;
    await waitFor('two looks', () => looked.length >= begun + 2);
  };
  retention.start();
  await runFor(999);
  wall += 700 * DAY;
  await runFor(1);
  expect(await countRows(store)).toEqual({ messages: 120, deliveries: 120 });
  wall -= 700 * DAY;
  await runFor(1_000);
  await runFor(1_000);
  expect(await countRows(store)).toEqual({ messages: 120, deliveries: 120 });
  wall += 2 * DAY;
  await runFor(1_000);
  expect(await countRows(store)).toEqual({ messages: 120, deliveries: 120 });
  await runFor(1_000);
  expect(await countRows(store)).toEqual({ messages: 0, deliveries: 0 });
});

test('a workspace with many events is deleted at once for its admin, and cleared away by the running hub', async () => {
  await using hub = await TestHub.start();
  const mac = await hub.pairMac();
  const { id } = await hub.join(mac.id);
  using device = await TestDevice.online(hub.url, mac.token);
  for (let batch = 0; batch < 6; batch += 1)
    await device.report(
      ...Array.from({ length: 100 }, (_, n) => received(`g${batch}-${n}`, 'hi', `+1214555${1_000 + n}`)),
    );
  expect((await hub.api('DELETE', `/api/workspaces/${id}`)).status).toBe(204);
  expect((await hub.api('DELETE', `/api/workspaces/${id}`)).status).toBe(404);
  expect((await hub.api('GET', `/api/workspaces/${id}`)).status).toBe(404);
  expect((await hub.send(id, 'm1')).body.code).toBe('unknown_location');
  const shown = await hub.api('GET', '/api/deliveries');
  expect(shown.body.items).toEqual([]);
  const cleared = await waitFor('the rest to go', () =>
    hub.logLines.find(({ msg }) => String(msg).startsWith('what deleted workspaces left')),
  );
  expect(Number(cleared.rows)).toBeGreaterThanOrEqual(400);
});
