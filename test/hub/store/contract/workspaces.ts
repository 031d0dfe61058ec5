import { expect, test } from 'vitest';
import { ChannelInUseError, UnknownDeviceError } from '../../../../hub/store/device-errors.ts';
import { InvalidCursorError } from '../../../../hub/store/store.ts';
import {
  addDevice,
  addLine,
  assign,
  claimDue,
  dispatch,
  drain,
  HOUR,
  Journal,
  messageEntry,
  messageOf,
  NOW,
  newMessage,
  newWorkspace,
  type OpenStore,
  statusEntry,
} from './fixtures.ts';

export function describeWorkspaces(open: OpenStore): void {
  test('a workspace is read as it was written, its secrets included', async () => {
    await using opened = await open();
    const { store } = opened;
    const given = newWorkspace({ headers: [{ key: 'Authorization', value: 'Basic ünï:\u{1f600}' }] });
    const created = await store.createWorkspace(given, NOW);
    expect(created).toEqual({
      ...given,
      channels: ['imessage', 'sms', 'rcs', 'whatsapp'],
      webhook_enabled: true,
      webhook_disabled_reason: null,
      previous_secret: null,
      previous_secret_until: null,
      failing_since: null,
      extra_events: [],
      routes: {},
      created_at: NOW,
      updated_at: NOW,
    });
    expect(await store.findWorkspace(given.location_id)).toEqual(created);
    expect(await store.findWorkspace('nowhere')).toBeUndefined();
  });

  test('a change touches only what it names and is seen at once', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id } = await store.createWorkspace(newWorkspace(), NOW);
    const before = await store.findWorkspace(location_id);
    await store.updateWorkspace(location_id, { name: 'New', headers: [], require_api_key: true }, NOW + 5);
    expect(await store.findWorkspace(location_id)).toEqual({
      ...before,
      name: 'New',
      headers: [],
      require_api_key: true,
      updated_at: NOW + 5,
    });
    expect(await store.updateWorkspace('nowhere', { name: 'x' }, NOW)).toBeUndefined();
  });

  test('a webhook switched on again forgets why it was off', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id } = await store.createWorkspace(newWorkspace(), NOW);
    const off = { webhook_enabled: false, webhook_disabled_reason: 'asked to stop' };
    expect(await store.updateWorkspace(location_id, off, NOW)).toMatchObject(off);
    const on = await store.updateWorkspace(location_id, { webhook_enabled: true }, NOW);
    expect(on).toMatchObject({ webhook_enabled: true, webhook_disabled_reason: null });
  });

  test('pages follow one another newest first, without gap or repetition', async () => {
    await using opened = await open();
    const { store } = opened;
    const names = ['one', 'two', 'three', 'four', 'five'];
    for (const name of names) await store.createWorkspace(newWorkspace({ name }), NOW);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listWorkspaces({ limit: 2, cursor });
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(names.toReversed());
  });

  test('a cursor that no list answered is refused', async () => {
    await using opened = await open();
    for (const cursor of ['', '0', '-1', 'abc', '1; DROP TABLE messages', '9'.repeat(30)])
      await expect(opened.store.listWorkspaces({ limit: 2, cursor })).rejects.toThrow(InvalidCursorError);
  });

  test('assignments are replaced as a whole, and an unknown device changes nothing', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const other = await addDevice(store, { channels: ['sms'] });
    const unknown = assign(store, location_id, [other, 'no-such-device']);
    await expect(unknown).rejects.toThrow(UnknownDeviceError);
    expect((await store.listAssignments(location_id)).map((one) => one.device_id)).toEqual([
      device_id,
      device_id,
    ]);
    await assign(store, location_id, [other], ['sms']);
    expect(await store.listAssignments(location_id)).toEqual([
      { location_id, device_id: other, channel: 'sms' },
    ]);
  });

  test('served channels follow assignments and devices at once', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    expect([...(await store.listServedChannels(location_id))].sort()).toEqual(['imessage', 'sms']);
    await store.updateDevice(device_id, { channels: ['imessage'] }, NOW);
    expect(await store.listServedChannels(location_id)).toEqual(['imessage']);
    expect(await store.listAssignments(location_id)).toEqual([
      { location_id, device_id, channel: 'imessage' },
    ]);
    await store.updateDevice(device_id, { channels: ['imessage', 'sms'] }, NOW);
    expect((await store.listAssignments(location_id)).map(({ channel }) => channel)).toEqual([
      'imessage',
      'sms',
    ]);
    await store.deleteDevice(device_id, NOW);
    expect(await store.listServedChannels(location_id)).toEqual([]);
    expect(await store.listServedChannels('nowhere')).toEqual([]);
  });

  test('an assignment on a channel that the workspace gave up does not come back with the device', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    await store.updateDevice(device_id, { channels: ['imessage'] }, NOW);
    await store.updateWorkspace(location_id, { channels: ['imessage'] }, NOW);
    await store.updateDevice(device_id, { channels: ['imessage', 'sms'] }, NOW);
    expect(await store.listServedChannels(location_id)).toEqual(['imessage']);
    expect(await store.listAssignments(location_id)).toHaveLength(1);
  });

  test('an assignment is written only on a channel that the workspace uses by then', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const meant = (['imessage', 'sms'] as const).map((channel) => ({ device_id, channel }));
    await Promise.all([
      store.updateWorkspace(location_id, { channels: ['imessage'] }, NOW),
      store.setAssignments(location_id, meant, NOW),
    ]);
    expect(await store.listServedChannels(location_id)).toEqual(['imessage']);
    await store.setAssignments(location_id, meant, NOW);
    expect((await store.listAssignments(location_id)).map(({ channel }) => channel)).toEqual(['imessage']);
  });

  test('a channel that a device out of sight serves is not taken away', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const narrow = (within: string[]) =>
      store.updateWorkspace(location_id, { channels: ['imessage'] }, NOW, { within });
    await expect(narrow([])).rejects.toThrow(ChannelInUseError);
    expect((await store.findWorkspace(location_id))?.channels).toContain('sms');
    expect(await store.listAssignments(location_id)).toHaveLength(2);
    await narrow([device_id]);
    expect(await store.listAssignments(location_id)).toHaveLength(1);
  });

  test('a device that was narrowed hears and tells nothing for a workspace on the other channels', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store, { extra_events: ['echo'] });
    await assign(store, location_id, [device_id], ['sms']);
    expect((await store.readSettings(device_id))?.extra_events).toEqual(['echo']);
    await store.updateDevice(device_id, { channels: ['imessage'] }, NOW);
    expect((await store.readSettings(device_id))?.extra_events).toEqual([]);
    const entry = messageEntry({ channel: 'sms' });
    await store.recordJournal(device_id, new Journal().batch(entry), NOW);
    const { items } = await store.listMessages({ device: device_id }, { limit: 10 });
    expect(items.map((one) => one.location_id)).toEqual([null]);
  });

  test('an API key works for its own workspace until it is revoked', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id } = await store.createWorkspace(newWorkspace(), NOW);
    const other = await store.createWorkspace(newWorkspace(), NOW);
    await store.createApiKey({ id: 'k1', location_id, name: 'CRM', hash: 'h1', created_at: NOW });
    expect(await store.useApiKey(location_id, 'h1', NOW)).toBe(true);
    expect(await store.useApiKey(location_id, 'h2', NOW)).toBe(false);
    expect(await store.useApiKey(other.location_id, 'h1', NOW)).toBe(false);
    await store.useApiKey(location_id, 'h1', NOW + 59_999);
    const list = async () => (await store.listApiKeys(location_id, { limit: 9 })).items;
    expect(await list()).toMatchObject([{ id: 'k1', last_used_at: NOW }]);
    await store.useApiKey(location_id, 'h1', NOW + 60_000);
    expect(await list()).toMatchObject([{ last_used_at: NOW + 60_000 }]);
    expect(await store.revokeApiKey(other.location_id, 'k1')).toBe(false);
    expect(await store.revokeApiKey(location_id, 'k1')).toBe(true);
    expect(await store.useApiKey(location_id, 'h1', NOW)).toBe(false);
  });

  test('a deleted workspace takes its deliveries along and leaves its messages', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const [sent, waiting, offered] = ['1', '2', '3'].map((n) =>
      newMessage(line.location_id, { phone: `+1214555010${n}` }),
    );
    await dispatch(store, line, [sent!]);
    await store.recordJournal(line.device_id, new Journal().batch(statusEntry(sent!.id, 'SENT')), NOW);
    await store.acceptMessages([offered!], NOW);
    await store.routeQueued({ online: [line.device_id], pick: () => line.device_id, limit: 1 }, NOW);
    await store.claimSends({ device_id: line.device_id, owner: 'x', lease_until: NOW + HOUR, limit: 1 }, NOW);
    await store.acceptMessages([waiting!], NOW);

    expect(await store.deleteWorkspace(line.location_id)).toBe(true);
    expect(await store.deleteWorkspace(line.location_id)).toBe(false);
    expect(await store.findWorkspace(line.location_id)).toBeUndefined();
    expect(await claimDue(store)).toEqual([]);
    expect(await store.listDeliveries({}, { limit: 10 })).toEqual({ items: [], next_cursor: null });
    expect(await messageOf(store, sent!.id)).toMatchObject({ status: 'SENT' });
    expect((await messageOf(store, waiting!.id)).error?.code).toBe('canceled');
    expect((await messageOf(store, offered!.id)).error?.code).toBe('send_timeout_unknown');
    expect(await drain(store)).toEqual([]);
  });
}
