import { type Failure, failure } from '../../../shared/failure-codes.ts';
import type { SqliteContext } from './context.ts';
import { applyEvidence, OUTGOING, type Outgoing } from './evidence.ts';
import { unrouteDevice } from './route.ts';

type Queued = Outgoing & { offered_at: number | null };

const QUEUED_OF_WORKSPACE = `
SELECT ${OUTGOING}, offered_at FROM messages
WHERE status = 'QUEUED' AND device_id IS NULL AND held = 0 AND location_id = ?
UNION ALL SELECT ${OUTGOING}, offered_at FROM messages WHERE status = 'QUEUED' AND held > 0 AND location_id = ?
UNION ALL SELECT ${OUTGOING}, offered_at FROM messages
WHERE status = 'QUEUED' AND device_id IS NOT NULL AND owner IS NULL AND location_id = ?
UNION ALL SELECT ${OUTGOING}, offered_at FROM messages
WHERE status = 'QUEUED' AND owner IS NOT NULL AND location_id = ?`;

// Besides what it was offered, what no other device may carry: answers to its groups.
const ENDING_WITH_DEVICE = `
SELECT ${OUTGOING} FROM messages WHERE status = 'QUEUED' AND device_id = ? AND owner IS NULL AND offered_at IS NOT NULL
UNION ALL SELECT ${OUTGOING} FROM messages WHERE status = 'QUEUED' AND owner IS NOT NULL AND device_id = ?
UNION ALL SELECT ${OUTGOING} FROM messages WHERE status = 'DISPATCHED' AND device_id = ?
UNION ALL SELECT ${OUTGOING} FROM messages
WHERE status = 'QUEUED' AND device_id IS NULL AND held = 0 AND only_device = ?
UNION ALL SELECT ${OUTGOING} FROM messages WHERE status = 'QUEUED' AND held > 0 AND only_device = ?`;

/** Nobody is left to tell, so what is queued ends without a delivery. Of an offered message nobody can tell. */
export function deleteWorkspace(context: SqliteContext, locationId: string, now: number): boolean {
  const { db } = context;
  const queued = db.all<Queued>(QUEUED_OF_WORKSPACE, locationId, locationId, locationId, locationId);
  const deleted = db.run('DELETE FROM workspaces WHERE location_id = ?', locationId) > 0;
  context.directory.forget();
  for (const message of queued) {
    const error = failure(message.offered_at === null ? 'canceled' : 'send_timeout_unknown');
    fail(context, message, error, now);
  }
  return deleted;
}

export function deleteDevice(context: SqliteContext, id: string, now: number): boolean {
  const { db } = context;
  unrouteDevice(context, id);
  // Sorted here: asked to sort the union, SQLite reads the whole table in order instead of the indexes.
  const ending = db.all<Outgoing>(ENDING_WITH_DEVICE, id, id, id, id, id).sort((a, b) => a.seq - b.seq);
  for (const message of ending) fail(context, message, failure('device_removed'), now);
  const deleted = db.run('DELETE FROM devices WHERE id = ?', id) > 0;
  context.directory.forget();
  return deleted;
}

function fail(context: SqliteContext, message: Outgoing, error: Failure, now: number): void {
  applyEvidence(context, message, { event: 'FAILED', error }, { at: now, now, source: 'hub' });
}
