import { expect, test } from 'vitest';
import type { NewMessage } from '../../../../hub/store/records.ts';
import {
  addDevice,
  addLine,
  assign,
  claim,
  dispatch,
  drain,
  HOUR,
  Journal,
  messageOf,
  NOW,
  newMessage,
  newWorkspace,
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
    const given = batches.map((batch) => batch.map(({ id }) => messages.findIndex((one) => one.id === id)));
    const inOrder = (a: number, b: number) => a - b;
    for (const numbers of given) expect(numbers).toEqual(numbers.toSorted(inOrder));
    expect(given.flat().toSorted(inOrder)).toEqual(messages.keys().toArray());
    expect(batches.flat().find(({ id }) => id === messages[0]!.id)).toEqual({
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

  test('a device that was removed is offered nothing, whatever was being routed to it', async () => {
    await using opened = await open();
    const { store } = opened;
    for (let round = 0; round < 20; round += 1) {
      const { location_id, device_id } = await addLine(store);
      const messages = Array.from({ length: 5 }, () => newMessage(location_id));
      await store.acceptMessages(messages, NOW);
      await Promise.all([
        route(store, [device_id]),
        store.deleteDevice(device_id, NOW),
        route(store, [device_id]),
      ]);
      expect(await claim(store, device_id)).toEqual([]);
    }
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
    await store.releaseSends(device_id, 'hub-1');
    expect(await claim(store, device_id, { now: NOW + 1_001 })).toHaveLength(1);
    const steps = (await store.listTimeline(message.id)).map(({ status, source }) => [status, source]);
    expect(steps).toEqual([
      ['QUEUED', 'hub'],
      ['OFFERED', 'hub'],
    ]);
  });

  test('nothing overtakes an unanswered offer in its conversation, and no other conversation waits for it', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const [first, second, third] = [1, 2, 3].map(() => newMessage(location_id));
    const other = newMessage(location_id, { phone: '+12145550101' });
    await store.acceptMessages([first!, second!, third!, other], NOW);
    await route(store, [device_id]);
    const request = { device_id, owner: 'h', lease_until: NOW + 10, limit: 64 };
    const offered = await store.claimSends(request, NOW);
    expect(offered.sends.map(({ id }) => id)).toEqual([first!.id, other.id]);
    expect(offered.more).toBe(true);
    expect((await store.claimSends(request, NOW + 1)).sends).toEqual([]);
    // The device stays silent: what comes again is the same.
    const again = await store.claimSends({ ...request, lease_until: NOW + 30 }, NOW + 10);
    expect(again.sends.map(({ id }) => id)).toEqual([first!.id, other.id]);
    await store.settleSends(device_id, [{ id: first!.id, accepted: true }], NOW + 11);
    expect((await claim(store, device_id, { now: NOW + 12 })).map(({ id }) => id)).toEqual([second!.id]);
    const refusal = { code: 'rejected', message: 'No.' } as const;
    await store.settleSends(device_id, [{ id: second!.id, accepted: false, error: refusal }], NOW + 13);
    const last = await store.claimSends({ ...request, lease_until: NOW + 40 }, NOW + 14);
    expect(last.sends.map(({ id }) => id)).toEqual([third!.id]);
    expect(last.more).toBe(false);
  });

  test('a message that a connected device never answers for FAILS when its time is over', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const message = newMessage(location_id, { expires_at: NOW + HOUR });
    await store.acceptMessages([message], NOW);
    await route(store, [device_id]);
    await claim(store, device_id, { now: NOW + HOUR - 1, lease: 10 });
    expect(await claim(store, device_id, { now: NOW + HOUR + 9 })).toEqual([]);
    expect(await store.expireQueued(NOW + HOUR + 9, 9)).toBe(1);
    expect((await messageOf(store, message.id)).error?.code).toBe('send_timeout_unknown');
  });

  test('an offer carries the channels to go on with that the same device serves for the workspace', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const offer = async (overrides: Parameters<typeof newMessage>[1] = {}) => {
      const message = newMessage(location_id, overrides);
      await store.acceptMessages([message], NOW);
      await route(store, [device_id]);
      const [send] = await claim(store, device_id);
      await store.settleSends(device_id, [{ id: message.id, accepted: true }], NOW);
      return send!.fallbacks;
    };
    expect(await offer()).toEqual([]);
    await store.updateWorkspace(
      location_id,
      { routes: { imessage: ['imessage', 'rcs', 'sms', 'whatsapp'] } },
      NOW,
    );
    expect(await offer()).toEqual(['sms']);
    expect(await offer({ channel: 'sms' })).toEqual([]);
    expect(await offer({ phone: 'ann@example.com' })).toEqual([]);
    await assign(store, location_id, [device_id], ['imessage']);
    expect(await offer()).toEqual([]);
  });

  test('what a device took FAILS as unknown once the device was silent for long; a late proof is recorded', async () => {
    await using opened = await open();
    const { store } = opened;
    const [gone, alive] = [await addLine(store), await addLine(store)];
    const [lost, kept] = [newMessage(gone.location_id), newMessage(alive.location_id)];
    await dispatch(store, gone, [lost]);
    await dispatch(store, alive, [kept]);
    await store.recordSeen(gone.device_id, undefined, NOW);
    const later = NOW + 8 * 24 * HOUR;
    await store.recordSeen(alive.device_id, undefined, later - HOUR);
    const request = { silentSince: later - 7 * 24 * HOUR, limit: 9 };
    expect(await store.expireDispatched({ ...request, silentSince: NOW - 1 }, later)).toBe(0);
    expect(await store.expireDispatched(request, NOW + HOUR - 1)).toBe(0);
    expect(await store.expireDispatched(request, later)).toBe(1);
    expect(await messageOf(store, lost.id)).toMatchObject({
      status: 'FAILED',
      error: { code: 'send_timeout_unknown' },
    });
    expect(await messageOf(store, kept.id)).toMatchObject({ status: 'DISPATCHED' });
    const proof = { kind: 'status', id: lost.id, status: 'DELIVERED', channel: 'imessage', at: NOW } as const;
    await store.recordJournal(gone.device_id, new Journal().batch(proof), later + 1);
    expect((await store.listTimeline(lost.id)).at(-1)).toMatchObject({
      status: 'DELIVERED',
      source: 'device',
    });
    expect((await drain(store, later + 1)).map(({ status }) => status)).toEqual(['FAILED']);
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
    await store.releaseSends(device_id, 'hub-1');
    expect(await store.expireQueued(NOW + HOUR, 100)).toBe(1);
    const expired = await messageOf(store, message.id);
    expect(expired).toMatchObject({ status: 'FAILED', error: { code: 'send_timeout_unknown' } });
    const sent = { kind: 'status', id: message.id, status: 'SENT', channel: 'imessage', at: NOW } as const;
    await store.recordJournal(device_id, new Journal().batch(sent), NOW + 2 * HOUR);
    expect((await drain(store, NOW + 2 * HOUR)).map(({ status }) => status)).toEqual(['FAILED']);
  });

  test('what is over in many workspaces at once ends in all of them', async () => {
    await using opened = await open();
    const { store } = opened;
    const device_id = await addDevice(store);
    const lost: NewMessage[] = [];
    for (let n = 0; n < 25; n += 1) {
      const { location_id } = await store.createWorkspace(newWorkspace(), NOW);
      await assign(store, location_id, [device_id]);
      lost.push(newMessage(location_id, { phone: `+121455501${10 + n}` }));
    }
    await dispatch(store, { location_id: '', device_id }, lost);
    const untaken = lost.map(({ location_id }) => newMessage(location_id));
    await store.acceptMessages(untaken, NOW);
    await store.recordSeen(device_id, undefined, NOW);
    expect(await store.expireQueued(NOW + 2 * HOUR, 500)).toBe(25);
    expect(await store.expireDispatched({ silentSince: NOW, limit: 500 }, NOW + 2 * HOUR)).toBe(25);
    for (const { id } of [...untaken, ...lost])
      expect(await messageOf(store, id)).toMatchObject({ status: 'FAILED' });
    expect(await drain(store, NOW + 2 * HOUR)).toHaveLength(50);
  });
}
