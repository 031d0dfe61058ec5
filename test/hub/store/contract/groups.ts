import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { MessageFilter } from '../../../../hub/store/records.ts';
import {
  addDevice,
  addLine,
  assign,
  claim,
  drain,
  Journal,
  messageEntry,
  messageOf,
  NOW,
  newMessage,
  type OpenStore,
  reporter,
  route,
  statusEntry,
} from './fixtures.ts';

const ANN = '+12145550100';
const GROUP = { id: 'chat77', name: 'Team', participants: [ANN, '+1 (214) 555-0101'] };
const ASKS = { extra_events: ['group' as const] };

async function groupOf(report: ReturnType<typeof reporter>): Promise<string> {
  const [event] = await report(messageEntry({ group: GROUP }));
  return (event!.group as { id: string }).id;
}

export function describeGroups(open: OpenStore): void {
  test('a group’s messages go to a workspace that asks, under one id, in the group’s own order', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store, ASKS);
    const report = reporter(store, line.device_id);
    const [first] = await report(messageEntry({ group: GROUP, text: 'STOP' }));
    expect(first).toMatchObject({
      type: 'MESSAGE',
      phone: ANN,
      isMe: false,
      group: { id: expect.stringMatching(/^group:[0-9a-f-]{36}$/), name: 'Team' },
      participants: [ANN, '+12145550101'],
    });
    const renamed = { ...GROUP, name: 'Crew', participants: [ANN] };
    const journal = new Journal();
    await store.recordJournal(
      line.device_id,
      journal.batch(
        messageEntry({ group: renamed, from: '+12145550101', text: 'a' }),
        messageEntry({ text: 'alone' }),
        messageEntry({ group: renamed, from: '+12145550102', text: 'b' }),
      ),
      NOW,
    );
    const due = await store.claimDeliveries({ owner: 'h', lease_until: NOW + 9, limit: 9, busy: [] }, NOW);
    const bodies = due.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    bodies.sort((a, b) => String(a.message).localeCompare(String(b.message)));
    // One of the group, one of the conversation with the same person alone.
    expect(bodies.map(({ message }) => message)).toEqual(['a', 'alone']);
    expect(bodies[0]).toMatchObject({
      group: { id: (first!.group as { id: string }).id, name: 'Crew' },
      participants: [ANN],
    });
    const [stored] = (await store.listMessages({ q: String(first!.message_id) }, { limit: 1 })).items;
    expect(stored).toMatchObject({ group_id: (first!.group as { id: string }).id });
    // STOP in a group opts nobody out.
    expect(await store.acceptMessages([newMessage(line.location_id)], NOW)).toMatchObject([
      { kind: 'accepted' },
    ]);
  });

  test('a group can be answered by its own device alone, and its statuses carry its id', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store, ASKS);
    const spare = await addDevice(store);
    await assign(store, line.location_id, [line.device_id, spare]);
    const report = reporter(store, line.device_id);
    const phone = await groupOf(report);
    expect(await store.findServedGroup(line.location_id, phone)).toEqual({
      id: phone,
      device_id: line.device_id,
      channel: 'imessage',
      name: 'Team',
      participants: [ANN, '+12145550101'],
    });
    const message = newMessage(line.location_id, { phone, only_device: line.device_id });
    await store.acceptMessages([message], NOW);
    expect(await route(store, [spare])).toEqual([]);
    expect(await route(store, [spare, line.device_id])).toEqual([line.device_id]);
    await store.unrouteDevice(line.device_id);
    expect(await route(store, [spare])).toEqual([]);
    await route(store, [spare, line.device_id]);
    expect(await claim(store, line.device_id)).toMatchObject([
      { id: message.id, phone, to: 'chat77', to_group: true, fallbacks: [] },
    ]);
    expect(await report(statusEntry(message.id, 'SENT'))).toMatchObject([{ status: 'SENT', phone }]);
  });

  test('what waits to answer a group ends with its device, files or not, and nothing else does', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store, ASKS);
    const phone = await groupOf(reporter(store, line.device_id));
    const only_device = line.device_id;
    const attachments = ['https://a.example/1'];
    const messages = [
      newMessage(line.location_id, { phone, only_device }),
      newMessage(line.location_id, { phone, only_device, attachments }),
      newMessage(line.location_id, { phone, only_device }),
      newMessage(line.location_id),
    ];
    await store.acceptMessages(messages, NOW);
    await drain(store);
    await store.deleteDevice(line.device_id, NOW);
    const found = await Promise.all(messages.map(({ id }) => messageOf(store, id)));
    expect(found.map(({ status, error }) => [status, error?.code])).toEqual([
      ['FAILED', 'device_removed'],
      ['FAILED', 'device_removed'],
      ['FAILED', 'device_removed'],
      ['QUEUED', undefined],
    ]);
    expect(await drain(store)).toHaveLength(3);
  });

  test('a group is found only by a workspace whose device is in it, on the group’s channel', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store, ASKS);
    const stranger = await addLine(store, ASKS);
    const phone = await groupOf(reporter(store, line.device_id));
    expect(await store.findServedGroup(stranger.location_id, phone)).toBeUndefined();
    expect(await store.findServedGroup(line.location_id, `group:${randomUUID()}`)).toBeUndefined();
    await store.updateDevice(line.device_id, { channels: ['sms'] }, NOW);
    expect(await store.findServedGroup(line.location_id, phone)).toBeUndefined();
    await store.updateDevice(line.device_id, { channels: ['imessage', 'sms'] }, NOW);
    expect(await store.findServedGroup(line.location_id, phone)).toBeDefined();
    await assign(store, line.location_id, [line.device_id], ['sms']);
    expect(await store.findServedGroup(line.location_id, phone)).toBeUndefined();
  });

  test('a conversation is what was said with one phone, or in one group, both ways', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store, ASKS);
    const report = reporter(store, line.device_id);
    const group = await groupOf(report);
    await report(messageEntry({ text: 'alone' }), messageEntry({ from: '+12145550101', text: 'another' }));
    const [toGroup, toAnn] = [
      newMessage(line.location_id, { phone: group, only_device: line.device_id, text: 'to all' }),
      newMessage(line.location_id, { phone: ANN, text: 'to Ann' }),
    ];
    await store.acceptMessages([toGroup, toAnn], NOW);
    const textsOf = async (filter: MessageFilter, limit = 9) =>
      (await store.listMessages(filter, { limit })).items.map(({ text }) => text);
    const workspace = line.location_id;
    expect(await textsOf({ workspace, conversation: ANN })).toEqual(['to Ann', 'alone']);
    expect(await textsOf({ workspace, conversation: group })).toEqual(['to all', 'See you then.']);
    expect(await textsOf({ workspace, conversation: ANN, direction: 'in' })).toEqual(['alone']);
    expect(await textsOf({ device: line.device_id })).toEqual(['another', 'alone', 'See you then.']);
    expect(await textsOf({ device: 'another' })).toEqual([]);
  });
}
