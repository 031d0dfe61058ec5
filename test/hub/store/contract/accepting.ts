import { expect, test } from 'vitest';
import { addLine, drain, Journal, messageEntry, NOW, newMessage, type OpenStore } from './fixtures.ts';

export function describeAccepting(open: OpenStore): void {
  test('an accepted message is read back unchanged, with the first step of its timeline', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id } = await addLine(store);
    const text = ' \u{1f469}\u200d\u{1f4bb}\r\n\ttrailing \ufeff\u202e\ufffc';
    const message = newMessage(location_id, { text, attachments: ['https://a.example/b.png'] });
    expect(await store.acceptMessages([message], NOW)).toEqual([{ kind: 'accepted', id: message.id }]);
    const { content_hash: _, expires_at: __, ...shown } = message;
    expect(await store.findMessage(message.id)).toEqual({
      ...shown,
      direction: 'out',
      status: 'QUEUED',
      device_id: null,
      group_id: null,
      from_me: false,
      only_device: null,
      resend_of: null,
      offered: false,
      waits_for_files: true,
      error: null,
      created_at: NOW,
      updated_at: NOW,
    });
    expect(await store.listTimeline(message.id)).toEqual([
      { at: NOW, status: 'QUEUED', source: 'hub', detail: null },
    ]);
  });

  test('a message_id is one message per workspace: repetitions and conflicts are told apart, within a batch too', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id } = await addLine(store);
    const elsewhere = await addLine(store);
    const first = newMessage(location_id, { message_id: 'm1' });
    const twin = newMessage(location_id, { message_id: 'm1' });
    const conflict = newMessage(location_id, { message_id: 'm1', content_hash: 'b'.repeat(64) });
    const namesake = newMessage(elsewhere.location_id, { message_id: 'm1' });
    expect(await store.acceptMessages([first, twin, conflict, namesake], NOW)).toEqual([
      { kind: 'accepted', id: first.id },
      { kind: 'duplicate', id: first.id },
      { kind: 'conflict', id: first.id },
      { kind: 'accepted', id: namesake.id },
    ]);
    expect(await store.acceptMessages([twin], NOW)).toEqual([{ kind: 'duplicate', id: first.id }]);
    expect(await store.findAccepted(location_id, 'm1')).toEqual({
      id: first.id,
      content_hash: first.content_hash,
    });
    expect(await store.findAccepted(location_id, 'm2')).toBeUndefined();
  });

  test('however many bring the same message_id at once, one is accepted', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id } = await addLine(store);
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        store.acceptMessages([newMessage(location_id, { message_id: `m${n % 3}` })], NOW),
      ),
    );
    const flat = outcomes.flat();
    expect(flat.filter(({ kind }) => kind === 'accepted')).toHaveLength(3);
    expect(flat.filter(({ kind }) => kind === 'duplicate')).toHaveLength(57);
    expect((await store.listMessages({ workspace: location_id }, { limit: 100 })).items).toHaveLength(3);
  });

  test('who opted out of a workspace is not written to by it, on any channel, until opting in again', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const other = await addLine(store);
    const journal = new Journal();
    const known = newMessage(line.location_id, { message_id: 'before' });
    await store.acceptMessages([known], NOW);
    const say = (text: string, from = '+1 (214) 555-0100') =>
      store.recordJournal(line.device_id, journal.batch(messageEntry({ from, text })), NOW);
    expect(await say(' stop\n')).toMatchObject({ deliveries: 1 });
    const outcomes = await store.acceptMessages(
      [
        newMessage(line.location_id, { channel: 'sms' }),
        newMessage(line.location_id, { phone: '+12145550199' }),
        newMessage(other.location_id),
        newMessage(line.location_id, { message_id: 'before' }),
      ],
      NOW,
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(['opted_out', 'accepted', 'accepted', 'duplicate']);
    await say('yes, please');
    expect(await store.acceptMessages([newMessage(line.location_id)], NOW)).toEqual([{ kind: 'opted_out' }]);
    await say('Unstop');
    expect(await store.acceptMessages([newMessage(line.location_id)], NOW)).toMatchObject([
      { kind: 'accepted' },
    ]);
    expect((await drain(store)).map(({ message }) => message)).toEqual([' stop\n', 'yes, please', 'Unstop']);
  });

  test('STOP holds for every workspace that sends from the device, whichever heard it, and so does START', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id, device_id } = await addLine(store);
    const sharer = await addLine(store);
    const assignment = { device_id, channel: 'imessage' } as const;
    await store.setAssignments(sharer.location_id, [assignment], NOW);
    const journal = new Journal();
    const say = (text: string) =>
      store.recordJournal(device_id, journal.batch(messageEntry({ from: '+12145550100', text })), NOW);
    const write = async () => {
      const messages = [newMessage(location_id), newMessage(sharer.location_id)];
      return (await store.acceptMessages(messages, NOW)).map(({ kind }) => kind);
    };
    await say('STOP');
    expect(await write()).toEqual(['opted_out', 'opted_out']);
    await say('START');
    expect(await write()).toEqual(['accepted', 'accepted']);
  });

  test('lists filter by workspace, phone, status, channel, direction, an id and a part of one', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const sms = newMessage(line.location_id, { channel: 'sms', message_id: '100%_sure' });
    const imessage = newMessage(line.location_id, { phone: '+12145550177', expires_at: NOW });
    await store.acceptMessages([sms, imessage], NOW);
    await store.expireQueued(NOW, 10);
    await store.recordJournal(line.device_id, new Journal().batch(messageEntry()), NOW);
    const idsOf = async (filter: Parameters<typeof store.listMessages>[0]) =>
      (await store.listMessages(filter, { limit: 10 })).items.map(({ id }) => id);
    expect(await idsOf({ channel: 'sms' })).toEqual([sms.id]);
    expect(await idsOf({ phone: '+12145550177' })).toEqual([imessage.id]);
    expect(await idsOf({ status: ['FAILED'] })).toEqual([imessage.id]);
    expect(await idsOf({ status: ['QUEUED'], workspace: line.location_id })).toEqual([sms.id]);
    expect(await idsOf({ status: ['QUEUED', 'FAILED'] })).toEqual([imessage.id, sms.id]);
    expect(await idsOf({ status: ['SENT', 'FAILED'] })).toEqual([imessage.id]);
    expect(await idsOf({ status: ['DELIVERED', 'READ'] })).toEqual([]);
    expect(await idsOf({ direction: 'out' })).toEqual([imessage.id, sms.id]);
    expect(await idsOf({ status: ['RECEIVED'] })).toHaveLength(1);
    expect(await idsOf({ q: '0%_s' })).toEqual([sms.id]);
    expect(await idsOf({ q: '5550177' })).toEqual([imessage.id]);
    expect(await idsOf({ q: imessage.id.slice(4, 30) })).toEqual([imessage.id]);
    expect(await idsOf({ q: "' OR 1=1 --" })).toEqual([]);
    expect(await idsOf({ workspace: 'nowhere' })).toEqual([]);
    const own = { workspace: line.location_id, message_id: sms.message_id };
    expect(await idsOf(own)).toEqual([sms.id]);
    expect(await idsOf({ ...own, channel: 'sms', direction: 'out', status: ['QUEUED'] })).toEqual([sms.id]);
    expect(await idsOf({ ...own, status: ['FAILED'] })).toEqual([]);
    expect(await idsOf({ ...own, direction: 'in' })).toEqual([]);
    expect(await idsOf({ ...own, workspace: 'nowhere' })).toEqual([]);
    for (const message_id of ['100%_sur', '100%', '%', '100%_SURE', ''])
      expect(await idsOf({ ...own, message_id })).toEqual([]);
  });
}
