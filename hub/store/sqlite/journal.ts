import type { JournalBatch, StatusEntry } from '../../../shared/wire/journal.ts';
import { nearestInstant } from '../../webhooks/events.ts';
import { JournalGapError, UnknownDeviceError } from '../store.ts';
import type { SqliteContext } from './context.ts';
import { applyEvidence, findOffered } from './evidence.ts';
import { recordInbound } from './inbound.ts';

export function recordJournal(
  context: SqliteContext,
  deviceId: string,
  batch: JournalBatch,
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
  for (const { entry } of fresh)
    deliveries +=
      entry.kind === 'status'
        ? recordStatus(context, deviceId, entry, now)
        : entry.kind === 'message'
          ? recordInbound(context, deviceId, entry, now)
          : 0;
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

function recordStatus(context: SqliteContext, deviceId: string, entry: StatusEntry, now: number): number {
  const message = findOffered(context, entry.id, deviceId);
  if (message === undefined) {
    context.log.warn(
      { device_id: deviceId, message: entry.id, status: entry.status },
      'a device reported a status of a message that was not offered to it; ignored',
    );
    return 0;
  }
  const evidence = { event: entry.status, channel: entry.channel, error: entry.error };
  return applyEvidence(context, message, evidence, { at: nearestInstant(entry.at), now, source: 'device' });
}
