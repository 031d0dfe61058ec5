import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { AuditEntry, EndpointChange } from '../../../../hub/store/record-keeping.ts';
import type { SettledDelivery } from '../../../../hub/store/records.ts';
import type { Store } from '../../../../hub/store/store.ts';
import {
  addLine,
  claimDue,
  dispatch,
  Journal,
  messageEntry,
  NOW,
  newMessage,
  type OpenStore,
  settled,
  statusEntry,
} from './fixtures.ts';

type Line = Awaited<ReturnType<typeof addLine>>;
const MINUTE = 60_000;

/** One event, attempted once at `now` with this outcome. */
async function attempt(
  store: Store,
  line: Line,
  outcome: SettledDelivery['outcome'],
  now: number,
): Promise<EndpointChange[]> {
  const from = `+1214555${1_000 + Math.floor(Math.random() * 9_000)}`;
  await store.recordJournal(line.device_id, new Journal().batch(messageEntry({ from })), now);
  const [due] = await claimDue(store, { now });
  const one = settled(due!, outcome);
  return store.settleDeliveries('hub-1', [{ ...one, attempt: { ...one.attempt, at: now } }], now);
}

const DELIVERED = { kind: 'delivered' } as const;
const DEAD = { kind: 'dead' } as const;
const GONE = { kind: 'disable', reason: 'The endpoint answered 410 Gone.' } as const;

function entry(changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: randomUUID(),
    at: NOW,
    actor: 'admin token',
    action: 'workspace.update',
    target: { kind: 'workspace', id: 'w1' },
    location_id: 'w1',
    changes: { name: { from: 'a', to: 'b' } },
    request_id: 'r1',
    source: '127.0.0.1',
    ...changes,
  };
}

