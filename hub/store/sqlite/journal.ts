import type { JournalEntry, StatusEntry } from '../../../shared/wire/journal.ts';
import { nearestInstant } from '../../webhooks/events.ts';
import type { JudgedBatch } from '../records.ts';
import { JournalGapError, StoreUnavailableError, UnknownDeviceError } from '../store.ts';
import type { SqliteContext } from './context.ts';
import { asStoreError } from './errors.ts';
import { applyEvidence, findOffered } from './evidence.ts';
import { recordExtra } from './extras.ts';
import { recordInbound } from './inbound.ts';
import { readable } from './readable.ts';

export function recordJournal(
  context: SqliteContext,
  deviceId: string,
  batch: JudgedBatch,
  now: number,
): { acked_seq: number; deliveries: number } {
  const { db } = context;
  if (db.get('SELECT 1 FROM devices WHERE id = ?', deviceId) === undefined)
    throw new UnknownDeviceError(deviceId);
  const known = db.get<{ acked_seq: number }>(
    'SELECT acked_seq FROM journals WHERE device_id = ? AND journal_id = ?',
    deviceId,
    batch.journal_id,
  );
  const acked = known?.acked_seq ?? 0;
  const fresh = batch.entries.filter(({ seq }) => seq > acked);
  for (const [index, { seq }] of fresh.entries())
    if (seq !== acked + 1 + index) throw new JournalGapError(acked + 1 + index, seq);
  if (fresh.length === 0) return { acked_seq: acked, deliveries: 0 };
  const deliveries = recordAll(context, deviceId, { ...batch, entries: fresh }, now);
  const acked_seq = acked + fresh.length;
  db.run(
    `INSERT INTO journals (device_id, journal_id, acked_seq, seen_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (device_id, journal_id) DO UPDATE SET acked_seq = excluded.acked_seq, seen_at = excluded.seen_at`,
    deviceId,
    batch.journal_id,
    acked_seq,
    now,
  );
  return { acked_seq, deliveries };
}

/**
 * All entries together; where one of them makes a step fail, each alone. A device repeats what is not acknowledged, so an
 * entry that always fails would hold up everything behind it for ever: it is set aside as it came, for a person.
 */
function recordAll(context: SqliteContext, deviceId: string, batch: JudgedBatch, now: number): number {
  const record = ({ entry }: JudgedBatch['entries'][number]): number =>
    entry === undefined ? 0 : recordEntry(context, deviceId, entry, now);
  const sum = (told: number[]): number => told.reduce((a, b) => a + b, 0);
  try {
    return context.db.savepoint(() => sum(batch.entries.map(record)));
  } catch (error) {
    if (!isFaultOfEntry(context, error)) throw error;
  }
  return sum(
    batch.entries.map((one) => {
      try {
        return context.db.savepoint(() => record(one));
      } catch (error) {
        if (!isFaultOfEntry(context, error)) throw error;
        setAside(context, deviceId, { ...one, journal_id: batch.journal_id, error }, now);
        return 0;
      }
    }),
  );
}

/** Not the database's: that one may do better another time, and a transaction it has ended takes nothing more. */
function isFaultOfEntry({ db }: SqliteContext, error: unknown): boolean {
  return db.db.inTransaction && !(asStoreError(error) instanceof StoreUnavailableError);
}

function setAside(
  { db, log }: SqliteContext,
  deviceId: string,
  { journal_id, seq, entry, error }: JudgedBatch['entries'][number] & { journal_id: string; error: unknown },
  now: number,
): void {
  log.error(
    { device_id: deviceId, seq, kind: entry?.kind, err: error },
    'a journal entry could not be recorded; it is kept in the table set_aside, and the journal goes on',
  );
  db.run(
    `INSERT INTO set_aside (device_id, journal_id, seq, entry, error, at) VALUES (?, ?, ?, ?, ?, ?)`,
    deviceId,
    journal_id,
    seq,
    JSON.stringify(entry),
    String(error),
    now,
  );
}

function recordEntry(context: SqliteContext, deviceId: string, entry: JournalEntry, now: number): number {
  if (entry.kind === 'status') return recordStatus(context, deviceId, entry, now);
  if (entry.kind === 'message') return recordInbound(context, deviceId, entry, now);
  return recordExtra(context, deviceId, entry, now);
}

function recordStatus(context: SqliteContext, deviceId: string, entry: StatusEntry, now: number): number {
  const message = findOffered(context, entry.id, deviceId);
  if (message === undefined) {
    context.log.warn(
      { device_id: deviceId, message: entry.id, status: entry.status },
      'a device reported a status of a message that was not offered to it; ignored',
    );
    return 0;
  }
  const { status: event, channel, error, guid } = entry;
  const evidence = { event, channel, error, guid: guid && readable(guid) };
  return applyEvidence(context, message, evidence, { at: nearestInstant(entry.at), now, source: 'device' });
}
