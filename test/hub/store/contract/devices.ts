import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ExtraEvent } from '../../../../shared/extra-events.ts';
import {
  addDevice,
  addLine,
  assign,
  claim,
  drain,
  HOUR,
  Journal,
  messageEntry,
  messageOf,
  NOW,
  newMessage,
  newWorkspace,
  type OpenStore,
  route,
} from './fixtures.ts';

const credential = { kind: 'mac', bridge_version: '1.2.3', os_version: '26.1', hostname: 'mini' } as const;

export function describeDevices(open: OpenStore): void {
  test('an enrollment code is traded once, in time, by the right kind of device', async () => {
    await using opened = await open();
    const { store } = opened;
    const device = {
      id: 'd1',
      kind: 'mac' as const,
      name: 'Mini',
      address: null,
      channels: ['imessage' as const],
    };
    await store.createEnrollment({ device, code_hash: 'code', expires_at: NOW + 10 }, NOW);
    const request = { ...credential, code_hash: 'code', token_hash: 'token' };
    expect(await store.redeemEnrollment({ ...request, code_hash: 'guess' }, NOW)).toBeUndefined();
    expect(await store.redeemEnrollment({ ...request, kind: 'android' }, NOW)).toBeUndefined();
    expect(await store.redeemEnrollment(request, NOW + 10)).toBeUndefined();
    expect(await store.findDeviceByToken('token')).toBeUndefined();
    const redeemed = await Promise.all([
      store.redeemEnrollment(request, NOW + 9),
      store.redeemEnrollment({ ...request, token_hash: 'thief' }, NOW + 9),
    ]);
    expect(redeemed.filter(Boolean)).toHaveLength(1);
    expect(await store.findDevice('d1')).toMatchObject({
      paired_at: NOW + 9,
      hostname: 'mini',
      paused: false,
    });
    expect(await store.findDeviceByToken('token')).toMatchObject({ id: 'd1' });
    expect(await store.findDeviceByToken('thief')).toBeUndefined();
  });

  test('a new code for a device replaces the old one, and pairing again replaces the credential', async () => {
    await using opened = await open();
    const { store } = opened;
    const id = await addDevice(store);
    const device = {
      id,
      kind: 'mac' as const,
      name: 'again',
      address: null,
      channels: ['imessage' as const],
    };
    await store.createEnrollment({ device, code_hash: 'first', expires_at: NOW + HOUR }, NOW);
    await store.createEnrollment({ device, code_hash: 'second', expires_at: NOW + HOUR }, NOW);
    const request = { ...credential, token_hash: 'new-token' };
    expect(await store.redeemEnrollment({ ...request, code_hash: 'first' }, NOW)).toBeUndefined();
    expect(await store.redeemEnrollment({ ...request, code_hash: 'second' }, NOW)).toMatchObject({ id });
    expect(await store.findDeviceByToken('new-token')).toMatchObject({ id });
  });

  test('the code of a device that has not paired is renewed: the old one ends, and all else of the device stays', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id } = await store.createWorkspace(newWorkspace(), NOW);
    const device = {
      id: 'd1',
      kind: 'mac' as const,
      name: 'Mini',
      address: null,
      channels: ['imessage' as const],
    };
    await store.createEnrollment({ device, code_hash: 'old', expires_at: NOW + HOUR }, NOW);
    await assign(store, location_id, ['d1'], ['imessage']);
    const before = await store.findDevice('d1');
    const renewal = { device_id: 'd1', code_hash: 'new', expires_at: NOW + 2 * HOUR };
    expect(await store.renewCode({ ...renewal, device_id: 'nobody' })).toBe(false);
    expect(await store.renewCode(renewal)).toBe(true);
    expect(await store.findDevice('d1')).toEqual(before);
    expect(await store.listAssignments(location_id)).toHaveLength(1);
    const request = { ...credential, token_hash: 'token' };
    const late = NOW + HOUR + 1;
    expect(await store.redeemEnrollment({ ...request, code_hash: 'old' }, NOW)).toBeUndefined();
    expect(await store.redeemEnrollment({ ...request, code_hash: 'new' }, late)).toMatchObject({ id: 'd1' });
    expect(await store.renewCode({ ...renewal, code_hash: 'again' })).toBe(false);
    expect(await store.redeemEnrollment({ ...request, code_hash: 'again' }, NOW)).toBeUndefined();
    expect(await store.findDeviceByToken('token')).toMatchObject({ id: 'd1' });
  });

  test('a code is either renewed or paired with where both happen at once', async () => {
    await using opened = await open();
    const { store } = opened;
    for (let n = 0; n < 20; n += 1) {
      const device = {
        id: `d${n}`,
        kind: 'mac' as const,
        name: 'Mini',
        address: null,
        channels: ['imessage' as const],
      };
      await store.createEnrollment({ device, code_hash: `old-${n}`, expires_at: NOW + HOUR }, NOW);
      const [paired, isRenewed] = await Promise.all([
        store.redeemEnrollment({ ...credential, code_hash: `old-${n}`, token_hash: `token-${n}` }, NOW),
        store.renewCode({ device_id: device.id, code_hash: `new-${n}`, expires_at: NOW + HOUR }),
      ]);
      expect(isRenewed).toBe(paired === undefined);
      const again = { ...credential, code_hash: `new-${n}`, token_hash: `other-${n}` };
      expect((await store.redeemEnrollment(again, NOW)) !== undefined).toBe(isRenewed);
    }
  });

  test('a device resumes each of its journals where the hub knows it', async () => {
    await using opened = await open();
    const { store } = opened;
    const { device_id } = await addLine(store);
    const journal = new Journal();
    const hello = { journal_id: journal.id, bridge_version: '2', os_version: '27' };
    expect(await store.recordHello(device_id, hello, NOW)).toEqual({ acked_seq: 0 });
    await store.recordJournal(device_id, journal.batch(messageEntry(), messageEntry()), NOW);
    expect(await store.recordHello(device_id, hello, NOW + 1)).toEqual({ acked_seq: 2 });
    const renewed = { ...hello, journal_id: randomUUID() };
    expect(await store.recordHello(device_id, renewed, NOW + 2)).toEqual({ acked_seq: 0 });
    expect(await store.findDevice(device_id)).toMatchObject({ bridge_version: '2', last_seen_at: NOW + 2 });
  });

  test('what a device finds about itself is kept until it says otherwise', async () => {
    await using opened = await open();
    const { store } = opened;
    const id = await addDevice(store);
    const findings = [
      { check: 'full_disk_access', ok: false, message: 'chat.db cannot be read', remedy: 'Grant it' },
    ];
    await store.recordSeen(id, { findings, open_sends: 0, unacked_entries: 0 }, NOW + 1);
    await store.recordSeen(id, undefined, NOW + 2);
    expect(await store.findDevice(id)).toMatchObject({ findings, last_seen_at: NOW + 2 });
  });

  test('a device is told its pace and what any connected workspace that it serves asks for', async () => {
    await using opened = await open();
    const { store } = opened;
    const id = await addDevice(store);
    const unpaced = { per_minute: null, gap_ms: 0, jitter_ms: 0 };
    expect(await store.readSettings(id)).toEqual({ pace: unpaced, extra_events: [] });
    const asks: ExtraEvent[][] = [['read', 'echo'], ['echo', 'group'], ['unsend'], ['edit']];
    const [first, , off, stranger] = await Promise.all(
      asks.map((extra_events) => store.createWorkspace(newWorkspace({ extra_events }), NOW)),
    ).then(async (workspaces) => {
      for (const { location_id } of workspaces.slice(0, 3)) await assign(store, location_id, [id]);
      return workspaces;
    });
    await store.updateWorkspace(off!.location_id, { connected: false }, NOW);
    const pace = { per_minute: 20, gap_ms: 1_000, jitter_ms: 500 };
    expect(await store.updateDevice(id, { pace }, NOW)).toMatchObject({ pace });
    expect(await store.readSettings(id)).toEqual({ pace, extra_events: ['echo', 'read', 'group'] });
    await store.updateWorkspace(first!.location_id, { extra_events: [] }, NOW);
    expect((await store.readSettings(id))?.extra_events).toEqual(['echo', 'group']);
    expect(stranger!.extra_events).toEqual(['edit']);
    expect(await store.readSettings('nobody')).toBeUndefined();
  });

  test('a paused device gives back what was not offered to it, and is given nothing new', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const spare = await addDevice(store);
    const message = newMessage(location_id);
    await store.acceptMessages([message], NOW);
    await route(store, [device_id]);
    await assign(store, location_id, [device_id, spare]);
    await store.updateDevice(device_id, { paused: true }, NOW);
    expect(await route(store, [device_id, spare])).toEqual([spare]);
    expect(await claim(store, device_id)).toEqual([]);
    expect(await claim(store, spare)).toMatchObject([{ id: message.id }]);
    expect(await store.findDevice(device_id)).toMatchObject({ paused: true });
  });

  test('a removed device: what it was never offered is sent by another, what it was offered FAILS and is told', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const spare = await addDevice(store);
    const phones = ['+12145550101', '+12145550102', '+12145550103'];
    const messages = phones.map((phone) => newMessage(location_id, { phone }));
    const [dispatched, offered, waiting] = messages.map(({ id }) => id);
    await store.acceptMessages(messages, NOW);
    await route(store, [device_id]);
    await claim(store, device_id, { limit: 2 });
    await store.settleSends(device_id, [{ id: dispatched!, accepted: true }], NOW);
    await assign(store, location_id, [device_id, spare]);

    expect(await store.deleteDevice(device_id, NOW + 5)).toBe(true);
    expect(await store.deleteDevice(device_id, NOW + 5)).toBe(false);
    expect(await store.findDevice(device_id)).toBeUndefined();
    for (const id of [dispatched!, offered!])
      expect(await messageOf(store, id)).toMatchObject({
        status: 'FAILED',
        error: { code: 'device_removed' },
      });
    expect((await drain(store, NOW + 5)).map(({ phone, status }) => [phone, status])).toEqual([
      [phones[0], 'FAILED'],
      [phones[1], 'FAILED'],
    ]);
    await route(store, [spare]);
    expect((await claim(store, spare)).map(({ id }) => id)).toEqual([waiting]);
  });
}
