import type { StoreContext } from './context.ts';

// Not the leases of deliveries: their process holds a time of its own against them.
const SCHEDULES = [
  `UPDATE deliveries SET next_attempt_at = next_attempt_at - ? WHERE status = 'pending' AND next_attempt_at IS NOT NULL`,
  `UPDATE attachments SET next_try_at = next_try_at - ?
   WHERE state = 'waiting' AND owner IS NULL AND next_try_at IS NOT NULL`,
  `UPDATE messages SET lease_until = lease_until - ? WHERE status = 'QUEUED' AND owner IS NOT NULL`,
];

/** Less is how clocks are corrected all the time. */
const LEAST_MS = 5_000;

/**
 * Notes what a clock shows. Where it shows less than was noted of it, it was set back, and what is to be tried later stays as
 * far away as it was; by how many milliseconds that moved, 0 where nothing had to. Of several who see the same clock being
 * set back, the first moves it all.
 */
export async function followClock(
  { db }: StoreContext,
  { clock, setBack }: { clock: string; setBack: number | undefined },
  now: number,
): Promise<number> {
  const name = `clock ${clock}`;
  await db.run(`INSERT INTO meta (name, value) VALUES (?, '0') ON CONFLICT (name) DO NOTHING`, name);
  const noted = await db.get<{ value: string }>(
    `SELECT value FROM meta WHERE name = ? ${db.forUpdate}`,
    name,
  );
  await db.run('UPDATE meta SET value = ? WHERE name = ?', String(now), name);
  const ahead = Number(noted?.value ?? 0) - now;
  if (ahead < LEAST_MS) return 0;
  const by = Math.max(ahead, setBack ?? 0);
  for (const statement of SCHEDULES) await db.run(statement, by);
  return by;
}
