import { expect, test } from 'vitest';
import {
  addDevice,
  addLine,
  claim,
  dispatch,
  drain,
  HOUR,
  Journal,
  messageOf,
  NOW,
  newMessage,
  type OpenStore,
  route,
} from './fixtures.ts';

export function describeSending(open: OpenStore): void {
  test('a device is offered its messages in the order they were accepted, each once', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const messages = Array.from({ length: 25 }, (_, n) =>
      newMessage(location_id, { phone: `+12145550${100 + n}` }),
    );
    await store.acceptMessages(messages, NOW);
    await route(store, [device_id]);
    const batches = await Promise.all([1, 2, 3, 4].map(() => claim(store, device_id, { limit: 7 })));
    expect(batches.flat().map(({ id }) => id)).toEqual(messages.map(({ id }) => id));
    expect(batches[0]![0]).toEqual({
      id: messages[0]!.id,
      location_id,
      phone: messages[0]!.phone,
      to: messages[0]!.phone,
      to_group: false,
      fallbacks: [],
      text: messages[0]!.text,
      attachments: [],
      channel: 'imessage',
      expires_at: messages[0]!.expires_at,
    });
    expect(await claim(store, device_id)).toEqual([]);
  });

  test('an offer that is not answered in time is made again, and the timeline tells of it once', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const message = newMessage(location_id);
    await store.acceptMessages([message], NOW);
    await route(store, [device_id]);
    await claim(store, device_id, { lease: 1_000 });
    expect(await claim(store, device_id, { now: NOW + 999 })).toEqual([]);
    expect(await claim(store, device_id, { now: NOW + 1_000 })).toHaveLength(1);
    await store.releaseSends(device_id);
    expect(await claim(store, device_id, { now: NOW + 1_001 })).toHaveLength(1);
    const steps = (await store.listTimeline(message.id)).map(({ status, source }) => [status, source]);
    expect(steps).toEqual([
      ['QUEUED', 'hub'],
      ['OFFERED', 'hub'],
    ]);
  });

  test('an accepted offer is DISPATCHED, a refused one FAILED with the reason, told to the client', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const [taken, refused] = [newMessage(location_id), newMessage(location_id, { phone: '+12145550101' })];
    await store.acceptMessages([taken, refused], NOW);
    await route(store, [device_id]);
    await claim(store, device_id);
    const error = { code: 'channel_unavailable', message: 'No iPhone forwards SMS.' } as const;
    await store.settleSends(
      device_id,
      [
        { id: taken.id, accepted: true },
        { id: refused.id, accepted: false, error },
      ],
      NOW + 3,
    );
    expect(await messageOf(store, taken.id)).toMatchObject({ status: 'DISPATCHED', device_id });
    expect(await messageOf(store, refused.id)).toMatchObject({ status: 'FAILED', error });
    expect(await drain(store, NOW + 3)).toEqual([
      {
        type: 'STATUS-UPDATE',
        location_id,
        message_id: refused.message_id,
        status: 'FAILED',
        user_id: 'user-7',
        phone: '+12145550101',
        channel: 'imessage',
        timestamp: new Date(NOW + 3).toISOString(),
        error,
      },
    ]);
    expect(await claim(store, device_id, { now: NOW + HOUR })).toEqual([]);
  });

  test('a device answers only for what it was offered itself', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const thief = await addDevice(store);
    const message = newMessage(location_id);
    await store.acceptMessages([message], NOW);
    const refusal = { id: message.id, accepted: false, error: { code: 'rejected', message: 'No.' } } as const;
    await store.settleSends(device_id, [refusal, { id: 'never-seen', accepted: true }], NOW);
    await route(store, [device_id]);
    await store.settleSends(device_id, [refusal], NOW);
    await claim(store, device_id);
    await store.settleSends(thief, [refusal], NOW);
    expect(await messageOf(store, message.id)).toMatchObject({ status: 'QUEUED' });
  });

  test('a refusal does not undo what the device proved before', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const message = newMessage(line.location_id);
    await dispatch(store, line, [message]);
    const sent = { kind: 'status', id: message.id, status: 'SENT', channel: 'imessage', at: NOW } as const;
    await store.recordJournal(line.device_id, new Journal().batch(sent), NOW);
    const error = { code: 'rejected', message: 'No.' } as const;
    await store.settleSends(line.device_id, [{ id: message.id, accepted: false, error }], NOW);
    expect(await messageOf(store, message.id)).toMatchObject({ status: 'SENT', error: null });
  });

  test('a message that no device was there for FAILS when its time is over; one being offered does not', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const [offered, routed, waiting, later] = [1, 1, 1, 2].map((hours, n) =>
      newMessage(location_id, { phone: `+1214555010${n}`, expires_at: NOW + hours * HOUR }),
    );
    await store.acceptMessages([offered!, routed!], NOW);
    await route(store, [device_id]);
    await claim(store, device_id, { limit: 1 });
    await store.acceptMessages([waiting!, later!], NOW);
    expect(await store.expireQueued(NOW + HOUR - 1, 100)).toBe(0);
    expect(await store.expireQueued(NOW + HOUR, 1)).toBe(1);
    expect(await store.expireQueued(NOW + HOUR, 100)).toBe(1);
    const statuses = await Promise.all(
      [offered!, routed!, waiting!, later!].map(({ id }) => messageOf(store, id)),
    );
    expect(statuses.map(({ status }) => status)).toEqual(['QUEUED', 'FAILED', 'FAILED', 'QUEUED']);
    expect(statuses[1]!.error?.code).toBe('device_offline_expired');
    expect((await drain(store, NOW + HOUR)).map(({ status }) => status)).toEqual(['FAILED', 'FAILED']);
  });

  test('a message whose device went away without an answer FAILS as unknown when its time is over', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const message = newMessage(location_id, { expires_at: NOW + HOUR });
    await store.acceptMessages([message], NOW);
    await route(store, [device_id]);
    await claim(store, device_id);
    await store.releaseSends(device_id);
    expect(await store.expireQueued(NOW + HOUR, 100)).toBe(1);
    const expired = await messageOf(store, message.id);
    expect(expired).toMatchObject({ status: 'FAILED', error: { code: 'send_timeout_unknown' } });
    const sent = { kind: 'status', id: message.id, status: 'SENT', channel: 'imessage', at: NOW } as const;
    await store.recordJournal(device_id, new Journal().batch(sent), NOW + 2 * HOUR);
    expect((await drain(store, NOW + 2 * HOUR)).map(({ status }) => status)).toEqual(['FAILED']);
  });
}
