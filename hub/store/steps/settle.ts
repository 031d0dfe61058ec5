import type { EndpointChange } from '../record-keeping.ts';
import type { Attempt, DeliveryStatus, SettledDelivery } from '../records.ts';
import { queueOf, type StoreContext } from './context.ts';
import { findHead, freeLeases, IS_STRAY, promoteHead, recordPending } from './deliveries.ts';
import { noteHealth, readHealth } from './endpoint-health.ts';
import { readable } from './readable.ts';
import { together } from './together.ts';

interface Leased {
  id: string;
  seq: number;
  location_id: string;
  phone: string;
  attempts: number;
  status: DeliveryStatus;
}

// By id: with the status in it, Postgres would go through the index of all leases.
const FIND_LEASED = `
SELECT id, seq, location_id, phone, attempts, status FROM deliveries
WHERE id IN (SELECT value FROM json_each(?)) AND owner = ?`;

const ADD_ATTEMPT = `
INSERT INTO attempts (delivery_seq, n, at, latency_ms, http_status, error, error_message, response)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

const CLOSE = `
UPDATE deliveries SET status = ?, last_error = ?, next_attempt_at = NULL, owner = NULL, lease_until = NULL
WHERE seq = ?`;

const RETRY = `
UPDATE deliveries SET next_attempt_at = ?, last_error = ?, owner = NULL, lease_until = NULL WHERE seq = ?`;

export async function settleDeliveries(
  context: StoreContext,
  owner: string,
  settled: SettledDelivery[],
  now: number,
): Promise<EndpointChange[]> {
  await context.hold(() => listQueues(context, settled));
  const leased = await context.db.all<Leased>(
    FIND_LEASED,
    JSON.stringify(settled.map(({ id }) => id)),
    owner,
  );
  const pending = leased.filter(({ status }) => status === 'pending');
  const known = new Map(pending.map((delivery) => [delivery.id, delivery]));
  const held: Held[] = [];
  for (const one of settled) {
    const delivery = known.get(one.id);
    if (delivery) held.push({ delivery, one });
    else
      context.log.warn({ delivery: one.id }, 'a delivery was settled after its lease had passed on; ignored');
  }
  const former = await listFormer(context, held);
  // Of a conversation at most one is leased, so each has its own to see to.
  await together(
    held.map(async ({ delivery, one: said }) => {
      // The webhook has another address by now: the event goes there at once.
      const one: SettledDelivery = former.has(said.id)
        ? { ...said, outcome: { kind: 'retry', at: now } }
        : said;
      await together([addAttempt(context, delivery, one.attempt), applyOutcome(context, delivery, one, now)]);
    }),
  );
  const endpoints = await readHealth(context, [...new Set(held.map(({ delivery }) => delivery.location_id))]);
  const changes: EndpointChange[] = [];
  for (const { delivery, one } of held) {
    if (former.has(one.id)) continue;
    const endpoint = endpoints.get(delivery.location_id);
    const change = endpoint && (await noteHealth(context, endpoint, one, now));
    if (change) changes.push(change);
  }
  return changes;
}

interface Held {
  delivery: Leased;
  one: SettledDelivery;
}

/** Ids of those that would switch a webhook off by the word of an address that is not its own any more. */
async function listFormer({ db }: StoreContext, held: Held[]): Promise<Set<string>> {
  const disabling = held.filter(({ one }) => one.outcome.kind === 'disable' && one.url !== undefined);
  if (disabling.length === 0) return new Set();
  const rows = await db.all<{ location_id: string; url: string | null }>(
    'SELECT location_id, url FROM workspaces WHERE location_id IN (SELECT value FROM json_each(?))',
    JSON.stringify(disabling.map(({ delivery }) => delivery.location_id)),
  );
  const urls = new Map(rows.map(({ location_id, url }) => [location_id, url]));
  const former = disabling.filter(({ delivery, one }) => urls.get(delivery.location_id) !== one.url);
  return new Set(former.map(({ one }) => one.id));
}

async function listQueues({ db }: StoreContext, settled: { id: string }[]): Promise<string[]> {
  const involved = await db.all<{ location_id: string }>(
    'SELECT DISTINCT location_id FROM deliveries WHERE id IN (SELECT value FROM json_each(?))',
    JSON.stringify(settled.map(({ id }) => id)),
  );
  return involved.map(({ location_id }) => queueOf(location_id));
}

async function applyOutcome(
  context: StoreContext,
  delivery: Leased,
  { attempt, outcome }: SettledDelivery,
  now: number,
): Promise<void> {
  const error = describe(attempt);
  if (outcome.kind === 'retry' && (await context.directory.listens(delivery.location_id))) {
    await scheduleRetry(context, delivery, outcome.at, error, now);
  } else {
    const kept = outcome.kind === 'dead' ? 'dead' : 'recorded';
    await close(context, delivery, outcome.kind === 'delivered' ? 'delivered' : kept, error, now);
  }
  if (outcome.kind === 'disable') await disableWebhook(context, delivery.location_id, outcome.reason, now);
}

async function close(
  context: StoreContext,
  { seq, location_id, phone }: Leased,
  status: 'delivered' | 'dead' | 'recorded',
  error: string | null,
  now: number,
): Promise<void> {
  await context.db.run(CLOSE, status, error, seq);
  await promoteHead(context, location_id, phone, now);
}

/** An older event of the conversation that was made due by hand meanwhile goes first. */
async function scheduleRetry(
  context: StoreContext,
  { seq, location_id, phone }: Leased,
  at: number,
  error: string | null,
  now: number,
): Promise<void> {
  const isHead = (await findHead(context, location_id, phone)) === seq;
  await context.db.run(RETRY, isHead ? at : null, error, seq);
  if (!isHead) await promoteHead(context, location_id, phone, now);
}

async function disableWebhook(
  context: StoreContext,
  locationId: string,
  reason: string,
  now: number,
): Promise<void> {
  await context.db.run(
    `UPDATE workspaces SET webhook_enabled = 0, webhook_disabled_reason = ?, updated_at = ? WHERE location_id = ?`,
    reason,
    now,
    locationId,
  );
  context.directory.forget();
  await recordPending(context, locationId);
}

async function addAttempt({ db }: StoreContext, { seq, attempts }: Leased, attempt: Attempt): Promise<void> {
  await db.run(
    ADD_ATTEMPT,
    seq,
    attempts,
    attempt.at,
    Math.round(attempt.latency_ms),
    attempt.http_status,
    attempt.error,
    attempt.error_message,
    attempt.response === null ? null : readable(attempt.response),
  );
}

function describe({ error, error_message, http_status }: Attempt): string | null {
  if (error === null) return null;
  return error_message ?? (http_status === null ? error : `${error} ${http_status}`);
}

/** Gives back what this owner claimed and did not attempt: it does not count as an attempt. */
export async function releaseDeliveries(
  context: StoreContext,
  owner: string,
  leaseUntil?: number,
): Promise<void> {
  const { db } = context;
  const which = leaseUntil === undefined ? 'owner = ?' : 'owner = ? AND lease_until = ?';
  const values = leaseUntil === undefined ? [owner] : [owner, leaseUntil];
  await context.hold(async () => {
    const claimed = await db.all<{ location_id: string }>(
      `SELECT DISTINCT location_id FROM deliveries WHERE status = 'pending' AND owner IS NOT NULL AND ${which}`,
      ...values,
    );
    return claimed.map(({ location_id }) => queueOf(location_id));
  });
  await db.run(
    `UPDATE deliveries SET attempts = attempts - 1, tries = tries - 1
     WHERE status = 'pending' AND owner IS NOT NULL AND ${which}`,
    ...values,
  );
  await freeLeases(context, which, ...values);
}

/** Ends the leases of what the owner does not have in hand: its outcome was recorded, and a crash of the database undid that. */
export async function freeStrayDeliveries(
  context: StoreContext,
  owner: string,
  inHand: string[],
): Promise<number> {
  return await freeLeases(context, IS_STRAY, owner, JSON.stringify(inHand));
}

/** Leases of a process that is gone; its attempts stay counted, since they may have happened. */
export async function freeAllDeliveries(context: StoreContext): Promise<void> {
  await freeLeases(context, 'lease_until <= ?', Number.MAX_SAFE_INTEGER);
}
