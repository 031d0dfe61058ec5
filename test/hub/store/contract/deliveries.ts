import { expect, test } from 'vitest';
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

export function describeDeliveries(open: OpenStore): void {
  test('a claim brings what is needed to POST: body, id, address, headers, secret', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await hear(store, line, [ANN]);
    const [claimed] = await claimDue(store);
    expect(claimed).toMatchObject({
      location_id: line.location_id,
      type: 'MESSAGE',
      attempt: 1,
      created_at: NOW,
      url: 'https://client.example/hook',
      headers: [{ key: 'x-tenant', value: 'seven' }],
      signing_secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    });
    expect(claimed!.webhook_id).toMatch(/^msg_[\w-]{8,}$/);
    expect(eventOf(claimed!)).toMatchObject({ phone: ANN, message: '0' });
    const shown = await store.findDelivery(claimed!.id);
    expect(shown).toMatchObject({ status: 'pending', attempts: 1, webhook_id: claimed!.webhook_id });
  });

  test('a conversation is told in order, one at a time; others are told meanwhile', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await hear(store, line, [ANN, ANN, BEN, ANN, CLEO, BEN]);
    const first = await claimDue(store);
    expect(first.map((one) => eventOf(one).message)).toEqual(['0', '2', '4']);
    expect(await claimDue(store, { now: NOW + 1 })).toEqual([]);
    await store.settleDeliveries('hub-1', [settled(first[1]!), settled(first[2]!)], NOW + 2);
    const second = await claimDue(store, { now: NOW + 2 });
    expect(second.map((one) => eventOf(one).message)).toEqual(['5']);
    await store.settleDeliveries(
      'hub-1',
      [settled(second[0]!), settled(first[0]!, { kind: 'retry', at: NOW + HOUR })],
      NOW + 2,
    );
    expect(await claimDue(store, { now: NOW + HOUR - 1 })).toEqual([]);
    const again = await claimDue(store, { now: NOW + HOUR });
    expect(again).toMatchObject([{ id: first[0]!.id, webhook_id: first[0]!.webhook_id, attempt: 2 }]);
    expect(again[0]!.body).toBe(first[0]!.body);
    await store.settleDeliveries('hub-1', [settled(again[0]!)], NOW + HOUR);
    expect((await drain(store, NOW + HOUR)).map(({ message }) => message)).toEqual(['1', '3']);
  });

  test('due in the past is due', async () => {
    await using opened = await open();
    const { store } = opened;
    await hear(store, await addLine(store), [ANN]);
    expect(await claimDue(store, { now: NOW + 900 * HOUR })).toHaveLength(1);
  });

  test('each workspace gets its share of a claim, and a busy one none', async () => {
    await using opened = await open();
    const { store } = opened;
    const lines = [await addLine(store), await addLine(store), await addLine(store)];
    const many = Array.from({ length: 60 }, (_, n) => `+1214555${1_000 + n}`);
    await hear(store, lines[0]!, many);
    await hear(store, lines[1]!, [ANN]);
    await hear(store, lines[2]!, [BEN, CLEO]);
    const claimed = await claimDue(store, { limit: 9 });
    const countOf = ({ location_id }: Line) =>
      claimed.filter((one) => one.location_id === location_id).length;
    expect(claimed).toHaveLength(9);
    expect([countOf(lines[1]!), countOf(lines[2]!)]).toEqual([1, 2]);
    expect(await claimDue(store, { busy: [lines[0]!.location_id] })).toEqual([]);
    expect(await store.nextDeliveryAt(NOW, [lines[0]!.location_id])).toBeUndefined();
    expect(await store.nextDeliveryAt(NOW)).toBe(NOW);
    expect(await claimDue(store, { limit: 100 })).toHaveLength(54);
  });

  test('with more workspaces than a claim has room for, each gets its turn', async () => {
    await using opened = await open();
    const { store } = opened;
    const lines = [await addLine(store), await addLine(store), await addLine(store), await addLine(store)];
    for (const line of lines) await hear(store, line, [ANN, BEN, CLEO]);
    const served = [...(await claimDue(store, { limit: 2 })), ...(await claimDue(store, { limit: 2 }))];
    expect(new Set(served.map(({ location_id }) => location_id)).size).toBe(4);
  });

  test('an expired lease passes on, and its old owner settles nothing', async () => {
    await using opened = await open();
    const { store } = opened;
    await hear(store, await addLine(store), [ANN, ANN]);
    const [lost] = await claimDue(store, { owner: 'dead-hub' });
    expect(await claimDue(store, { now: NOW + 59_999, owner: 'hub-2' })).toEqual([]);
    const [taken] = await claimDue(store, { now: NOW + 60_000, owner: 'hub-2' });
    expect(taken).toMatchObject({ id: lost!.id, attempt: 2 });
    await store.settleDeliveries('dead-hub', [settled(lost!)], NOW + 60_001);
    expect(await store.findDelivery(lost!.id)).toMatchObject({ status: 'pending', attempts: 2 });
    await store.settleDeliveries('hub-2', [settled(taken!)], NOW + 60_002);
    expect(await store.findDelivery(lost!.id)).toMatchObject({ status: 'delivered', attempts: 2 });
    await store.settleDeliveries('hub-2', [settled(taken!, { kind: 'dead' })], NOW + 60_003);
    expect(await store.findDelivery(lost!.id)).toMatchObject({ status: 'delivered' });
    expect(await claimDue(store, { now: NOW + 60_003 })).toHaveLength(1);
  });

  test('many claim at once and each delivery goes to one', async () => {
    await using opened = await open();
    const { store } = opened;
    const senders = Array.from({ length: 80 }, (_, n) => `+1214555${1_000 + n}`);
    await hear(store, await addLine(store), senders);
    const claims = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((n) => claimDue(store, { limit: 30, owner: `hub-${n}` })),
    );
    // One that meets another at the same rows gets fewer, and asks again.
    claims.push(await claimDue(store));
    expect(new Set(claims.flat().map(({ id }) => id)).size).toBe(80);
    expect(claims.flat()).toHaveLength(80);
  });

  test('what was claimed and not attempted is given back uncounted', async () => {
    await using opened = await open();
    const { store } = opened;
    await hear(store, await addLine(store), [ANN, BEN]);
    await claimDue(store, { limit: 1, owner: 'leaving' });
    const [kept] = await claimDue(store, { limit: 1, owner: 'staying' });
    await store.releaseDeliveries('leaving');
    const again = await claimDue(store);
    expect(again).toHaveLength(1);
    expect(again[0]).toMatchObject({ attempt: 1 });
    expect(again[0]!.id).not.toBe(kept!.id);
  });

  test('what one claim took is given back alone, as if it had not been claimed', async () => {
    await using opened = await open();
    const { store } = opened;
    await hear(store, await addLine(store), [ANN, BEN, CLEO]);
    const [kept] = await claimDue(store, { limit: 1 });
    const [lost] = await claimDue(store, { limit: 1, now: NOW + 1 });
    const [other] = await claimDue(store, { limit: 1, now: NOW + 1, owner: 'other' });
    // Leases run for a minute here.
    await store.releaseDeliveries('hub-1', NOW + 60_001);
    const again = await claimDue(store);
    expect(again.map(({ id }) => id)).toEqual([lost!.id]);
    expect(again[0]).toMatchObject({ attempt: 1 });
    expect(new Set([kept!.id, lost!.id, other!.id]).size).toBe(3);
  });

  test('what an owner has lost is due again, its attempt counted; what it has in hand, and others have, is not', async () => {
    await using opened = await open();
    const { store } = opened;
    await hear(store, await addLine(store), [ANN, BEN, CLEO]);
    const [lost, kept] = await claimDue(store, { limit: 2 });
    await claimDue(store, { limit: 1, owner: 'other' });
    expect(await store.freeStrayDeliveries('hub-1', [kept!.id])).toBe(1);
    expect(await store.freeStrayDeliveries('hub-1', [kept!.id])).toBe(0);
    const again = await claimDue(store);
    expect(again.map(({ id, attempt }) => ({ id, attempt }))).toEqual([{ id: lost!.id, attempt: 2 }]);
  });
}
