import type { Logger } from 'pino';
import { nameInLog } from '../credentials/tokens.ts';
import type { ClaimedDelivery, SettledDelivery } from '../store/records.ts';
import type { PostResult } from './post-event.ts';

/** Logs what became of an attempt, the louder the more final it is. */
export function reportOutcome(
  delivery: ClaimedDelivery,
  result: PostResult,
  outcome: SettledDelivery['outcome'],
  log: Logger,
): void {
  const fields = {
    delivery_id: delivery.id,
    workspace: nameInLog(delivery.location_id),
    attempt: delivery.attempt,
    status: result.http_status,
    latency_ms: Math.round(result.latency_ms),
  };
  if (outcome.kind === 'delivered') log.debug(fields, 'webhook event delivered');
  else if (outcome.kind === 'retry')
    log.info({ ...fields, error: result.error }, 'webhook event failed; it will be retried');
  else if (outcome.kind === 'disable')
    log.warn(
      { ...fields, error: result.error, reason: outcome.reason },
      'webhook event not taken: its webhook is switched off, and the event is recorded',
    );
  else log.warn({ ...fields, error: result.error, outcome: outcome.kind }, 'webhook event given up');
}
