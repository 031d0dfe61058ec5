import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { NewWorkspace } from '../../../../hub/store/records.ts';
import { EXTRA_EVENTS } from '../../../../shared/extra-events.ts';
import type { EditEntry, ReactionEntry, UnsendEntry } from '../../../../shared/wire/journal.ts';
import {
  addLine,
  assign,
  claim,
  dispatch,
  messageEntry,
  messageOf,
  NOW,
  newMessage,
  newWorkspace,
  type OpenStore,
  reporter,
  route,
  statusEntry,
} from './fixtures.ts';

const ANN = '+12145550100';
const GROUP = { id: 'chat77', participants: [ANN] };
const ALL: Partial<NewWorkspace> = { extra_events: [...EXTRA_EVENTS] };

const origin = () => ({
  guid: randomUUID().toUpperCase(),
  from: ANN,
  from_me: false,
  channel: 'imessage' as const,
  at: NOW + 5_000,
});

function reaction(target: string, overrides: Partial<ReactionEntry> = {}): ReactionEntry {
  return { kind: 'reaction', ...origin(), target, part: 0, reaction: 'love', removed: false, ...overrides };
}

function edit(guid: string, text: string, overrides: Partial<EditEntry> = {}): EditEntry {
  return { kind: 'edit', ...origin(), guid, text, ...overrides };
}

function unsend(guid: string, text: string, overrides: Partial<UnsendEntry> = {}): UnsendEntry {
  return { kind: 'unsend', ...origin(), guid, text, ...overrides };
}

