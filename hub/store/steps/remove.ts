import { type Failure, failure } from '../../../shared/failure-codes.ts';
import { deviceOf, filesOf, queueOf, type StoreContext } from './context.ts';
import { applyEvidence, OUTGOING, type Outgoing } from './evidence.ts';
import { unrouteDevice } from './route.ts';

interface Ending {
  seq: number;
  location_id: string;
}

const QUEUED_OF_WORKSPACE = `
SELECT seq, location_id FROM messages
WHERE status = 'QUEUED' AND device_id IS NULL AND held = 0 AND location_id = ?
UNION ALL SELECT seq, location_id FROM messages WHERE status = 'QUEUED' AND held > 0 AND location_id = ?
UNION ALL SELECT seq, location_id FROM messages
WHERE status = 'QUEUED' AND device_id IS NOT NULL AND owner IS NULL AND location_id = ?
UNION ALL SELECT seq, location_id FROM messages
WHERE status = 'QUEUED' AND owner IS NOT NULL AND location_id = ?`;

// Besides what it was offered, what no other device may carry: answers to its groups.
const ENDING_WITH_DEVICE = `
SELECT seq, location_id FROM messages WHERE status = 'QUEUED' AND device_id = ? AND owner IS NULL AND offered_at IS NOT NULL
UNION ALL SELECT seq, location_id FROM messages WHERE status = 'QUEUED' AND owner IS NOT NULL AND device_id = ?
UNION ALL SELECT seq, location_id FROM messages WHERE status = 'DISPATCHED' AND device_id = ?
UNION ALL SELECT seq, location_id FROM messages
WHERE status = 'QUEUED' AND device_id IS NULL AND held = 0 AND only_device = ?
UNION ALL SELECT seq, location_id FROM messages WHERE status = 'QUEUED' AND held > 0 AND only_device = ?`;

/** Nobody is left to tell, so what is queued ends without a delivery. Of an offered message nobody can tell. */
export async function deleteWorkspace(
  context: StoreContext,
  locationId: string,
  now: number,
): Promise<boolean> {
  const { db } = context;
  await context.hold([queueOf(locationId), filesOf(locationId)]);
  const queued = await db.all<Ending>(QUEUED_OF_WORKSPACE, ...repeat(locationId, 4));
  const deleted = (await db.run('DELETE FROM workspaces WHERE location_id = ?', locationId)) > 0;
  context.directory.forget();
  for (const { seq } of queued)
    await fail(
      context,
      seq,
      ({ offered_at }) => failure(offered_at === null ? 'canceled' : 'send_timeout_unknown'),
      now,
    );
  return deleted;
}

export async function deleteDevice(context: StoreContext, id: string, now: number): Promise<boolean> {
  const { db } = context;
  const list = (): Promise<Ending[]> => db.all<Ending>(ENDING_WITH_DEVICE, ...repeat(id, 5));
  await context.hold(async () => {
    const ending = await list();
    return [deviceOf(id), ...ending.flatMap(({ location_id: of }) => [queueOf(of), filesOf(of)])];
  });
  await unrouteDevice(context, id);
  const ending = await list();
  // Sorted here: asked to sort the union, SQLite reads the whole table in order instead of the indexes.
  ending.sort((a, b) => a.seq - b.seq);
  for (const { seq } of ending) await fail(context, seq, () => failure('device_removed'), now);
  const deleted = (await db.run('DELETE FROM devices WHERE id = ?', id)) > 0;
  context.directory.forget();
  return deleted;
}

function repeat(value: string, times: number): string[] {
  return Array.from({ length: times }, () => value);
}

type Queued = Outgoing & { offered_at: number | null };

async function fail(
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
