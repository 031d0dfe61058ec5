import { expect, test } from 'vitest';
import type { Walk, Walked } from '../../../../hub/store/retention.ts';
import type { Store } from '../../../../hub/store/store.ts';
import {
  addLine,
  claimDue,
  dispatch,
  drain,
  eventOf,
  HOUR,
  Journal,
  messageEntry,
  messageOf,
  NOW,
  newMessage,
  type OpenStore,
  settled,
  statusEntry,
} from './fixtures.ts';

const DAY = 24 * HOUR;
const LATER = NOW + DAY;

/** Walks to the end; how many rows each step removed. */
async function walkOff(step: (walk: Walk) => Promise<Walked>, before: number, limit = 100) {
  const removed: number[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const walked: Walked = await step({ before, after, limit });
    removed.push(walked.removed);
    after = walked.next;
    if (removed.length > 1_000) throw new Error('the walk comes to no end');
  }
  return removed;
}

const total = (counts: number[]): number => counts.reduce((sum, count) => sum + count, 0);

async function listAll(store: Store): Promise<string[]> {
  return (await store.listMessages({}, { limit: 200 })).items.map(({ id }) => id).sort();
}

export function describeRetention(open: OpenStore): void {
  test('messages that ended long ago go with their timeline; those under way and young ones stay', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const [ended, taken] = ['1', '2'].map((n) => newMessage(line.location_id, { phone: `+1214555010${n}` }));
    await dispatch(store, line, [ended!, taken!]);
    const queued = newMessage(line.location_id, { phone: '+12145550103' });
    await store.acceptMessages([queued], NOW);
    const report = new Journal().batch(statusEntry(ended!.id, 'DELIVERED'), messageEntry());
    await store.recordJournal(line.device_id, report, NOW);
    const young = newMessage(line.location_id, { phone: '+12145550104', expires_at: LATER });
    await store.acceptMessages([young], LATER);
    await store.expireQueued(LATER + HOUR, 10);
    await drain(store, LATER + HOUR);

    expect(total(await walkOff(store.forgetMessages, NOW))).toBe(0);
    expect(total(await walkOff(store.forgetMessages, LATER))).toBeGreaterThan(2);
    expect(await listAll(store)).toEqual([taken!.id, queued.id, young.id].sort());
    expect(await store.findMessage(ended!.id)).toBeUndefined();
    expect(await store.listTimeline(ended!.id)).toEqual([]);
    expect(await store.listTimeline(taken!.id)).toHaveLength(3);
  });

  test('a message stays while an event about it waits to be delivered', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const message = newMessage(line.location_id);
    await dispatch(store, line, [message]);
    const report = new Journal().batch(statusEntry(message.id, 'SENT'));
    await store.recordJournal(line.device_id, report, NOW);
    expect(total(await walkOff(store.forgetMessages, LATER))).toBe(0);
    expect(await walkOff(store.forgetDeliveries, LATER)).toEqual([0]);
    expect((await drain(store)).map(({ status }) => status)).toEqual(['SENT']);
    expect(total(await walkOff(store.forgetMessages, LATER))).toBeGreaterThan(0);
    expect(await store.findMessage(message.id)).toBeUndefined();
  });

  test('a message_id may be used again once its message is forgotten, and never meets another row', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const message = newMessage(line.location_id);
    await dispatch(store, line, [message]);
    await store.recordJournal(line.device_id, new Journal().batch(statusEntry(message.id, 'SENT')), NOW);
    const [told] = await claimDue(store);
    await store.settleDeliveries('hub-1', [settled(told!)], NOW);
    await walkOff(store.forgetMessages, LATER);
    const again = newMessage(line.location_id, { message_id: message.message_id });
    expect(await store.acceptMessages([again], NOW)).toEqual([{ kind: 'accepted', id: again.id }]);
    expect((await store.findDelivery(told!.id))?.id).toBe(told!.id);
    await store.recordJournal(line.device_id, new Journal().batch(statusEntry(message.id, 'DELIVERED')), NOW);
    expect(await messageOf(store, again.id)).toMatchObject({ status: 'QUEUED' });
  });

  test('deliveries go whatever became of them, but for those that are pending', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const texts = ['delivered', 'dead', 'retried', 'waiting'];
    const entries = texts.map((text, n) => messageEntry({ text, from: `+1214555010${n}` }));
    await store.recordJournal(line.device_id, new Journal().batch(...entries), NOW);
    const due = await claimDue(store);
    const of = (text: string) => due.find((one) => eventOf(one).message === text)!;
    await store.settleDeliveries(
      'hub-1',
      [
        settled(of('delivered')),
        settled(of('dead'), { kind: 'dead' }),
        settled(of('retried'), { kind: 'retry', at: LATER }),
      ],
      NOW,
    );
    expect(total(await walkOff(store.forgetDeliveries, NOW))).toBe(0);
    // Two rows, each with its attempt.
    expect(total(await walkOff(store.forgetDeliveries, LATER))).toBe(4);
    const { items } = await store.listDeliveries({}, { limit: 10 });
    expect(items.map(({ id }) => id).sort()).toEqual([of('retried').id, of('waiting').id].sort());
    expect(await store.listAttempts(of('delivered').id)).toEqual([]);
    await store.updateWorkspace(line.location_id, { url: null }, NOW);
    await store.releaseDeliveries('hub-1');
    await store.updateWorkspace(line.location_id, { url: null }, NOW);
    await walkOff(store.forgetDeliveries, LATER);
    expect((await store.listDeliveries({}, { limit: 10 })).items).toEqual([]);
  });

  test('no step removes more rows than it may, not even of one message with a long timeline', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const message = newMessage(line.location_id);
    await dispatch(store, line, [message]);
    const journal = new Journal();
    await store.recordJournal(
      line.device_id,
      journal.batch(statusEntry(message.id, 'SENT', { guid: 'G' })),
      NOW,
    );
    const reactions = Array.from({ length: 70 }, (_, n) => ({
      kind: 'reaction' as const,
      guid: `R${n}`,
      target: 'G',
      from: '+12145550100',
      from_me: false,
      channel: 'imessage' as const,
      at: NOW + n,
      part: 0,
      reaction: 'love' as const,
      removed: false,
    }));
    await store.recordJournal(line.device_id, journal.batch(...reactions), NOW);
    const plain = Array.from({ length: 30 }, (_, n) => messageEntry({ from: `+12145550${200 + n}` }));
    await store.recordJournal(line.device_id, journal.batch(...plain), NOW);
    await drain(store);
    const steps = await walkOff(store.forgetMessages, LATER, 20);
    expect(Math.max(...steps)).toBeLessThanOrEqual(20);
    expect(await listAll(store)).toEqual([]);
    const deliveries = await walkOff(store.forgetDeliveries, LATER, 7);
    expect(Math.max(...deliveries)).toBeLessThanOrEqual(7);
    expect(total(deliveries)).toBe(62);
  });

  test('two who forget at once remove each row once, while messages go on coming', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const journal = new Journal();
    const entries = Array.from({ length: 60 }, (_, n) => messageEntry({ from: `+12145550${200 + n}` }));
    await store.recordJournal(line.device_id, journal.batch(...entries), NOW);
    await drain(store);
    const fresh = Array.from({ length: 20 }, () => newMessage(line.location_id));
    const [first, second] = await Promise.all([
      walkOff(store.forgetMessages, LATER, 10),
      walkOff(store.forgetMessages, LATER, 10),
      ...fresh.map((message) => store.acceptMessages([message], LATER)),
    ]);
    const more = await walkOff(store.forgetMessages, LATER, 10);
    expect(total(first) + total(second) + total(more)).toBe(120);
    expect(await listAll(store)).toEqual(fresh.map(({ id }) => id).sort());
  });

  describeRepetitions(open);
}