export function describeRecordKeeping(open: OpenStore): void {
  test('a webhook that begins to fail, and one that recovers, is told once, and a notice stands between', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const { location_id } = line;
    expect(await attempt(store, line, DELIVERED, NOW)).toEqual([]);
    expect(await attempt(store, line, DEAD, NOW + 1)).toEqual([
      { location_id, change: 'failing', since: NOW + 1, detail: 'It answered 500.' },
    ]);
    expect(await attempt(store, line, DEAD, NOW + 2)).toEqual([]);
    expect((await store.listNotices({ open: true }, { limit: 9 })).items).toMatchObject([
      {
        kind: 'webhook_failing',
        location_id,
        workspace: 'Praxis Dr. Müller',
        since: NOW + 1,
        resolved_at: null,
      },
    ]);
    expect(await store.countEndpoints()).toEqual({ ok: 0, failing: 1, disabled: 0, unset: 0 });
    expect(await attempt(store, line, DELIVERED, NOW + 3)).toMatchObject([
      { location_id, change: 'recovered', since: NOW + 1 },
    ]);
    expect(await attempt(store, line, DELIVERED, NOW + 4)).toEqual([]);
    expect((await store.listNotices({ open: true }, { limit: 9 })).items).toEqual([]);
    expect((await store.listNotices({ open: false }, { limit: 9 })).items).toMatchObject([
      { resolved_at: NOW + 3 },
    ]);
    expect(await store.countEndpoints()).toEqual({ ok: 1, failing: 0, disabled: 0, unset: 0 });
  });

  test('one that answers now and then tells of it again only when it stays away, or after a calm', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const at = async (minutes: number, outcome: SettledDelivery['outcome']) =>
      (await attempt(store, line, outcome, NOW + minutes * MINUTE)).map(({ change }) => change);
    expect(await at(0, DEAD)).toEqual(['failing']);
    expect(await at(1, DELIVERED)).toEqual(['recovered']);
    expect(await at(2, DEAD)).toEqual([]);
    expect(await at(2.5, DELIVERED)).toEqual([]);
    expect(await at(3, DEAD)).toEqual([]);
    expect(await at(4, DEAD)).toEqual(['failing']);
    expect(await at(5, DELIVERED)).toEqual(['recovered']);
    expect(await at(16, DEAD)).toEqual(['failing']);
  });

  test('one that is switched off is told once, however many attempts say so, and an admin ends it', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const { location_id } = line;
    await attempt(store, line, DEAD, NOW);
    const senders = ['+12145550101', '+12145550102'];
    const entries = senders.map((from) => messageEntry({ from }));
    await store.recordJournal(line.device_id, new Journal().batch(...entries), NOW);
    const due = await claimDue(store);
    const changes = await store.settleDeliveries(
      'hub-1',
      due.map((one) => settled(one, GONE)),
      NOW + 1,
    );
    expect(changes).toEqual([{ location_id, change: 'disabled', since: NOW + 1, detail: GONE.reason }]);
    const openOnes = async () =>
      (await store.listNotices({ workspace: location_id, open: true }, { limit: 9 })).items;
    expect(await openOnes()).toMatchObject([{ kind: 'webhook_disabled', detail: GONE.reason }]);
    expect(await store.countEndpoints()).toMatchObject({ disabled: 1, failing: 0 });
    await store.updateWorkspace(location_id, { url: 'https://new.example' }, NOW + 2);
    expect(await openOnes()).toHaveLength(1);
    await store.updateWorkspace(location_id, { webhook_enabled: true }, NOW + 3);
    expect(await openOnes()).toEqual([]);
    expect(await attempt(store, line, DEAD, NOW + 20 * MINUTE)).toMatchObject([{ change: 'failing' }]);
    await store.updateWorkspace(location_id, { url: null }, NOW + 21 * MINUTE);
    expect(await openOnes()).toEqual([]);
    expect(await store.countEndpoints()).toEqual({ ok: 0, failing: 0, disabled: 0, unset: 1 });
    await store.deleteWorkspace(location_id);
    expect((await store.listNotices({}, { limit: 9 })).items).toEqual([]);
    expect(await store.countEndpoints()).toMatchObject({ unset: 0 });
  });

  test('of attempts that fail at once in several hubs one tells it', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const entries = Array.from({ length: 12 }, (_, n) => messageEntry({ from: `+1214555${1_000 + n}` }));
    await store.recordJournal(line.device_id, new Journal().batch(...entries), NOW);
    const due = await claimDue(store);
    const changes = await Promise.all(
      due.map((one) => store.settleDeliveries('hub-1', [settled(one, DEAD)], NOW)),
    );
    expect(changes.flat().map(({ change }) => change)).toEqual(['failing']);
  });

  test('the audit log is found by workspace, actor, action and target, page by page', async () => {
    await using opened = await open();
    const { store } = opened;
    const first = entry();
    const second = entry({ action: 'device.pause', target: { kind: 'device', id: 'd1' }, location_id: null });
    const third = entry({ actor: 'ann@example.com', changes: {} });
    for (const one of [first, second, third]) await store.addAuditEntry(one);
    const find = async (filter: Parameters<Store['listAuditEntries']>[0]) =>
      (await store.listAuditEntries(filter, { limit: 9 })).items.map(({ id }) => id);
    expect(await find({})).toEqual([third.id, second.id, first.id]);
    expect(await find({ workspace: 'w1' })).toEqual([third.id, first.id]);
    expect(await find({ actor: 'ann@example.com' })).toEqual([third.id]);
    expect(await find({ action: 'device.pause' })).toEqual([second.id]);
    expect(await find({ target: 'd1' })).toEqual([second.id]);
    expect(await find({ target: 'd1', workspace: 'w1' })).toEqual([]);
    const page = await store.listAuditEntries({}, { limit: 2 });
    const rest = await store.listAuditEntries({}, { limit: 2, cursor: page.next_cursor! });
    expect([...page.items, ...rest.items]).toEqual([third, second, first]);
    expect(rest.next_cursor).toBeNull();
  });

  test('deliveries are found by workspace, type, status, message and time', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    const message = newMessage(line.location_id);
    await dispatch(store, line, [message]);
    const journal = new Journal();
    await store.recordJournal(line.device_id, journal.batch(statusEntry(message.id, 'DELIVERED')), NOW);
    await store.recordJournal(line.device_id, journal.batch(messageEntry()), NOW + MINUTE);
    const [sent] = await claimDue(store, { now: NOW + MINUTE });
    await store.settleDeliveries('hub-1', [settled(sent!)], NOW + MINUTE);
    const find = async (filter: Parameters<Store['listDeliveries']>[0]) =>
      (await store.listDeliveries(filter, { limit: 9 })).items;
    expect(await find({ message: message.id })).toMatchObject([
      { status: 'pending', message: message.id },
      { status: 'delivered', message: message.id },
    ]);
    expect(await find({ message: 'nothing' })).toEqual([]);
    expect(await find({ type: 'MESSAGE' })).toHaveLength(1);
    expect(await find({ type: 'STATUS-UPDATE', status: 'pending' })).toHaveLength(1);
    expect(await find({ type: 'STATUS-UPDATE', workspace: 'other' })).toEqual([]);
    expect(await find({ since: NOW + 1 })).toHaveLength(1);
    expect(await find({ until: NOW + 1 })).toHaveLength(2);
    expect(await find({ since: NOW, until: NOW + 2 * MINUTE })).toHaveLength(3);
    expect(await find({ since: NOW + 2 * MINUTE })).toEqual([]);
    const shown = await store.findDelivery(sent!.id);
    expect(JSON.parse(shown!.body)).toMatchObject({ status: 'SENT', message_id: message.message_id });
    expect(await store.listMessageDeliveries(message.id)).toMatchObject([
      { status: 'delivered', attempt_log: [{ attempt: 1, http_status: 200 }] },
      { status: 'pending', attempt_log: [] },
    ]);
    expect(await store.listMessageDeliveries('nothing')).toEqual([]);
  });

  test('messages are found by time, page by page', async () => {
    await using opened = await open();
    const { store } = opened;
    const { location_id } = await addLine(store);
    const messages = Array.from({ length: 9 }, () => newMessage(location_id));
    for (const [n, message] of messages.entries()) await store.acceptMessages([message], NOW + n * MINUTE);
    const ids = messages.map(({ id }) => id).toReversed();
    const between = { since: NOW + 2 * MINUTE, until: NOW + 7 * MINUTE };
    const page = await store.listMessages(between, { limit: 3 });
    const rest = await store.listMessages(between, { limit: 3, cursor: page.next_cursor! });
    expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual(ids.slice(2, 7));
    expect(rest.next_cursor).toBeNull();
    expect((await store.listMessages({ since: NOW + 9 * MINUTE }, { limit: 3 })).items).toEqual([]);
    expect((await store.listMessages({ since: 0, channel: 'sms' }, { limit: 3 })).items).toEqual([]);
  });
}
