import type { NewMessage } from '../records.ts';
import type { AcceptOutcome } from '../store.ts';
import type { StoreContext } from './context.ts';

const FIND = `SELECT id, content_hash FROM messages WHERE direction = 'out' AND location_id = ? AND message_id = ?`;
const FIND_OPT_OUT = 'SELECT 1 AS found FROM opt_outs WHERE location_id = ? AND phone = ?';

export async function findAccepted(
  { db }: StoreContext,
  locationId: string,
  messageId: string,
): Promise<{ id: string; content_hash: string } | undefined> {
  return await db.get(FIND, locationId, messageId);
}

/** Why a message was not inserted: it, or another under its message_id, is there already, or its recipient has opted out. */
export async function explainRefusal(
  context: StoreContext,
  { id, location_id, message_id, phone, content_hash }: NewMessage,
): Promise<AcceptOutcome> {
  const known = await findAccepted(context, location_id, message_id);
  // Its own, from a commit whose answer was lost.
  if (known?.id === id) return { kind: 'accepted', id };
  if (known) return { kind: known.content_hash === content_hash ? 'duplicate' : 'conflict', id: known.id };
  if (await context.db.get(FIND_OPT_OUT, location_id, phone)) return { kind: 'opted_out' };
  throw new Error('a message was not inserted, and nothing tells why');
}
