import type { Attempt, SettledDelivery } from '../records.ts';
import type { SqliteContext } from './context.ts';
import { findHead, freeLeases, promoteHead, recordPending } from './deliveries.ts';

interface Leased {
  seq: number;
  location_id: string;
  phone: string;
  attempts: number;
}

const FIND_LEASED = `
SELECT seq, location_id, phone, attempts FROM deliveries WHERE id = ? AND owner = ? AND status = 'pending'`;

const ADD_ATTEMPT = `
INSERT INTO attempts (delivery_seq, n, at, latency_ms, http_status, error, error_message, response)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

const CLOSE = `
UPDATE deliveries SET status = ?, last_error = ?, next_attempt_at = NULL, owner = NULL, lease_until = NULL
WHERE seq = ?`;

const RETRY = `
UPDATE deliveries SET next_attempt_at = ?, last_error = ?, owner = NULL, lease_until = NULL WHERE seq = ?`;

export function settleDeliveries(
  context: SqliteContext,
  owner: string,
  settled: SettledDelivery[],
  now: number,
): void {
  for (const one of settled) {
    const delivery = context.db.get<Leased>(FIND_LEASED, one.id, owner);
    if (delivery === undefined) {
      context.log.warn({ delivery: one.id }, 'a delivery was settled after its lease had passed on; ignored');
      continue;
    }
    addAttempt(context, delivery, one.attempt);
    applyOutcome(context, delivery, one, now);
    noteHealth(context, delivery.location_id, one);
  }
}

function applyOutcome(
  context: SqliteContext,
  delivery: Leased,
  { attempt, outcome }: SettledDelivery,
  now: number,
): void {
  const error = describe(attempt);
  if (outcome.kind === 'retry' && context.directory.listens(delivery.location_id)) {
    scheduleRetry(context, delivery, outcome.at, error, now);
  } else {
    const kept = outcome.kind === 'dead' ? 'dead' : 'recorded';
    close(context, delivery, outcome.kind === 'delivered' ? 'delivered' : kept, error, now);
  }
  if (outcome.kind === 'disable') disableWebhook(context, delivery.location_id, outcome.reason, now);
}

/** Since when the webhook fails: set by the first failure, cleared by any success. */
function noteHealth(
  { db, directory }: SqliteContext,
  locationId: string,
  { attempt, outcome }: SettledDelivery,
): void {
  const known = directory.workspace(locationId)?.failing_since;
  const failingSince = outcome.kind === 'delivered' ? null : (known ?? attempt.at);
  if (known === undefined || known === failingSince) return;
  db.run('UPDATE workspaces SET failing_since = ? WHERE location_id = ?', failingSince, locationId);
  directory.forget();
}

function close(
  context: SqliteContext,
  { seq, location_id, phone }: Leased,
  status: 'delivered' | 'dead' | 'recorded',
  error: string | null,
  now: number,
): void {
  context.db.run(CLOSE, status, error, seq);
  promoteHead(context, location_id, phone, now);
}

/** An older event of the conversation that was made due by hand meanwhile goes first. */
function scheduleRetry(
  context: SqliteContext,
  { seq, location_id, phone }: Leased,
  at: number,
  error: string | null,
  now: number,
): void {
  const isHead = findHead(context, location_id, phone) === seq;
  context.db.run(RETRY, isHead ? at : null, error, seq);
  if (!isHead) promoteHead(context, location_id, phone, now);
}

function disableWebhook(context: SqliteContext, locationId: string, reason: string, now: number): void {
  context.db.run(
    `UPDATE workspaces SET webhook_enabled = 0, webhook_disabled_reason = ?, updated_at = ? WHERE location_id = ?`,
    reason,
    now,
    locationId,
  );
  context.directory.forget();
  recordPending(context, locationId);
}

function addAttempt({ db }: SqliteContext, { seq, attempts }: Leased, attempt: Attempt): void {
  db.run(
    ADD_ATTEMPT,
    seq,
    attempts,
    attempt.at,
    Math.round(attempt.latency_ms),
    attempt.http_status,
    attempt.error,
    attempt.error_message,
    attempt.response,
  );
}

function describe({ error, error_message, http_status }: Attempt): string | null {
  if (error === null) return null;
  return error_message ?? (http_status === null ? error : `${error} ${http_status}`);
}

/** Gives back what this owner claimed and did not attempt: it does not count as an attempt. */
export function releaseDeliveries(context: SqliteContext, owner: string): void {
  context.db.run(
    `UPDATE deliveries SET attempts = attempts - 1, tries = tries - 1
     WHERE status = 'pending' AND owner IS NOT NULL AND owner = ?`,
    owner,
  );
  freeLeases(context, 'owner = ?', owner);
}

/** Leases of a process that is gone; its attempts stay counted, since they may have happened. */
export function freeAllDeliveries(context: SqliteContext): void {
  freeLeases(context, 'lease_until <= ?', Number.MAX_SAFE_INTEGER);
}

/**
 * Makes a dead or recorded delivery pending again at the start of its schedule, or ends the rest of a waiting one. Order
 * within the conversation holds: an older one that waits is made due instead, one being attempted is not overtaken.
 */
export function retryDelivery(context: SqliteContext, id: string, now: number): boolean {
  const { db } = context;
  const delivery = db.get<{ seq: number; location_id: string; phone: string; status: string }>(
    'SELECT seq, location_id, phone, status FROM deliveries WHERE id = ?',
    id,
  );
  if (!delivery || delivery.status === 'delivered' || !context.directory.listens(delivery.location_id))
    return false;
  const { seq, location_id, phone } = delivery;
  const due = db.get<{ seq: number; owner: string | null }>(
    `SELECT seq, owner FROM deliveries
     WHERE status = 'pending' AND location_id = ? AND phone = ? AND next_attempt_at IS NOT NULL LIMIT 1`,
    location_id,
    phone,
  );
  if (delivery.status !== 'pending')
    db.run(`UPDATE deliveries SET status = 'pending', tries = 0, next_attempt_at = NULL WHERE seq = ?`, seq);
  if (due?.owner != null) return true;
  if (due) db.run('UPDATE deliveries SET next_attempt_at = NULL WHERE seq = ?', due.seq);
  promoteHead(context, location_id, phone, now);
  return true;
}