function describeRepetitions(open: OpenStore): void {
  test('what a device tells again under a new journal from forgotten times is dropped, not told twice', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await store.updateWorkspace(line.location_id, { extra_events: ['edit'] }, NOW);
    const old = messageEntry({ at: NOW, text: 'old' });
    const edit = { ...old, kind: 'edit' as const, text: 'older', at: NOW + 1 };
    await store.recordJournal(line.device_id, new Journal().batch(old, edit), NOW);
    expect(await drain(store)).toHaveLength(2);
    const now = NOW + 10 * DAY;
    await walkOff(store.forgetMessages, NOW + 5 * DAY);
    expect(await store.forgetReports({ before: NOW + 5 * DAY, limit: 100 }, now)).toBe(1);
    const lost = messageEntry({ at: NOW + 9 * DAY, text: 'new' });
    const again = new Journal().batch(old, edit, lost);
    expect(await store.recordJournal(line.device_id, again, now)).toMatchObject({ acked_seq: 3 });
    expect((await drain(store, now)).map(({ message }) => message)).toEqual(['new']);
  });

  test('a journal that goes on after a long absence loses nothing, however old it is', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const journal = new Journal();
    await store.recordJournal(line.device_id, journal.batch(messageEntry({ at: NOW })), NOW);
    await drain(store);
    await walkOff(store.forgetMessages, NOW + 20 * DAY);
    await store.forgetReports({ before: NOW + 20 * DAY, limit: 100 }, NOW + 40 * DAY);
    const missed = messageEntry({ at: NOW + 3 * DAY, text: 'missed' });
    await store.recordJournal(line.device_id, journal.batch(missed), NOW + 40 * DAY);
    expect((await drain(store, NOW + 40 * DAY)).map(({ message }) => message)).toEqual(['missed']);
  });

  test('of a device the latest journal stays, the ones before it go; opt-outs stay; expired codes go', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const hello = { bridge_version: '1', os_version: '26' };
    const [first, second] = [new Journal(), new Journal()];
    await store.recordJournal(line.device_id, first.batch(messageEntry({ text: 'STOP' })), NOW);
    await store.recordHello(line.device_id, { ...hello, journal_id: second.id }, NOW + 1);
    await store.recordJournal(line.device_id, second.batch(messageEntry()), NOW + 1);
    const code = { code_hash: 'c', expires_at: NOW + HOUR };
    const device = { id: 'd', kind: 'mac' as const, name: 'Mac', address: null, channels: [] };
    await store.createEnrollment({ device, ...code }, NOW);
    expect(await store.forgetReports({ before: LATER, limit: 1 }, NOW)).toBe(1);
    expect(await store.forgetReports({ before: LATER, limit: 9 }, NOW)).toBe(0);
    expect(await store.forgetReports({ before: LATER, limit: 9 }, NOW + HOUR)).toBe(1);
    expect(await store.findDevice('d')).toBeDefined();
    const known = (journal_id: string) =>
      store.recordHello(line.device_id, { ...hello, journal_id }, NOW + DAY);
    expect(await known(second.id)).toEqual({ acked_seq: 1 });
    expect(await known(first.id)).toEqual({ acked_seq: 0 });
    await drain(store);
    await walkOff(store.forgetMessages, LATER);
    expect(await store.acceptMessages([newMessage(line.location_id)], NOW)).toEqual([{ kind: 'opted_out' }]);
  });
}
