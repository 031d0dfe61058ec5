import { randomUUIDv7 } from 'node:crypto';
import type { SqliteContext } from './context.ts';

export interface NewDelivery {
  location_id: string;
  /** With the workspace it names the conversation whose order is kept. */
  phone: string;
  message_seq: number;
  type: string;
  body: string;
}

// Only the head of a conversation has a due time: what waits behind it costs the claims nothing.
const INSERT = `
INSERT INTO deliveries (id, location_id, phone, message_seq, type, body, status, attempts, tries, next_attempt_at,
                        created_at)
SELECT ?, ?, ?, ?, ?, ?, 'pending', 0, 0,
        CASE WHEN EXISTS (SELECT 1 FROM deliveries WHERE status = 'pending' AND location_id = ? AND phone = ?)
            THEN NULL ELSE ? END, ?`;

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

/**
 * Makes the oldest pending delivery of a conversation due. At any time at most one has a due time, the one being
 * attempted included, so this is for when that one has given it up.
 */
export function promoteHead({ db }: SqliteContext, locationId: string, phone: string, now: number): void {
  db.run(
    `UPDATE deliveries SET next_attempt_at = ?
     WHERE seq = (SELECT seq FROM deliveries WHERE status = 'pending' AND location_id = ? AND phone = ?
                  ORDER BY seq LIMIT 1)`,
    now,
    locationId,
    phone,
  );
}