export function describeExtras(open: OpenStore): void {
  test('without asking, a workspace hears of nothing but statuses and one-to-one messages', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const report = reporter(store, line.device_id);
    const sent = newMessage(line.location_id);
    await dispatch(store, line, [sent]);
    const received = messageEntry();
    expect(await report(received, statusEntry(sent.id, 'READ', { guid: 'OUT' }))).toMatchObject([
      { type: 'MESSAGE' },
      { status: 'SENT' },
      { status: 'DELIVERED' },
    ]);
    const extras = [
      messageEntry({ from_me: true, to: ANN, from: 'me@example.com' }),
      messageEntry({ group: GROUP }),
      reaction(received.guid),
      reaction('OUT'),
      edit(received.guid, 'new words'),
      unsend(received.guid, ''),
    ];
    expect(await report(...extras)).toEqual([]);
    const { items } = await store.listMessages({ direction: 'in' }, { limit: 9 });
    // What the owner of the device typed is nobody's business who did not ask for it.
    expect(items.filter(({ from_me }) => from_me)).toEqual([]);
  });

  test('READ is told after DELIVERED, to those who ask', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store, { extra_events: ['read'] });
    const sent = newMessage(line.location_id);
    await dispatch(store, line, [sent]);
    const report = reporter(store, line.device_id);
    const told = await report(statusEntry(sent.id, 'READ'), statusEntry(sent.id, 'DELIVERED'));
    expect(told.map(({ status }) => status)).toEqual(['SENT', 'DELIVERED', 'READ']);
  });

  test('an echo is told as isMe to the workspace of the conversation, opts nobody out, and is never the hub’s own', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store, { extra_events: ['echo'] });
    const report = reporter(store, line.device_id);
    const typed = messageEntry({
      from_me: true,
      from: 'me@example.com',
      to: '+1 214 555 0100',
      text: 'STOP',
    });
    expect(await report(typed, typed)).toMatchObject([
      { type: 'MESSAGE', isMe: true, phone: ANN, message: 'STOP', location_id: line.location_id },
    ]);
    const sent = newMessage(line.location_id);
    expect(await store.acceptMessages([sent], NOW)).toMatchObject([{ kind: 'accepted' }]);
    await route(store, [line.device_id]);
    await claim(store, line.device_id);
    await report(statusEntry(sent.id, 'SENT', { guid: 'OURS' }));
    expect(await report(messageEntry({ ...typed, guid: 'OURS' }))).toEqual([]);
    expect(await report(messageEntry({ from_me: true, to: undefined }))).toEqual([]);
    const { items } = await store.listMessages({ direction: 'in' }, { limit: 9 });
    expect(items).toMatchObject([{ from_me: true, phone: ANN }]);
    expect((await store.listMessages({ from_me: true }, { limit: 9 })).items).toEqual(items);
    const { items: others } = await store.listMessages({ from_me: false }, { limit: 9 });
    expect(others.map(({ id }) => id)).toEqual([sent.id]);
  });

  test('an echo of one workspace’s conversation is not told to another that shares the device', async () => {
    await using opened = await open();
    const { store } = opened;
    const first = await addLine(store);
    const curious = await store.createWorkspace(newWorkspace(ALL), NOW);
    await assign(store, curious.location_id, [first.device_id]);
    const report = reporter(store, first.device_id);
    expect(await report(messageEntry({ from_me: true, to: ANN }))).toEqual([]);
  });

  test('reactions name the message they are about by the id that the client knows, each told once', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store, { extra_events: ['reaction'] });
    const report = reporter(store, line.device_id);
    const sent = newMessage(line.location_id);
    await dispatch(store, line, [sent]);
    const received = messageEntry();
    const [message] = await report(received, statusEntry(sent.id, 'SENT', { guid: 'OUT-GUID' }));
    await report(statusEntry(sent.id, 'DELIVERED'));
    const onOurs = reaction('OUT-GUID', { reaction: 'emoji', emoji: '🎉', part: 2 });
    const told = await report(
      onOurs,
      onOurs,
      reaction(received.guid, { removed: true }),
      reaction('UNKNOWN'),
      reaction(received.guid, { from_me: true, to: ANN }),
    );
    const common = { type: 'REACTION', location_id: line.location_id, phone: ANN, isMe: false };
    expect(told).toEqual([
      {
        ...common,
        channel: 'imessage',
        message_id: sent.message_id,
        device_id: line.device_id,
        timestamp: new Date(onOurs.at).toISOString(),
        reaction: 'emoji',
        emoji: '🎉',
        part: 2,
        removed: false,
      },
      expect.objectContaining({
        ...common,
        message_id: message!.message_id,
        reaction: 'love',
        removed: true,
      }),
      expect.objectContaining({ ...common, message_id: null }),
    ]);
    const steps = await store.listTimeline(sent.id);
    expect(steps.at(-1)).toMatchObject({ status: 'REACTION', source: 'device', detail: '🎉' });
    // A new journal repeats what the old one told.
    expect(await reporter(store, line.device_id)(onOurs)).toEqual([]);
  });

  test('an edit changes what the hub shows of a received message, an unsend too; the timeline tells of both', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store, { extra_events: ['edit', 'unsend'] });
    const report = reporter(store, line.device_id);
    const received = messageEntry({ text: 'Nine?' });
    const [message] = await report(received);
    const id = String(message!.message_id);
    expect(await report(edit(received.guid, 'Ten?'))).toMatchObject([
      { type: 'EDIT', message_id: id, message: 'Ten?', phone: ANN },
    ]);
    expect(await messageOf(store, id)).toMatchObject({ text: 'Ten?', status: 'RECEIVED' });
    expect(await report(unsend(received.guid, ''))).toMatchObject([
      { type: 'UNSEND', message_id: id, message: '' },
    ]);
    expect(await messageOf(store, id)).toMatchObject({ text: '' });
    expect((await store.listTimeline(id)).map(({ status }) => status)).toEqual([
      'RECEIVED',
      'EDITED',
      'UNSENT',
    ]);
    const sent = newMessage(line.location_id);
    await dispatch(store, line, [sent]);
    await report(
      statusEntry(sent.id, 'SENT', { guid: 'OUT' }),
      edit('OUT', 'other', { from_me: true, to: ANN }),
    );
    expect(await messageOf(store, sent.id)).toMatchObject({ text: sent.text });
  });

  test('an answer names the message it answers, and an effect is told', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const report = reporter(store, line.device_id);
    const sent = newMessage(line.location_id);
    await dispatch(store, line, [sent]);
    await report(statusEntry(sent.id, 'SENT', { guid: 'OUT' }));
    const [plain] = await report(messageEntry({ reply_to: 'OUT', effect: 'slam' }));
    expect(plain).toMatchObject({ reply_to: sent.message_id, effect: 'slam' });
    const [unknown] = await report(messageEntry({ reply_to: 'NOBODY' }));
    expect(unknown).not.toHaveProperty('reply_to');
    expect(unknown).not.toHaveProperty('effect');
  });
}
