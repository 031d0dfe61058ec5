import { expect, test } from 'vitest';
import type { Store } from '../../../../hub/store/store.ts';
import {
  addLine,
  claimDue,
  drain,
  HOUR,
  Journal,
  messageEntry,
  NOW,
  type OpenStore,
  settled,
} from './fixtures.ts';

interface Line {
  location_id: string;
  device_id: string;
}

/** Inbound messages of these senders, in this order: one delivery each. */
async function hear(store: Store, line: Line, senders: string[], journal = new Journal()): Promise<void> {
  const entries = senders.map((from, n) => messageEntry({ from, text: `${n}` }));
  await store.recordJournal(line.device_id, journal.batch(...entries), NOW);
}

const ANN = '+12145550101';
const BEN = '+12145550102';
const CLEO = '+12145550103';

export function describeOutcomes(open: OpenStore): void {
  test('every attempt is listed, with what the receiver answered', async () => {
    await using opened = await open();
    const { store } = opened;
    await hear(store, await addLine(store), [ANN]);
    const outcomes = [{ kind: 'retry', at: NOW }, { kind: 'retry', at: NOW }, { kind: 'dead' }] as const;
    let id = '';
    for (const [n, outcome] of outcomes.entries()) {
      const [claimed] = await claimDue(store);
      id = claimed!.id;
      expect(claimed!.attempt).toBe(n + 1);
      const one = settled(claimed!, outcome);
      one.attempt = { ...one.attempt, attempt: n + 1, response: `no ${n}`, latency_ms: 1.4 };
      await store.settleDeliveries('hub-1', [one], NOW);
    }
    const attempts = await store.listAttempts(id);
    expect(attempts.map(({ attempt, response }) => [attempt, response])).toEqual([
      [1, 'no 0'],
      [2, 'no 1'],
      [3, 'no 2'],
    ]);
    expect(attempts[0]).toMatchObject({
      http_status: 500,
      error: 'http_status',
      error_message: null,
      at: NOW,
    });
    expect(await store.findDelivery(id)).toMatchObject({
      status: 'dead',
      attempts: 3,
      next_attempt_at: null,
      last_error: 'http_status 500',
    });
    expect(await store.nextDeliveryAt(NOW)).toBeUndefined();
    expect(await store.listAttempts('nothing')).toEqual([]);
  });

  test('an answer of any bytes is kept, as far as text can hold it, and holds up no other outcome', async () => {
    await using opened = await open();
    const { store } = opened;
    await hear(store, await addLine(store), [ANN, BEN]);
    const [odd, plain] = (await claimDue(store)).map((delivery) => settled(delivery));
    odd!.attempt.response = 'PNG\0\r\n\ud800';
    await store.settleDeliveries('hub-1', [odd!, plain!], NOW);
    expect(await store.listAttempts(odd!.id)).toMatchObject([{ response: 'PNG\ufffd\r\n\ufffd' }]);
    expect(await claimDue(store, { now: NOW + HOUR })).toEqual([]);
  });

  test('without a URL, or switched off, events are recorded and none is sent', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store, { url: null });
    await hear(store, line, [ANN]);
    expect(await claimDue(store)).toEqual([]);
    await store.updateWorkspace(line.location_id, { url: 'https://b.example' }, NOW);
    await hear(store, line, [ANN, ANN, BEN]);
    const [leased] = await claimDue(store, { limit: 1 });
    await store.updateWorkspace(line.location_id, { webhook_enabled: false }, NOW);
    expect(await claimDue(store)).toEqual([]);
    await store.settleDeliveries('hub-1', [settled(leased!, { kind: 'retry', at: NOW })], NOW);
    expect(await claimDue(store)).toEqual([]);
    const { items } = await store.listDeliveries(
      { workspace: line.location_id, status: 'recorded' },
      { limit: 9 },
    );
    expect(items).toHaveLength(4);
    expect(await store.retryDelivery(items[0]!.id, NOW)).toBe(false);
  });

  test('an endpoint that wants no more is switched off with the reason, its events recorded', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await hear(store, line, [ANN, ANN, BEN]);
    const [gone] = await claimDue(store, { limit: 1 });
    const reason = 'The endpoint answered 410 Gone.';
    await store.settleDeliveries('hub-1', [settled(gone!, { kind: 'disable', reason })], NOW + 1);
    expect(await store.findWorkspace(line.location_id)).toMatchObject({
      webhook_enabled: false,
      webhook_disabled_reason: reason,
    });
    expect(await claimDue(store)).toEqual([]);
    expect((await store.listDeliveries({ status: 'recorded' }, { limit: 9 })).items).toHaveLength(3);
    await store.updateWorkspace(line.location_id, { webhook_enabled: true }, NOW + 2);
    await hear(store, line, [CLEO]);
    expect((await drain(store, NOW + 2)).map(({ phone }) => phone)).toEqual([CLEO]);
  });

  test('an endpoint that was replaced while it was asked does not switch off the one in its place', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await hear(store, line, [ANN, ANN]);
    const [first] = await claimDue(store);
    const url = 'https://new.example/hook';
    await store.updateWorkspace(line.location_id, { url }, NOW);
    const gone = { kind: 'disable', reason: 'It answered 410.' } as const;
    expect(
      await store.settleDeliveries('hub-1', [{ ...settled(first!, gone), url: first!.url }], NOW),
    ).toEqual([]);
    expect(await store.findWorkspace(line.location_id)).toMatchObject({
      webhook_enabled: true,
      failing_since: null,
    });
    const [again, ...others] = await claimDue(store);
    expect(again).toMatchObject({ id: first!.id, url, attempt: 2 });
    expect(others).toEqual([]);
    await store.settleDeliveries('hub-1', [{ ...settled(again!, gone), url }], NOW);
    expect(await store.findWorkspace(line.location_id)).toMatchObject({ webhook_enabled: false });
  });

  test('a dead delivery is sent again when asked for, at the start of its schedule and before what came later', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const journal = new Journal();
    await hear(store, line, [ANN], journal);
    const [first] = await claimDue(store);
    await store.settleDeliveries('hub-1', [settled(first!, { kind: 'dead' })], NOW);
    await hear(store, line, [ANN, ANN], journal);
    expect(await store.retryDelivery(first!.id, NOW + 1)).toBe(true);
    expect((await claimDue(store, { now: NOW + 1 })).map(({ id, attempt }) => [id, attempt])).toEqual([
      [first!.id, 1],
    ]);
    await store.settleDeliveries('hub-1', [settled(first!)], NOW + 1);
    expect(await store.findDelivery(first!.id)).toMatchObject({ status: 'delivered', attempts: 2 });
    expect((await store.listAttempts(first!.id)).map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect((await drain(store, NOW + 1)).map(({ message }) => message)).toEqual(['0', '1']);
    expect(await store.retryDelivery(first!.id, NOW + 2)).toBe(false);
    expect(await store.retryDelivery('nothing', NOW + 2)).toBe(false);
  });

  test('an attempt that was asked for takes no step of the schedule', async () => {
    await using opened = await open();
    const { store } = opened;
    await hear(store, await addLine(store), [ANN]);
    const later = { kind: 'retry', at: NOW + HOUR } as const;
    const [first] = await claimDue(store);
    await store.settleDeliveries('hub-1', [settled(first!, later)], NOW);
    for (const n of [2, 3]) {
      expect(await store.retryDelivery(first!.id, NOW + n)).toBe(true);
      // However often it is asked for before it begins.
      expect(await store.retryDelivery(first!.id, NOW + n)).toBe(true);
      const [again] = await claimDue(store, { now: NOW + n });
      expect(again).toMatchObject({ id: first!.id, attempt: 1 });
      await store.settleDeliveries('hub-1', [settled(again!, later)], NOW + n);
      expect(await store.findDelivery(first!.id)).toMatchObject({ attempts: n });
    }
    const [due] = await claimDue(store, { now: NOW + HOUR });
    expect(due).toMatchObject({ id: first!.id, attempt: 2 });
  });

  test('all of a workspace that rest are due at once when asked for, batch by batch, and those of no other', async () => {
    await using opened = await open();
    const { store } = opened;
    const [line, other] = [await addLine(store), await addLine(store)];
    await hear(store, line, [ANN, ANN, BEN, CLEO]);
    await hear(store, other, [ANN]);
    const later = { kind: 'retry', at: NOW + HOUR } as const;
    const claimed = await claimDue(store);
    expect(claimed).toHaveLength(4);
    await store.settleDeliveries(
      'hub-1',
      claimed.map((one) => settled(one, later)),
      NOW,
    );
    const batch = { location_id: line.location_id, limit: 2 };
    expect(await store.hastenDeliveries(batch, NOW + 1)).toBe(2);
    expect(await claimDue(store, { now: NOW + 1 })).toHaveLength(2);
    expect(await store.hastenDeliveries(batch, NOW + 1)).toBe(1);
    expect(await store.hastenDeliveries(batch, NOW + 1)).toBe(0);
    const [last, ...more] = await claimDue(store, { now: NOW + 1 });
    expect(more).toEqual([]);
    expect(last).toMatchObject({ location_id: line.location_id, attempt: 1 });
    await store.updateWorkspace(other.location_id, { webhook_enabled: false }, NOW);
    expect(await store.hastenDeliveries({ location_id: other.location_id, limit: 2 }, NOW + 1)).toBe(0);
  });

  test('a delivered one is sent once more only by force, in order with what is under way and what came later', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await hear(store, line, [ANN, ANN, ANN, BEN]);
    const [first, ben] = await claimDue(store);
    await store.settleDeliveries('hub-1', [settled(first!), settled(ben!)], NOW);
    const [second] = await claimDue(store);
    expect(await store.retryDelivery(first!.id, NOW + 1)).toBe(false);
    expect(await store.findDelivery(first!.id)).toMatchObject({ status: 'delivered' });
    expect(await store.retryDelivery(first!.id, NOW + 1, true)).toBe(true);
    expect(await store.findDelivery(first!.id)).toMatchObject({ status: 'pending', attempts: 1 });
    expect(await claimDue(store, { now: NOW + 1 })).toEqual([]);
    await store.settleDeliveries('hub-1', [settled(second!, { kind: 'retry', at: NOW + 1 })], NOW + 1);
    expect((await claimDue(store, { now: NOW + 1 })).map(({ id, attempt }) => [id, attempt])).toEqual([
      [first!.id, 1],
    ]);
    await store.settleDeliveries('hub-1', [settled(first!)], NOW + 1);
    expect(await store.findDelivery(first!.id)).toMatchObject({ status: 'delivered', attempts: 2 });
    expect((await drain(store, NOW + 1)).map(({ message }) => message)).toEqual(['1', '2']);
    await store.updateWorkspace(line.location_id, { webhook_enabled: false }, NOW + 2);
    expect(await store.retryDelivery(first!.id, NOW + 2, true)).toBe(false);
    expect(await store.findDelivery(first!.id)).toMatchObject({ status: 'delivered' });
  });

  test('a delivery made due by hand waits for the one under way and goes before the rest', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await hear(store, line, [ANN, ANN, ANN]);
    const [oldest] = await claimDue(store);
    await store.settleDeliveries('hub-1', [settled(oldest!, { kind: 'dead' })], NOW);
    const [second] = await claimDue(store);
    await store.retryDelivery(oldest!.id, NOW);
    expect(await claimDue(store)).toEqual([]);
    await store.settleDeliveries('hub-1', [settled(second!, { kind: 'retry', at: NOW })], NOW);
    const order: string[] = [];
    for (let due = await claimDue(store); due.length > 0; due = await claimDue(store)) {
      expect(due).toHaveLength(1);
      order.push(due[0]!.id);
      await store.settleDeliveries('hub-1', [settled(due[0]!)], NOW);
    }
    expect(order.slice(0, 2)).toEqual([oldest!.id, second!.id]);
    expect(order).toHaveLength(3);
  });

  test('the rest before a retry can be ended by hand', async () => {
    await using opened = await open();
    const { store } = opened;
    await hear(store, await addLine(store), [ANN, ANN]);
    const [head] = await claimDue(store);
    await store.settleDeliveries('hub-1', [settled(head!, { kind: 'retry', at: NOW + HOUR })], NOW);
    expect(await store.nextDeliveryAt(NOW)).toBe(NOW + HOUR);
    const { items } = await store.listDeliveries({ status: 'pending' }, { limit: 9 });
    expect(await store.retryDelivery(items[0]!.id, NOW + 5)).toBe(true);
    expect(await store.nextDeliveryAt(NOW)).toBe(NOW + 5);
    expect(await claimDue(store, { now: NOW + 5 })).toMatchObject([{ id: head!.id, attempt: 2 }]);
  });

  test('the queues are counted', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await hear(store, line, [ANN, ANN, BEN]);
    const [dead] = await claimDue(store, { limit: 1 });
    await store.settleDeliveries('hub-1', [settled(dead!, { kind: 'dead' })], NOW);
    expect(await store.countQueues(NOW + 70)).toEqual({
      messages_queued: 0,
      messages_dispatched: 0,
      deliveries_pending: 2,
      deliveries_dead: 1,
      oldest_due_ms: 70,
    });
    await store.ping();
  });
}
