import { expect, test } from 'vitest';
import type { Store } from '../../../../hub/store/store.ts';
import {
  addLine,
  assign,
  claim,
  dispatch,
  drain,
  HOUR,
  Journal,
  messageEntry,
  messageOf,
  NOW,
  newMessage,
  type OpenStore,
  route,
  statusEntry,
} from './fixtures.ts';

export function describeCanceling(open: OpenStore): void {
  test('a queued message that was never offered ends FAILED canceled, and its client is told', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const [waiting, routed] = [newMessage(line.location_id), newMessage(line.location_id)];
    await store.acceptMessages([waiting], NOW);
    expect(await store.cancelMessage(waiting.id, NOW)).toEqual({ kind: 'canceled' });
    await store.acceptMessages([routed], NOW);
    await route(store, [line.device_id]);
    expect(await store.cancelMessage(routed.id, NOW + 1)).toEqual({ kind: 'canceled' });
    expect(await claim(store, line.device_id)).toEqual([]);
    expect(await messageOf(store, routed.id)).toMatchObject({
      status: 'FAILED',
      error: { code: 'canceled' },
      updated_at: NOW + 1,
    });
    expect((await store.listTimeline(routed.id)).at(-1)).toMatchObject({ status: 'FAILED', source: 'hub' });
    const told = await drain(store, NOW + 1);
    expect(told.map(({ message_id, status }) => [message_id, status])).toEqual([
      [waiting.message_id, 'FAILED'],
      [routed.message_id, 'FAILED'],
    ]);
    expect(told[0]!.error).toMatchObject({ code: 'canceled' });
  });

  test('what was offered, sent, ended, came in or never was is left as it is, and told apart', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const [offered, taken, failed] = ['1', '2', '3'].map((n) =>
      newMessage(line.location_id, { phone: `+1214555010${n}` }),
    );
    await dispatch(store, line, [taken!, failed!]);
    await store.acceptMessages([offered!], NOW);
    await route(store, [line.device_id]);
    await claim(store, line.device_id);
    const journal = new Journal();
    const failure = statusEntry(failed!.id, 'FAILED', { error: { code: 'rejected', message: 'No.' } });
    await store.recordJournal(line.device_id, journal.batch(failure, messageEntry({ text: 'in' })), NOW);
    const late = (status: string) => ({ kind: 'late', status });
    expect(await store.cancelMessage(offered!.id, NOW)).toEqual(late('QUEUED'));
    await store.releaseSends(line.device_id, 'hub-1');
    expect(await store.cancelMessage(offered!.id, NOW)).toEqual(late('QUEUED'));
    expect(await store.cancelMessage(taken!.id, NOW)).toEqual(late('DISPATCHED'));
    expect(await store.cancelMessage(failed!.id, NOW)).toEqual(late('FAILED'));
    const [inbound] = (await store.listMessages({ direction: 'in' }, { limit: 1 })).items;
    expect(await store.cancelMessage(inbound!.id, NOW)).toEqual({ kind: 'inbound' });
    expect(await store.cancelMessage('nothing', NOW)).toEqual({ kind: 'unknown' });
    expect(await messageOf(store, failed!.id)).toMatchObject({ error: { code: 'rejected' } });
    expect(await messageOf(store, taken!.id)).toMatchObject({ status: 'DISPATCHED' });
  });

  test('one that waits for its files is canceled, its fetches end, and what waited behind it goes on', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const first = newMessage(line.location_id, { attachments: ['https://a.example/1'] });
    const second = newMessage(line.location_id);
    await store.acceptMessages([first, second], NOW);
    const places = { total: 8, per_workspace: 4, per_host: 2 };
    const request = { owner: 'hub-1', lease_until: NOW + HOUR, places };
    const [fetch] = await store.claimFetches(request, NOW);
    expect(await store.cancelMessage(first.id, NOW)).toEqual({ kind: 'canceled' });
    expect(await store.settleFetch('hub-1', fetch!, { kind: 'unavailable', reason: 'late.' }, NOW)).toBe(
      'void',
    );
    expect(await store.claimFetches(request, NOW)).toEqual([]);
    await route(store, [line.device_id]);
    expect((await claim(store, line.device_id)).map(({ id }) => id)).toEqual([second.id]);
  });

  test('of a cancel and an offer at the same moment exactly one happens, for each message', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const messages = Array.from({ length: 40 }, (_, n) =>
      newMessage(line.location_id, { phone: `+1214555${1_000 + n}` }),
    );
    await store.acceptMessages(messages, NOW);
    await route(store, [line.device_id]);
    const offering = async (): Promise<string[]> => {
      const ids: string[] = [];
      for (;;) {
        const sends = await claim(store, line.device_id, { limit: 3 });
        if (sends.length === 0) return ids;
        ids.push(...sends.map(({ id }) => id));
      }
    };
    const [offered, ...outcomes] = await Promise.all([
      offering(),
      ...messages.toReversed().map(async ({ id }) => ({ id, ...(await store.cancelMessage(id, NOW)) })),
    ]);
    const canceled = outcomes.filter(({ kind }) => kind === 'canceled').map(({ id }) => id);
    expect(outcomes.every(({ kind }) => kind === 'canceled' || kind === 'late')).toBe(true);
    // A claim passes over a row that is being canceled: what both let go would wait for the next claim.
    const rest = await offering();
    expect([...offered, ...rest, ...canceled].toSorted()).toEqual(messages.map(({ id }) => id).toSorted());
    expect((await drain(store)).length).toBe(canceled.length);
  });

  test('many cancels of one message cancel it once', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const message = newMessage(line.location_id);
    await store.acceptMessages([message], NOW);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => store.cancelMessage(message.id, NOW)));
    expect(outcomes.filter(({ kind }) => kind === 'canceled')).toHaveLength(1);
    expect(await drain(store)).toHaveLength(1);
    await holdsNothing(store, line);
  });
}

async function holdsNothing(store: Store, line: { location_id: string; device_id: string }): Promise<void> {
  await assign(store, line.location_id, [line.device_id]);
  expect(await route(store, [line.device_id])).toEqual([]);
}
