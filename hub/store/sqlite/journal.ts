import type { JournalEntry, StatusEntry } from '../../../shared/wire/journal.ts';
import { nearestInstant } from '../../webhooks/events.ts';
import type { JudgedBatch } from '../records.ts';
import { JournalGapError, UnknownDeviceError } from '../store.ts';
import type { SqliteContext } from './context.ts';
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
  let deliveries = 0;
  for (const { entry } of fresh) if (entry) deliveries += recordEntry(context, deviceId, entry, now);
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
