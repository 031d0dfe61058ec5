import { expect, test } from 'vitest';
import {
  addDevice,
  addLine,
  assign,
  drain,
  Journal,
  messageEntry,
  NOW,
  newMessage,
  newWorkspace,
  type OpenStore,
} from './fixtures.ts';

export function describeInbound(open: OpenStore): void {
  test('a received message is stored and told to the workspace of the device', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const entry = messageEntry({ from: '+1 (214) 555-0100', text: ' ünï \u{1f600} ', channel: 'sms' });
    expect(await store.recordJournal(device_id, new Journal().batch(entry), NOW)).toMatchObject({
      deliveries: 1,
    });
    const [message] = (await store.listMessages({ direction: 'in' }, { limit: 2 })).items;
    expect(message).toEqual({
      id: expect.any(String),
      direction: 'in',
      location_id,
      message_id: message!.id,
      user_id: null,
      phone: '+12145550100',
      text: ' ünï \u{1f600} ',
      attachments: [],
      channel: 'sms',
      status: 'RECEIVED',
      device_id,
      group_id: null,
      from_me: false,
      only_device: null,
      resend_of: null,
      offered: false,
      waits_for_files: false,
      error: null,
      created_at: NOW,
      updated_at: NOW,
    });
    expect(await drain(store)).toEqual([
      {
        type: 'MESSAGE',
        location_id,
        phone: '+12145550100',
        message: ' ünï \u{1f600} ',
        isMe: false,
        attachments: [],
        channel: 'sms',
        message_id: message!.id,
        device_id,
        timestamp: new Date(entry.at).toISOString(),
      },
    ]);
    expect(await store.listTimeline(message!.id)).toEqual([
      { at: entry.at, status: 'RECEIVED', source: 'device', detail: null },
    ]);
  });

  test('the same guid from the same device is one message, also from a new journal; from another device it is another', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const other = await addDevice(store);
    await assign(store, location_id, [device_id, other]);
    const entry = messageEntry();
    const answers = [
      await store.recordJournal(device_id, new Journal().batch(entry, entry), NOW),
      await store.recordJournal(device_id, new Journal().batch(entry), NOW),
      await store.recordJournal(other, new Journal().batch(entry), NOW),
    ];
    expect(answers.map(({ deliveries }) => deliveries)).toEqual([1, 0, 1]);
  });

  test('of several workspaces the one that wrote to the sender last gets the message, else the first assigned', async () => {
    await using opened = await open();
    const { store } = opened;
    const first = await addLine(store);
    const { device_id } = first;
    const second = await store.createWorkspace(newWorkspace(), NOW);
    const off = await store.createWorkspace(newWorkspace({ connected: false }), NOW);
    for (const { location_id } of [second, off]) await assign(store, location_id, [device_id]);
    const journal = new Journal();
    const hear = async (from: string, now: number) => {
      await store.recordJournal(device_id, journal.batch(messageEntry({ from })), now);
      return (await drain(store, now))[0]?.location_id;
    };
    const write = async (location_id: string, phone: string, now: number) => {
      await store.acceptMessages([newMessage(location_id, { phone })], now);
      await store.routeQueued({ online: [device_id], pick: () => device_id, limit: 9 }, now);
    };
    expect(await hear('+12145550101', NOW)).toBe(first.location_id);
    await write(second.location_id, '+12145550101', NOW + 1);
    await write(first.location_id, '+12145550102', NOW + 2);
    expect(await hear('+12145550101', NOW + 3)).toBe(second.location_id);
    await write(first.location_id, '+12145550101', NOW + 4);
    expect(await hear('+12145550101', NOW + 5)).toBe(first.location_id);
    await store.updateWorkspace(first.location_id, { connected: false }, NOW + 6);
    expect(await hear('+12145550101', NOW + 7)).toBe(second.location_id);
    await assign(store, second.location_id, [device_id], ['sms']);
    expect(await hear('+12145550101', NOW + 8)).toBeUndefined();
    const [unclaimed] = (await store.listMessages({ direction: 'in' }, { limit: 1 })).items;
    expect(unclaimed).toMatchObject({ location_id: null, phone: '+12145550101' });
  });

  test('a group’s message is kept, told to nobody, and touches no one-to-one conversation', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const group = { id: 'chat1', participants: ['+12145550100', '+12145550101'] };
    const batch = new Journal().batch(messageEntry({ group, text: 'STOP' }));
    expect(await store.recordJournal(device_id, batch, NOW)).toEqual({ acked_seq: 1, deliveries: 0 });
    expect(await drain(store)).toEqual([]);
    const { items } = await store.listMessages({ direction: 'in' }, { limit: 9 });
    expect(items).toMatchObject([{ location_id: null, text: 'STOP' }]);
    expect(await store.acceptMessages([newMessage(location_id)], NOW)).toMatchObject([{ kind: 'accepted' }]);
  });

  test('whatever a device reports is stored and told: short codes, odd characters, impossible dates', async () => {
    await using opened = await open();
    const { store } = opened;
    const { device_id } = await addLine(store);
    const entries = [
      messageEntry({ from: '72975', at: Number.MAX_SAFE_INTEGER }),
      messageEntry({ from: 'MyBank', at: Number.MIN_SAFE_INTEGER }),
      messageEntry({ from: 'A@Example.COM', text: 'nul \0 half \ud83d' }),
      messageEntry({ from: '', text: '' }),
    ];
    expect(await store.recordJournal(device_id, new Journal().batch(...entries), NOW)).toMatchObject({
      deliveries: 4,
    });
    // Conversations have no order among each other.
    const told = new Map((await drain(store)).map((event) => [event.phone, event]));
    const events = ['72975', 'MyBank', 'a@example.com', ''].map((phone) => told.get(phone));
    expect(told.size).toBe(4);
    expect(events.map((event) => event?.timestamp)).toEqual([
      '9999-12-31T23:59:59.999Z',
      '1970-01-01T00:00:00.000Z',
      new Date(entries[2]!.at).toISOString(),
      new Date(entries[3]!.at).toISOString(),
    ]);
    const { items } = await store.listMessages({ phone: '72975' }, { limit: 1 });
    const [received] = await store.listTimeline(items[0]!.id);
    expect(new Date(received!.at).toISOString()).toBe('9999-12-31T23:59:59.999Z');
    expect(events[2]!.message).toBe('nul \ufffd half \ufffd');
  });
}
