import { randomUUIDv7 } from 'node:crypto';
import { type IS_OVER, queueOf, type StoreContext } from './context.ts';

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
            THEN NULL ELSE CAST(? AS BIGINT) END, ?)`;

const INSERT_RECORDED = `
INSERT INTO deliveries (id, location_id, phone, message_seq, type, body, status, attempts, tries, created_at)
VALUES (?, ?, ?, ?, ?, ?, 'recorded', 0, 0, ?)`;

/**
 * Writes an event for a workspace's webhook: pending, or only recorded where none is set or it is switched off.
 * Answers 1 when it is to be sent, else 0; a deleted workspace gets none.
 */
export async function recordDelivery(
  context: StoreContext,
  delivery: NewDelivery,
  now: number,
): Promise<0 | 1> {
  const listens = await context.directory.listens(delivery.location_id);
  if (listens === undefined) return 0;
  const { location_id, phone } = delivery;
  if (listens) await context.hold([queueOf(location_id)]);
  const columns = [randomUUIDv7(), location_id, phone, delivery.message_seq, delivery.type, delivery.body];
  if (listens) await context.db.run(INSERT, ...columns, location_id, phone, now, now);
  else await context.db.run(INSERT_RECORDED, ...columns, now);
  return listens ? 1 : 0;
}

/**
 * Turns what waits for a workspace that does not listen into recorded events; attempts under way end first. Asks the
 * database whether it listens: another hub may have just switched its webhook on, and put these back in line.
 */
export async function recordPending({ db, hold }: StoreContext, locationId: string): Promise<void> {
  await hold([queueOf(locationId)]);
  await db.run(
    `UPDATE deliveries SET status = 'recorded', next_attempt_at = NULL
     WHERE status = 'pending' AND location_id = ? AND owner IS NULL AND NOT EXISTS (
       SELECT 1 FROM workspaces w
       WHERE w.location_id = deliveries.location_id AND w.url IS NOT NULL AND w.webhook_enabled = 1)`,
    locationId,
  );
}

const OLDEST = `
SELECT seq FROM deliveries WHERE ${IN_CONVERSATION} ORDER BY seq LIMIT 1`;

/** The oldest pending delivery of a conversation. */
export async function findHead(
  { db }: StoreContext,
  locationId: string,
  phone: string,
): Promise<number | undefined> {
  const head = await db.get<{ seq: number }>(OLDEST, locationId, phone);
  return head?.seq;
}

/**
 * Makes the oldest pending delivery of a conversation due. At any time at most one has a due time, the one being
 * attempted included, so this is for when that one has given it up.
 */
export async function promoteHead(
  context: StoreContext,
  locationId: string,
  phone: string,
  now: number,
): Promise<void> {
  await context.hold([queueOf(locationId)]);
  const head = await findHead(context, locationId, phone);
  if (head !== undefined)
    await context.db.run(
      `UPDATE deliveries SET next_attempt_at = ? WHERE seq = ? AND status = 'pending'`,
      now,
      head,
    );
}

interface Leased {
  seq: number;
  location_id: string;
  phone: string;
  next_attempt_at: number;
}

/** Leased by an owner that has none but the ids named in hand. */
export const IS_STRAY = 'owner = ? AND id NOT IN (SELECT value FROM json_each(?))';

/**
 * Ends leases without an outcome; how many. Where an older event of the conversation was made due by hand meanwhile, that one takes
 * over the due time: order holds.
 */
export async function freeLeases(
  context: StoreContext,
  which:
    | 'owner = ?'
    | 'owner = ? AND lease_until = ?'
    | 'lease_until <= ?'
    | typeof IS_OVER
    | typeof IS_STRAY,
  ...values: (string | number)[]
): Promise<number> {
  const { db } = context;
  const list = (forUpdate: string): Promise<Leased[]> =>
    db.all(
      `SELECT seq, location_id, phone, next_attempt_at FROM deliveries
       WHERE owner IS NOT NULL AND ${which} ${forUpdate}`,
      ...values,
    );
  await context.hold(async () => (await list('')).map(({ location_id }) => queueOf(location_id)));
  const leased = await list(db.forUpdate);
  for (const { seq, location_id, phone, next_attempt_at } of leased) {
    const isHead = (await findHead(context, location_id, phone)) === seq;
    await db.run(
      'UPDATE deliveries SET owner = NULL, lease_until = NULL, next_attempt_at = ? WHERE seq = ?',
      isHead ? next_attempt_at : null,
      seq,
    );
    if (!isHead) await promoteHead(context, location_id, phone, next_attempt_at);
  }
  return leased.length;
}
