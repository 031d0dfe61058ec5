import { expect, test } from 'vitest';
import { pickDevice } from '../../../../hub/routing/pick-device.ts';
import {
  addDevice,
  addLine,
  assign,
  claim,
  Journal,
  messageEntry,
  messageOf,
  NOW,
  newMessage,
  type OpenStore,
  route,
} from './fixtures.ts';

const ANN = '+12145550101';
const BEN = '+12145550102';

export function describeRouting(open: OpenStore): void {
  test('only an assigned device that is online gets a message, of a workspace that is connected', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const stranger = await addDevice(store);
    await store.acceptMessages([newMessage(location_id)], NOW);
    expect(await route(store, [])).toEqual([]);
    expect(await route(store, [stranger])).toEqual([]);
    await store.updateWorkspace(location_id, { connected: false }, NOW);
    expect(await route(store, [device_id])).toEqual([]);
    await store.updateWorkspace(location_id, { connected: true }, NOW);
    expect(await route(store, [device_id, stranger])).toEqual([device_id]);
    expect(await route(store, [device_id])).toEqual([]);
  });

  test('a message waits for a device that serves its channel', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    await assign(store, location_id, [device_id], ['imessage']);
    await store.acceptMessages([newMessage(location_id, { channel: 'sms' })], NOW);
    expect(await route(store, [device_id])).toEqual([]);
    await assign(store, location_id, [device_id], ['imessage', 'sms']);
    expect(await route(store, [device_id])).toEqual([device_id]);
  });

  test('a conversation that moves takes along what waits at its former device, in order', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id: former } = await addLine(store);
    const next = await addDevice(store);
    await assign(store, location_id, [former, next]);
    const accept = async (phone: string): Promise<string> => {
      const message = newMessage(location_id, { phone });
      await store.acceptMessages([message], NOW);
      return message.id;
    };
    const [offered, waiting, elsewhere] = [await accept(ANN), await accept(ANN), await accept(BEN)];
    await route(store, [former]);
    expect((await claim(store, former, { limit: 1 })).map(({ id }) => id)).toEqual([offered]);
    const last = await accept(ANN);
    // The former device is gone, and nobody took anything back from it yet.
    expect(await route(store, [next])).toEqual([next]);
    const ids = async (): Promise<string[]> => (await claim(store, next)).map(({ id }) => id);
    expect(await ids()).toEqual([waiting]);
    await store.settleSends(next, [{ id: waiting, accepted: true }], NOW);
    expect(await ids()).toEqual([last]);
    expect(await messageOf(store, offered)).toMatchObject({ device_id: former });
    expect(await messageOf(store, elsewhere)).toMatchObject({ device_id: former });
  });

  test('a conversation stays with its device, and moves when that one is away', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const others = [await addDevice(store), await addDevice(store)];
    const all = [device_id, ...others];
    await assign(store, location_id, all);
    await store.acceptMessages([newMessage(location_id)], NOW);
    await route(store, [others[0]!]);
    for (let n = 0; n < 5; n += 1) {
      await store.acceptMessages([newMessage(location_id)], NOW);
      expect(await route(store, all)).toEqual([others[0]]);
    }
    await store.acceptMessages([newMessage(location_id)], NOW);
    expect(await route(store, [others[1]!])).toEqual([others[1]]);
  });

  test('a reply comes from the number that was written to', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const others = [await addDevice(store), await addDevice(store), await addDevice(store)];
    await assign(store, location_id, [...others, device_id]);
    await store.recordJournal(device_id, new Journal().batch(messageEntry({ from: '+12145550155' })), NOW);
    await store.acceptMessages([newMessage(location_id, { phone: '+12145550155' })], NOW);
    expect(await route(store, [...others, device_id])).toEqual([device_id]);
  });

  test('what waits when a person writes to another number goes from there, before what follows', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id: former } = await addLine(store);
    const next = await addDevice(store);
    await assign(store, location_id, [former, next]);
    const messages = [ANN, ANN, BEN, ANN].map((phone) => newMessage(location_id, { phone }));
    const [offered, waiting, elsewhere, last] = messages.map(({ id }) => id);
    await store.acceptMessages(messages.slice(0, 3), NOW);
    await route(store, [former]);
    await claim(store, former, { limit: 1 });
    await store.recordJournal(next, new Journal().batch(messageEntry({ from: ANN })), NOW);
    await store.acceptMessages(messages.slice(3), NOW);
    await route(store, [former, next]);
    const ids = async (): Promise<string[]> => (await claim(store, next)).map(({ id }) => id);
    expect(await ids()).toEqual([waiting]);
    await store.settleSends(next, [{ id: waiting!, accepted: true }], NOW);
    expect(await ids()).toEqual([last]);
    for (const id of [offered, elsewhere])
      expect(await messageOf(store, id!)).toMatchObject({ device_id: former });
  });

  test('the backlog of one workspace does not hold up another', async () => {
    await using opened = await open();
    const { store } = opened;
    const busy = await addLine(store);
    const quiet = await addLine(store);
    const backlog = Array.from({ length: 200 }, () => newMessage(busy.location_id));
    await store.acceptMessages([...backlog, newMessage(quiet.location_id)], NOW);
    const devices = await route(store, [busy.device_id, quiet.device_id], 20);
    expect(devices.sort()).toEqual([busy.device_id, quiet.device_id].sort());
    expect(await claim(store, quiet.device_id)).toHaveLength(1);
    expect((await claim(store, busy.device_id)).length).toBeLessThanOrEqual(20);
  });

  test('what a device was routed but not offered goes to another when it leaves; what it was offered stays', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const spare = await addDevice(store);
    const [offered, waiting] = [newMessage(location_id), newMessage(location_id)];
    await store.acceptMessages([offered, waiting], NOW);
    await route(store, [device_id]);
    expect(await claim(store, device_id, { limit: 1 })).toMatchObject([{ id: offered.id }]);
    await assign(store, location_id, [device_id, spare]);
    await store.releaseSends(device_id, 'hub-1');
    await store.unrouteDevice(device_id);
    await route(store, [spare]);
    expect((await claim(store, spare)).map(({ id }) => id)).toEqual([waiting.id]);
    expect((await claim(store, device_id)).map(({ id }) => id)).toEqual([offered.id]);
  });

  test('a paced device with enough in hand gets no new conversation that another can take, and keeps its own', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const quick = await addDevice(store);
    const online = [device_id, quick];
    const send = async (count: number, phone?: string) => {
      const messages = Array.from({ length: count }, (_, n) =>
        newMessage(location_id, { phone: phone ?? `+1214555${1_000 + n}` }),
      );
      await store.acceptMessages(messages, NOW);
      const enough = new Map([[device_id, 3]]);
      await store.routeQueued({ online, enough, pick: pickDevice, limit: 1_000 }, NOW);
      return Promise.all(messages.map(async ({ id }) => (await messageOf(store, id)).device_id));
    };
    await assign(store, location_id, [device_id]);
    await send(1, '+12145550199');
    await assign(store, location_id, online);
    const devices = await send(60);
    expect(devices.filter((id) => id === device_id).length).toBeLessThanOrEqual(3);
    expect(await send(1, '+12145550199')).toEqual([device_id]);
    await assign(store, location_id, [device_id]);
    expect(await send(1, '+12145550198')).toEqual([device_id]);
  });

  test('conversations that change channels keep their order', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const messages = Array.from({ length: 30 }, (_, n) =>
      newMessage(location_id, { channel: n % 3 === 0 ? 'sms' : 'imessage' }),
    );
    await store.acceptMessages(messages, NOW);
    const claimed: string[] = [];
    while (claimed.length < messages.length) {
      await store.routeQueued({ online: [device_id], pick: pickDevice, limit: 4 }, NOW);
      const offered = (await claim(store, device_id)).map(({ id }) => id);
      await store.settleSends(
        device_id,
        offered.map((id) => ({ id, accepted: true })),
        NOW,
      );
      claimed.push(...offered);
    }
    expect(claimed).toEqual(messages.map(({ id }) => id));
  });
}
