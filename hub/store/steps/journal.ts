import type { JournalEntry, StatusEntry } from '../../../shared/wire/journal.ts';
import { normalizeSender } from '../../routing/recipient.ts';
import { nearestInstant } from '../../webhooks/events.ts';
import { UnknownDeviceError } from '../device-errors.ts';
import type { JudgedBatch } from '../records.ts';
import { JournalGapError } from '../store.ts';
import { deviceOf, queueOf, type StoreContext } from './context.ts';
import { applyEvidence, findOffered } from './evidence.ts';
import { recordExtra } from './extras.ts';
import { forgottenBefore } from './forget.ts';
import { isGroup } from './groups.ts';
import { recordInbound } from './inbound.ts';
import { readable } from './readable.ts';
import { together } from './together.ts';

export async function recordJournal(
  context: StoreContext,
  deviceId: string,
  batch: JudgedBatch,
  now: number,
): Promise<{ acked_seq: number; deliveries: number }> {
  const { db } = context;
  await context.hold(async () => [deviceOf(deviceId), ...(await listInvolved(context, deviceId, batch))]);
  if ((await db.get('SELECT 1 FROM devices WHERE id = ?', deviceId)) === undefined)
    throw new UnknownDeviceError(deviceId);
  const known = await db.get<{ acked_seq: number; created_at: number }>(
    'SELECT acked_seq, created_at FROM journals WHERE device_id = ? AND journal_id = ?',
    deviceId,
    batch.journal_id,
  );
  const acked = known?.acked_seq ?? 0;
  const fresh = batch.entries.filter(({ seq }) => seq > acked);
  for (const [index, { seq }] of fresh.entries())
    if (seq !== acked + 1 + index) throw new JournalGapError(acked + 1 + index, seq);
  if (fresh.length === 0) return { acked_seq: acked, deliveries: 0 };
  const entries = await dropForgotten(context, deviceId, fresh, known?.created_at ?? now);
  const deliveries = await recordAll(context, deviceId, { ...batch, entries }, now);
  const acked_seq = acked + fresh.length;
  await db.run(
    `INSERT INTO journals (device_id, journal_id, acked_seq, created_at, seen_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (device_id, journal_id) DO UPDATE SET acked_seq = excluded.acked_seq, seen_at = excluded.seen_at`,
    deviceId,
    batch.journal_id,
    acked_seq,
    now,
    now,
  );
  return { acked_seq, deliveries };
}

const INVOLVED = `
SELECT location_id FROM assignments WHERE device_id = ?
UNION SELECT location_id FROM messages
WHERE id IN (SELECT value FROM json_each(?)) AND location_id IS NOT NULL`;

/** The queues of the workspaces that the device serves, and of those whose messages it reports on. */
async function listInvolved({ db }: StoreContext, deviceId: string, batch: JudgedBatch): Promise<string[]> {
  const ids = JSON.stringify(listReportedOn(batch.entries));
  const involved = await db.all<{ location_id: string }>(INVOLVED, deviceId, ids);
  return involved.map(({ location_id }) => queueOf(location_id));
}

/** Ids of the messages whose statuses these are. */
function listReportedOn(entries: JudgedBatch['entries']): string[] {
  return entries.flatMap(({ entry }) => (entry?.kind === 'status' ? [readable(entry.id)] : []));
}

/** Longer than the clocks of a device and of the hub lie apart. */
const CLOCKS_APART_MS = 86_400_000;

/**
 * A device that lost its journal tells everything again under a new one. What it tells from before that one began, and
 * from times that the hub has forgotten, may have been told before, and nobody can find out any more: it is dropped.
 */
async function dropForgotten(
  context: StoreContext,
  deviceId: string,
  entries: JudgedBatch['entries'],
  begun: number,
): Promise<JudgedBatch['entries']> {
  const isOlderThan = ({ entry }: JudgedBatch['entries'][number], time: number): boolean =>
    entry !== undefined && entry.kind !== 'status' && entry.at < time;
  if (!entries.some((one) => isOlderThan(one, begun))) return entries;
  const forgotten = await forgottenBefore(context);
  if (forgotten === 0) return entries;
  const horizon = Math.min(begun, forgotten + CLOCKS_APART_MS);
  const kept = entries.filter((one) => !isOlderThan(one, horizon));
  if (kept.length < entries.length)
    context.log.warn(
      { device_id: deviceId, dropped: entries.length - kept.length },
      'a device told under a new journal what happened before the hub remembers; it may have been told before and was dropped',
    );
  return kept;
}

