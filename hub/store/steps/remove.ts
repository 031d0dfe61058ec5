import { type Failure, failure } from '../../../shared/failure-codes.ts';
import { deviceOf, filesOf, queueOf, type StoreContext } from './context.ts';
import { applyEvidence, OUTGOING, type Outgoing } from './evidence.ts';
import { unrouteDevice } from './route.ts';

interface Ending {
  seq: number;
  location_id: string;
}

// Besides what it was offered, what no other device may carry: answers to its groups.
const ENDING_WITH_DEVICE = `
SELECT seq, location_id FROM messages WHERE status = 'QUEUED' AND device_id = ? AND owner IS NULL AND offered_at IS NOT NULL
UNION ALL SELECT seq, location_id FROM messages WHERE status = 'QUEUED' AND owner IS NOT NULL AND device_id = ?
UNION ALL SELECT seq, location_id FROM messages WHERE status = 'DISPATCHED' AND device_id = ?
UNION ALL SELECT seq, location_id FROM messages
WHERE status = 'QUEUED' AND device_id IS NULL AND held = 0 AND only_device = ?
UNION ALL SELECT seq, location_id FROM messages WHERE status = 'QUEUED' AND held > 0 AND only_device = ?`;

export async function deleteDevice(context: StoreContext, id: string, now: number): Promise<boolean> {
  const { db } = context;
  const list = (): Promise<Ending[]> =>
    db.all<Ending>(ENDING_WITH_DEVICE, ...Array.from({ length: 5 }, () => id));
  await context.hold(async () => {
    const ending = await list();
    return [deviceOf(id), ...ending.flatMap(({ location_id: of }) => [queueOf(of), filesOf(of)])];
  });
  await unrouteDevice(context, id);
  const ending = await list();
  // Sorted here: asked to sort the union, SQLite reads the whole table in order instead of the indexes.
  ending.sort((a, b) => a.seq - b.seq);
  for (const { seq } of ending) await endMessage(context, seq, () => failure('device_removed'), now);
  const deleted = (await db.run('DELETE FROM devices WHERE id = ?', id)) > 0;
  context.directory.forget();
  return deleted;
}

type Queued = Outgoing & { offered_at: number | null };

/** Ends a message that is not offered to anybody any more. */
export async function endMessage(
  context: StoreContext,
  seq: number,
  choose: (message: Queued) => Failure,
  now: number,
): Promise<void> {
  const { db } = context;
  const message = await db.get<Queued>(
    `SELECT ${OUTGOING}, offered_at FROM messages WHERE seq = ? ${db.forUpdate}`,
    seq,
  );
  if (message === undefined) return;
  const evidence = { event: 'FAILED', error: choose(message) } as const;
  await applyEvidence(context, message, evidence, { at: now, now, source: 'hub' });
}
