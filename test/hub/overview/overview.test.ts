import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QuietReads } from '../../../hub/api/quiet-reads.ts';
import { Overview } from '../../../hub/overview/overview.ts';
import type { MessageTraffic, TrafficStore } from '../../../hub/store/traffic.ts';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { messageEntry, statusEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const HOUR = 3_600_000;

const MESSAGE: MessageTraffic = {
  status: 'DELIVERED',
  from_me: 0,
  error_code: null,
  device_id: 'd1',
  created_at: NOW - HOUR,
  sent_at: NOW - HOUR + 800,
  delivered_at: NOW - HOUR + 2_000,
};

/** A store that holds these messages and counts how often it is asked. */
function storeOf(messages: MessageTraffic[]) {
  const asked: (readonly string[] | undefined)[] = [];
  const store: TrafficStore = {
    findTrafficSince: async () => ({ messages: { from: 0, before: 9 }, deliveries: { from: 0, before: 9 } }),
    readMessageTraffic: async () => ({ rows: messages, next: undefined }),
    readAttemptTraffic: async () => ({ rows: [12], next: undefined }),
    countWebhooks: async (workspaces) => {
      asked.push(workspaces);
      return { failing: 1, disabled: 0, pending: 2, dead: 3, recorded: 4 };
    },
  };
  return { store, asked };
}

function overviewOf(messages: MessageTraffic[]) {
  const { store, asked } = storeOf(messages);
  return { overview: new Overview({ store, quiet: new QuietReads(), now: () => NOW }), asked, store };
}

const REQUEST = { since: NOW - 3 * HOUR, stepMs: HOUR, workspaces: undefined };

describe('an overview', () => {
  test('is refused to who asks for more of them than the hub can count at once, and not to who asks for the same', async () => {
    const { overview } = overviewOf([MESSAGE]);
    const read = async (n: number) => overview.read({ ...REQUEST, since: REQUEST.since - n });
    const results = await Promise.allSettled(Array.from({ length: 200 }, (_, n) => read(n)));
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(100);
    for (const one of refused) expect(one).toMatchObject({ reason: { code: 'unavailable' } });
    const alike = await Promise.all(Array.from({ length: 200 }, () => read(1_000)));
    expect(new Set(alike).size).toBe(1);
  });

  test('counts each message once, by what it is now, in its step and for its device', async () => {
    const { overview } = overviewOf([
      MESSAGE,
      { ...MESSAGE, status: 'READ' },
      { ...MESSAGE, status: 'SENT', delivered_at: null },
      { ...MESSAGE, status: 'DISPATCHED', sent_at: null, delivered_at: null, created_at: NOW - 1 },
      { ...MESSAGE, status: 'QUEUED', sent_at: null, delivered_at: null, device_id: null },
      { ...MESSAGE, status: 'FAILED', sent_at: null, delivered_at: null, error_code: 'canceled' },
      { ...MESSAGE, status: 'FAILED', sent_at: null, delivered_at: null, error_code: 'network' },
      { ...MESSAGE, status: 'RECEIVED', sent_at: null, delivered_at: null, created_at: NOW - 3 * HOUR - 5 },
      { ...MESSAGE, status: 'RECEIVED', sent_at: null, delivered_at: null, from_me: 1 },
    ]);
    const view = await overview.read(REQUEST);
    expect(view.totals).toEqual({
      queued: 1,
      dispatched: 1,
      sent: 1,
      delivered: 1,
      read: 1,
      failed: 2,
      canceled: 1,
      received: 1,
    });
    const nothing = { queued: 0, sent: 0, delivered: 0, failed: 0, received: 0 };
    expect(view.series).toEqual([
      { at: '2026-11-22T09:00:00.000Z', ...nothing, received: 1 },
      { at: '2026-11-22T10:00:00.000Z', ...nothing },
      { at: '2026-11-22T11:00:00.000Z', queued: 2, sent: 1, delivered: 2, failed: 2, received: 0 },
    ]);
    expect(view.devices).toEqual([{ device_id: 'd1', queued: 1, sent: 3, failed: 2, received: 1 }]);
    expect(view.latency).toEqual({
      to_sent: { p50: 800, p95: 800, p99: 800, count: 3 },
      to_delivered: { p50: 1_200, p95: 1_200, p99: 1_200, count: 2 },
      webhook: { p50: 12, p95: 12, p99: 12, count: 1 },
    });
    expect(view).toMatchObject({ since: '2026-11-22T09:00:00.000Z', truncated: false });
    expect(view.webhooks).toEqual({ failing: 1, disabled: 0, pending: 2, dead: 3, recorded: 4 });
  });

  test('is made once for all who ask the same at the same time, whatever the order of workspaces', async () => {
    const { overview, asked } = overviewOf([MESSAGE]);
    const both = { ...REQUEST, workspaces: ['a', 'b'] };
    const views = await Promise.all([
      overview.read(both),
      overview.read({ ...REQUEST, workspaces: ['b', 'a'] }),
      overview.read(REQUEST),
    ]);
    expect(views[0]).toBe(views[1]);
    expect(await overview.read(both)).toBe(views[0]);
    expect(asked).toHaveLength(2);
  });

  test('that could not be made is made anew for the next who asks', async () => {
    const { overview, store } = overviewOf([MESSAGE]);
    const find = store.findTrafficSince;
    store.findTrafficSince = () => Promise.reject(new Error('the database is away'));
    await expect(overview.read(REQUEST)).rejects.toThrow('the database is away');
    store.findTrafficSince = find;
    expect((await overview.read(REQUEST)).totals.delivered).toBe(1);
  });
});

describe('GET /api/overview', () => {
  let hub: TestHub;
  let receiver: Receiver;
  beforeAll(async () => {
    hub = await TestHub.start();
    receiver = await Receiver.start();
  });
  afterAll(async () => {
    await hub[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
  });

  test('tells of what went out and came in, of all workspaces or of one', async () => {
    const mac = await hub.pairMac();
    const [one, other] = [await hub.join(mac.id, { url: receiver.url }), await hub.join(mac.id)];
    using device = await TestDevice.online(hub.url, mac.token);
    const { body } = await hub.send(one.id, 'o-1', { phone: '+12145550101' });
    await hub.send(other.id, 'o-2', { phone: '+12145550102' });
    await waitFor('the sends', () => device.sends.length === 2);
    await waitFor('the answer', async () => {
      const { body: message } = await hub.api('GET', `/api/messages/${body.id}`);
      return String(message.status) === 'DISPATCHED';
    });
    await device.report(statusEntry(String(body.id), 'SENT'));
    await device.report(messageEntry('o-in', 'Hi', '+12145550101'));
    await waitFor('the events', () => receiver.calls.length === 2);
    const read = async (query = '') => (await hub.api('GET', `/api/overview${query}`)).body;
    // A minute earlier each time, so that none is answered from memory.
    let minutes = 60;
    const all = await waitFor('both attempts', async () => {
      minutes += 1;
      const overview = await read(`?since=${new Date(Date.now() - minutes * 60_000).toISOString()}`);
      return Number(overview.latency?.webhook?.count) === 2 ? overview : undefined;
    });
    expect(all.totals).toMatchObject({ dispatched: 1, sent: 1, received: 1 });
    expect(all.devices).toEqual([{ device_id: mac.id, queued: 1, sent: 1, failed: 0, received: 1 }]);
    const of = await read(`?workspace=${other.id}`);
    expect(of.totals).toMatchObject({ dispatched: 1, sent: 0, received: 0 });
    expect(of.series).toHaveLength(25);
  });

  test.each([
    ['bucket_minutes=0', 'bucket_minutes'],
    ['since=yesterday', 'since'],
    ['since=2020-01-01T00:00:00Z', 'bucket_minutes'],
    ['workspaces=a', 'workspaces'],
  ])('refuses %s, and names the field', async (query, field) => {
    const { status, body } = await hub.api('GET', `/api/overview?${query}`);
    expect([status, body.code, body.details?.[0]?.field]).toEqual([400, 'invalid_field', field]);
  });
});
