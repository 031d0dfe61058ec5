import { expect, test } from 'vitest';
import type { Store } from '../../../../hub/store/store.ts';
import {
  addDevice,
  addLine,
  assign,
  claim,
  claimDue,
  eventOf,
  HOUR,
  Journal,
  messageEntry,
  NOW,
  newMessage,
  type OpenStore,
  route,
  settled,
} from './fixtures.ts';

/** Two hubs, the first with a device. */
async function addHubs(store: Store, device_id: string): Promise<void> {
  await store.registerHub('hub-1', 'a', NOW);
  await store.registerHub('hub-2', 'b', NOW);
  await store.connectDevice({ device_id, hub: 'hub-1', id: 'first' });
}

function claimAs(store: Store, owner: string, device_id: string) {
  return store.claimSends({ device_id, owner, lease_until: NOW + HOUR, limit: 9 }, NOW);
}

export function describeHubs(open: OpenStore): void {
  test('a beat tells of the others as they last beat, and of its own end where another took over', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.registerHub('hub-1', 'a', NOW);
    expect(await store.beatHub('hub-1', 'a2')).toEqual([]);
    await store.registerHub('hub-2', 'b', NOW);
    expect(await store.beatHub('hub-2', 'b2')).toEqual([{ id: 'hub-1', beat: 'a2' }]);
    expect(await store.takeOverHub({ id: 'hub-1', beat: 'a2' })).toBe(true);
    expect(await store.beatHub('hub-1', 'a3')).toBeUndefined();
    expect(await store.beatHub('hub-2', 'b3')).toEqual([]);
  });

  test('of hubs that take over at once one does, and none where it has beaten since', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.registerHub('hub-1', 'a', NOW);
    await store.beatHub('hub-1', 'a2');
    expect(await store.takeOverHub({ id: 'hub-1', beat: 'a' })).toBe(false);
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => store.takeOverHub({ id: 'hub-1', beat: 'a2' })),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(1);
  });

  test('what a hub that is gone was delivering goes out again in order, and its late outcome is ignored', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await addHubs(store, line.device_id);
    const texts = ['0', '1'].map((text) => messageEntry({ text }));
    await store.recordJournal(line.device_id, new Journal().batch(...texts), NOW);
    const [claimed] = await claimDue(store);
    expect(await claimDue(store, { owner: 'hub-2' })).toEqual([]);
    await store.takeOverHub({ id: 'hub-1', beat: 'a' });
    const [again] = await claimDue(store, { owner: 'hub-2' });
    expect(again).toMatchObject({ webhook_id: claimed!.webhook_id, attempt: 2 });
    await store.settleDeliveries('hub-1', [settled(claimed!)], NOW);
    expect(await claimDue(store, { owner: 'hub-2' })).toEqual([]);
    await store.settleDeliveries('hub-2', [settled(again!)], NOW);
    expect((await claimDue(store, { owner: 'hub-2' })).map((one) => eventOf(one).message)).toEqual(['1']);
  });

  test('fetches of a hub that is gone are free, and stay counted', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    await addHubs(store, device_id);
    await store.acceptMessages([newMessage(location_id, { attachments: ['https://a.example/1'] })], NOW);
    const places = { total: 9, per_workspace: 9, per_host: 9 };
    const fetch = (owner: string) => store.claimFetches({ owner, lease_until: NOW + HOUR, places }, NOW);
    expect(await fetch('hub-1')).toHaveLength(1);
    await store.takeOverHub({ id: 'hub-1', beat: 'a' });
    expect(await fetch('hub-2')).toMatchObject([{ attempt: 2 }]);
  });

  test("a hub's end takes back what its devices were not offered; what they were offered waits for them", async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    await addHubs(store, device_id);
    const [offered, waiting] = [newMessage(location_id), newMessage(location_id, { phone: '+12145550199' })];
    await store.acceptMessages([offered], NOW);
    await route(store, [device_id]);
    await claim(store, device_id);
    await store.acceptMessages([waiting], NOW);
    await route(store, [device_id]);
    const spare = await addDevice(store);
    await assign(store, location_id, [device_id, spare]);
    await store.takeOverHub({ id: 'hub-1', beat: 'a' });
    expect(await store.listConnections()).toEqual([]);
    expect(await route(store, [spare])).toEqual([spare]);
    expect(await claim(store, spare)).toMatchObject([{ id: waiting.id }]);
    await store.connectDevice({ device_id, hub: 'hub-2', id: 'second' });
    expect((await claimAs(store, 'hub-2', device_id)).sends).toMatchObject([{ id: offered.id }]);
  });

  test('a hub that leaves holds nothing, and one that enters again under its name neither', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await addHubs(store, line.device_id);
    await store.recordJournal(line.device_id, new Journal().batch(messageEntry({ text: '0' })), NOW);
    await claimDue(store);
    await store.registerHub('hub-1', 'a2', NOW);
    expect(await store.listConnections()).toEqual([]);
    expect(await claimDue(store, { owner: 'hub-2' })).toHaveLength(1);
    await store.leaveHub('hub-2');
    expect(await claimDue(store)).toHaveLength(1);
    expect(await store.beatHub('hub-1', 'a3')).toEqual([]);
  });

  test('a device is where it connected last: the former hub gets nothing for it, and its late end ends nothing', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    await addHubs(store, device_id);
    await store.acceptMessages([newMessage(location_id)], NOW);
    await route(store, [device_id]);
    expect((await claimAs(store, 'hub-1', device_id)).sends).toHaveLength(1);
    const connected = await store.connectDevice({ device_id, hub: 'hub-2', id: 'second' });
    expect(connected?.former).toEqual({ device_id, hub: 'hub-1', id: 'first' });
    expect(await claimAs(store, 'hub-1', device_id)).toEqual({ sends: [], more: false });
    expect((await claimAs(store, 'hub-2', device_id)).sends).toHaveLength(1);
    await store.releaseSends(device_id, 'hub-1');
    await store.endConnections(['first']);
    expect((await claimAs(store, 'hub-2', device_id)).sends).toEqual([]);
    expect(await store.listConnections()).toMatchObject([
      { device_id, hub: 'hub-2', id: 'second', paused: false, findings: [], pace: { per_minute: null } },
    ]);
    await store.endConnections(['second']);
    expect(await store.listConnections()).toEqual([]);
  });

  test('a device that was removed and a hub that is gone are not connected', async () => {
    await using opened = await open();
    const { store } = opened;
    const device_id = await addDevice(store);
    expect(await store.connectDevice({ device_id, hub: 'hub-1', id: 'x' })).toBeUndefined();
    await addHubs(store, device_id);
    await store.deleteDevice(device_id, NOW);
    expect(await store.listConnections()).toEqual([]);
    expect(await store.connectDevice({ device_id, hub: 'hub-1', id: 'y' })).toBeUndefined();
  });

  test('what went to devices that are not among those named is taken back', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const spare = await addDevice(store);
    await assign(store, location_id, [device_id, spare]);
    await store.acceptMessages([newMessage(location_id)], NOW);
    await route(store, [device_id]);
    await store.unrouteExcept([device_id]);
    expect(await route(store, [spare])).toEqual([]);
    await store.unrouteExcept([spare]);
    expect(await route(store, [spare])).toEqual([spare]);
  });

  test('a hub whose clock is ahead frees no lease of one that lives', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await addHubs(store, line.device_id);
    await store.recordJournal(line.device_id, new Journal().batch(messageEntry({ text: '0' })), NOW);
    await claimDue(store);
    const later = { owner: 'hub-2', now: NOW + 24 * HOUR };
    expect(await claimDue(store, later)).toEqual([]);
    expect(await claimDue(store, { ...later, owner: 'hub-1' })).toHaveLength(1);
    await store.takeOverHub({ id: 'hub-1', beat: 'a' });
    expect(await claimDue(store, later)).toHaveLength(1);
  });
}
