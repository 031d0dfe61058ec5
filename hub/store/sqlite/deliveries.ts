import { randomUUIDv7 } from 'node:crypto';
import type { SqliteContext } from './context.ts';

export interface NewDelivery {
  location_id: string;
  /** With the workspace it names the conversation whose order is kept. */
  phone: string;
  /** Null when it is about a message that the hub does not know. */
  message_seq: number | null;
  type: string;
  body: string;
}

// SQLite looks at what is bound to a bare `column = ?` that no unique index serves, and then plans the statement anew at
// every run (better-sqlite3 builds it with STAT4). Behind a CAST it does not: 3 µs instead of 12.
const IN_CONVERSATION = "status = 'pending' AND location_id = CAST(? AS TEXT) AND phone = CAST(? AS TEXT)";

// Only the head of a conversation has a due time: what waits behind it costs the claims nothing.
const INSERT = `
INSERT INTO deliveries (id, location_id, phone, message_seq, type, body, status, attempts, tries, next_attempt_at,
                        created_at)
VALUES (?, ?, ?, ?, ?, ?, 'pending', 0, 0,
        CASE WHEN EXISTS (SELECT 1 FROM deliveries WHERE ${IN_CONVERSATION})
            THEN NULL ELSE ? END, ?)`;

const INSERT_RECORDED = `
INSERT INTO deliveries (id, location_id, phone, message_seq, type, body, status, attempts, tries, created_at)
VALUES (?, ?, ?, ?, ?, ?, 'recorded', 0, 0, ?)`;

/**
 * Writes an event for a workspace's webhook: pending, or only recorded where none is set or it is switched off.
 * Answers 1 when it is to be sent, else 0; a deleted workspace gets none.
 */
export function recordDelivery(context: SqliteContext, delivery: NewDelivery, now: number): 0 | 1 {
  const listens = context.directory.listens(delivery.location_id);
  if (listens === undefined) return 0;
  const { location_id, phone } = delivery;
  const columns = [randomUUIDv7(), location_id, phone, delivery.message_seq, delivery.type, delivery.body];
  if (listens) context.db.run(INSERT, ...columns, location_id, phone, now, now);
  else context.db.run(INSERT_RECORDED, ...columns, now);
  return listens ? 1 : 0;
}

/** Turns what waits for a workspace into recorded events; attempts under way end first. */
export function recordPending({ db }: SqliteContext, locationId: string): void {
  db.run(
    `UPDATE deliveries SET status = 'recorded', next_attempt_at = NULL
     WHERE status = 'pending' AND location_id = ? AND owner IS NULL`,
    locationId,
  );
}

const OLDEST = `
SELECT seq FROM deliveries WHERE ${IN_CONVERSATION} ORDER BY seq LIMIT 1`;

/** The oldest pending delivery of a conversation. */
export function findHead({ db }: SqliteContext, locationId: string, phone: string): number | undefined {
  return db.get<{ seq: number }>(OLDEST, locationId, phone)?.seq;
}

/**
 * Makes the oldest pending delivery of a conversation due. At any time at most one has a due time, the one being
 * attempted included, so this is for when that one has given it up.
 */
export function promoteHead(context: SqliteContext, locationId: string, phone: string, now: number): void {
  const head = findHead(context, locationId, phone);
  if (head !== undefined)
    context.db.run('UPDATE deliveries SET next_attempt_at = ? WHERE seq = ?', now, head);
}

/**
 * Ends leases without an outcome. Where an older event of the conversation was made due by hand meanwhile, that one takes
 * over the due time: order holds.
 */
export function freeLeases(
  context: SqliteContext,
  which: 'owner = ?' | 'lease_until <= ?',
  value: string | number,
): void {
  const { db } = context;
  const leased = db.all<{ seq: number; location_id: string; phone: string; next_attempt_at: number }>(
    `SELECT seq, location_id, phone, next_attempt_at FROM deliveries
     WHERE status = 'pending' AND owner IS NOT NULL AND ${which}`,
    value,
  );
  for (const { seq, location_id, phone, next_attempt_at } of leased) {
    const isHead = findHead(context, location_id, phone) === seq;
    db.run(
      'UPDATE deliveries SET owner = NULL, lease_until = NULL, next_attempt_at = ? WHERE seq = ?',
      isHead ? next_attempt_at : null,
      seq,
    );
    if (!isHead) promoteHead(context, location_id, phone, next_attempt_at);
  }
}
