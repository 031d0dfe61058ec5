import type { StoreContext } from './context.ts';

// Not the leases of deliveries: their process holds a time of its own against them.
const SCHEDULES = [
  `UPDATE deliveries SET next_attempt_at = next_attempt_at - ? WHERE status = 'pending' AND next_attempt_at IS NOT NULL`,
  `UPDATE attachments SET next_try_at = next_try_at - ?
   WHERE state = 'waiting' AND owner IS NULL AND next_try_at IS NOT NULL`,
  `UPDATE messages SET lease_until = lease_until - ? WHERE status = 'QUEUED' AND owner IS NOT NULL`,
];

/** The clock was set back by so many milliseconds: what is to be tried later stays as far away as it was. */
export async function advanceSchedules({ db }: StoreContext, by: number): Promise<void> {
  for (const statement of SCHEDULES) await db.run(statement, by);
}
