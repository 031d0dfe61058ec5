import type { Failure } from '../../shared/failure-codes.ts';
import type { RowStatus } from '../chat-db/own-rows.ts';
import { explainRowError } from './row-errors.ts';
import type { SendEvent } from './send-state.ts';

/** One thing that a row tells of its send. `at` is epoch milliseconds. */
export interface RowEvent {
  event: SendEvent;
  at: number;
  error?: Failure;
}

/**
 * What the row of a send tells, in order: SENT comes first, always. A send's state decides which of it is news.
 * `wantsRead`: whether anybody asked for READ.
 */
export function readRow(row: RowStatus, wantsRead: boolean, now: number): RowEvent[] {
  if (row.error !== 0) return [{ event: 'row_failed', at: now, error: explainRowError(row.error) }];
  const isReported = row.channel !== 'sms';
  const isDelivered = isReported && (row.delivered || row.readAt !== undefined);
  const events: RowEvent[] = [];
  if (row.sent || row.delivered) events.push({ event: 'row_sent', at: now });
  if (isDelivered) {
    events.push({ event: 'row_delivered', at: Math.min(row.deliveredAt ?? row.readAt ?? now, now) });
  }
  // SMS has no receipt: SENT is its last state.
  if (!isReported) events.push({ event: 'row_final', at: now });
  if (isDelivered && wantsRead && row.readAt !== undefined) {
    events.push({ event: 'row_read', at: Math.min(row.readAt, now) });
  }
  return events;
}
