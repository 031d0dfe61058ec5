import type { NewMessage } from '../records.ts';
import type { AcceptOutcome } from '../store.ts';
import type { StoreContext } from './context.ts';
import { awaitFiles } from './files-outgoing.ts';
import { HELD_ON_ARRIVAL } from './hold.ts';

// One statement decides the common case: not opted out, not seen. Looking first costs a third more.
const INSERT = `
INSERT INTO messages (id, direction, location_id, message_id, user_id, phone, text, attachments, channel, status,
                      content_hash, expires_at, only_device, held, created_at, updated_at)
SELECT ?, 'out', ?, ?, ?, ?, ?, ?, ?, 'QUEUED', ?, ?, ?, ${HELD_ON_ARRIVAL}, ?, ?
WHERE NOT EXISTS (SELECT 1 FROM opt_outs WHERE location_id = ? AND phone = ?)
ON CONFLICT (location_id, message_id) WHERE direction = 'out' DO NOTHING`;

const FIND = `SELECT id, content_hash FROM messages WHERE direction = 'out' AND location_id = ? AND message_id = ?`;

export async function acceptMessages(
  context: StoreContext,
  messages: NewMessage[],
  now: number,
): Promise<AcceptOutcome[]> {
  const outcomes: AcceptOutcome[] = [];
  for (const message of messages) outcomes.push(await acceptOne(context, message, now));
  return outcomes;
}

export async function findAccepted(
  { db }: StoreContext,
  locationId: string,
  messageId: string,
): Promise<{ id: string; content_hash: string } | undefined> {
  return await db.get(FIND, locationId, messageId);
}

async function acceptOne(context: StoreContext, message: NewMessage, now: number): Promise<AcceptOutcome> {
  const inserted = await context.db.run(
    INSERT,
    message.id,
    message.location_id,
    message.message_id,
    message.user_id,
    message.phone,
    message.text,
    JSON.stringify(message.attachments),
    message.channel,
    message.content_hash,
    message.expires_at,
    message.only_device ?? '',
    message.attachments.length,
    message.location_id,
    message.phone,
    now,
    now,
    message.location_id,
    message.phone,
  );
  if (inserted === 1) {
    if (message.attachments.length > 0) await awaitFiles(context, message);
    return { kind: 'accepted', id: message.id };
  }
  const known = await findAccepted(context, message.location_id, message.message_id);
  if (known === undefined) return { kind: 'opted_out' };
  if (known.id === message.id) return { kind: 'accepted', id: message.id };
  return { kind: known.content_hash === message.content_hash ? 'duplicate' : 'conflict', id: known.id };
}