/**
 * All entries together; where one of them makes a step fail, each alone. A device repeats what is not acknowledged, so an
 * entry that always fails would hold up everything behind it for ever: it is set aside as it came, for a person.
 */
async function recordAll(
  context: StoreContext,
  deviceId: string,
  batch: JudgedBatch,
  now: number,
): Promise<number> {
  const { db } = context;
  const record = async (...entries: JudgedBatch['entries']): Promise<number> => {
    let told = 0;
    for (const { entry } of entries)
      if (entry !== undefined) told += await recordEntry(context, deviceId, entry, now);
    return told;
  };
  try {
    return await db.savepoint(async () => {
      const conversations = await splitByConversation(context, batch.entries);
      const told = await together(conversations.map((entries) => record(...entries)));
      return told.reduce((a, b) => a + b, 0);
    });
  } catch (error) {
    if (!db.isFaultOfSavepoint(error)) throw error;
  }
  let told = 0;
  for (const one of batch.entries) {
    try {
      told += await db.savepoint(() => record(one));
    } catch (error) {
      if (!db.isFaultOfSavepoint(error)) throw error;
      await setAside(context, deviceId, { ...one, journal_id: batch.journal_id, error }, now);
    }
  }
  return told;
}

/** Each in its order, and none needs anything of another. What belongs to groups, or to nothing known, stays together. */
async function splitByConversation(
  { db }: StoreContext,
  entries: JudgedBatch['entries'],
): Promise<JudgedBatch['entries'][]> {
  const ids = listReportedOn(entries);
  const known = await db.all<{ id: string; phone: string }>(
    'SELECT id, phone FROM messages WHERE id IN (SELECT value FROM json_each(?))',
    JSON.stringify(ids),
  );
  const phones = new Map(known.map(({ id, phone }) => [id, phone]));
  return [...Map.groupBy(entries, ({ entry }) => (entry ? nameConversation(entry, phones) : '')).values()];
}

function nameConversation(entry: JournalEntry, phones: ReadonlyMap<string, string>): string {
  if (entry.kind === 'status') {
    const phone = phones.get(entry.id) ?? '';
    return isGroup(phone) ? '' : phone;
  }
  const other = entry.from_me ? entry.to : entry.from;
  return entry.group || other === undefined ? '' : readable(normalizeSender(other));
}

async function setAside(
  { db, log }: StoreContext,
  deviceId: string,
  { journal_id, seq, entry, error }: JudgedBatch['entries'][number] & { journal_id: string; error: unknown },
  now: number,
): Promise<void> {
  log.error(
    { device_id: deviceId, seq, kind: entry?.kind, err: error },
    'a journal entry could not be recorded; it is kept in the table set_aside, and the journal goes on',
  );
  await db.run(
    `INSERT INTO set_aside (device_id, journal_id, seq, entry, error, at) VALUES (?, ?, ?, ?, ?, ?)`,
    deviceId,
    journal_id,
    seq,
    JSON.stringify(entry),
    String(error),
    now,
  );
}

async function recordEntry(
  context: StoreContext,
  deviceId: string,
  entry: JournalEntry,
  now: number,
): Promise<number> {
  if (entry.kind === 'status') return await recordStatus(context, deviceId, entry, now);
  if (entry.kind === 'message') return await recordInbound(context, deviceId, entry, now);
  return await recordExtra(context, deviceId, entry, now);
}

async function recordStatus(
  context: StoreContext,
  deviceId: string,
  entry: StatusEntry,
  now: number,
): Promise<number> {
  const message = await findOffered(context, readable(entry.id), deviceId);
  if (message === undefined) {
    context.log.warn(
      { device_id: deviceId, message: entry.id, status: entry.status },
      'a device reported a status of a message that was not offered to it; ignored',
    );
    return 0;
  }
  const { status: event, channel, error, guid } = entry;
  const evidence = {
    event,
    channel,
    error: error && { code: error.code, message: readable(error.message) },
    guid: guid && readable(guid),
  };
  return await applyEvidence(context, message, evidence, {
    at: nearestInstant(entry.at),
    now,
    source: 'device',
  });
}
