import type { QueueCounts } from '../records.ts';
import type { StoreContext } from './context.ts';

/** Each count is answered by the partial index of its queue. */
const COUNTS = `
SELECT
  (SELECT count(*) FROM messages WHERE status = 'QUEUED' AND device_id IS NULL AND held = 0) +
  (SELECT count(*) FROM messages WHERE status = 'QUEUED' AND held > 0) +
  (SELECT count(*) FROM messages WHERE status = 'QUEUED' AND device_id IS NOT NULL AND owner IS NULL) +
  (SELECT count(*) FROM messages WHERE status = 'QUEUED' AND owner IS NOT NULL) AS messages_queued,
  (SELECT count(*) FROM messages WHERE status = 'DISPATCHED') AS messages_dispatched,
  (SELECT count(*) FROM deliveries WHERE status = 'pending') AS deliveries_pending,
  (SELECT count(*) FROM deliveries WHERE status = 'dead' AND status IN ('dead', 'recorded')) AS deliveries_dead`;

export async function countQueues(
  context: StoreContext,
  now: number,
  nextDeliveryAt: (context: StoreContext, busy: string[]) => Promise<number | undefined>,
): Promise<QueueCounts> {
  const counts = await context.db.get<Omit<QueueCounts, 'oldest_due_ms'>>(COUNTS);
  if (counts === undefined) throw new Error('a SELECT of counts answered no row');
  const oldest = await nextDeliveryAt(context, []);
  return { ...counts, oldest_due_ms: oldest === undefined ? 0 : Math.max(0, now - oldest) };
}

/** A committed write: reading alone would not notice a full disk. */
export async function ping({ db }: StoreContext, now: number): Promise<void> {
  await db.run(
    `INSERT INTO meta (name, value) VALUES ('pinged_at', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    String(now),
  );
}
