import type { NewMessage } from '../records.ts';
import { acceptMessages as acceptEach, findAccepted } from '../steps/accept.ts';
import { filesOf, type StoreContext } from '../steps/context.ts';
import type { AcceptOutcome } from '../store.ts';
import { keysOf } from './locks.ts';

// Nobody may let go of a conversation's held messages between the look at them and the arrival of one more.
const KEEP_HOLDS = 'SELECT pg_advisory_xact_lock_shared(CAST(value AS BIGINT)) FROM json_each(?)';

// One statement for all: a round trip for each costs six times as much.
const INSERT = `
INSERT INTO messages (id, direction, location_id, message_id, user_id, phone, text, attachments, channel, status,
                      content_hash, expires_at, only_device, held, created_at, updated_at)
SELECT id, 'out', location_id, message_id, user_id, phone, text, '[]', channel, 'QUEUED', content_hash, expires_at,
       coalesce(only_device, ''),
       CASE WHEN EXISTS (
         SELECT 1 FROM messages m
         WHERE m.status = 'QUEUED' AND m.held > 0 AND m.location_id = coming.location_id AND m.phone = coming.phone
       ) THEN 1 ELSE 0 END, CAST(? AS BIGINT), CAST(? AS BIGINT)
FROM json_to_recordset(CAST(? AS JSON)) AS coming (
  n BIGINT, id TEXT, location_id TEXT, message_id TEXT, user_id TEXT, phone TEXT, text TEXT, channel TEXT,
  content_hash TEXT, expires_at BIGINT, only_device TEXT)
WHERE NOT EXISTS (
  SELECT 1 FROM opt_outs o WHERE o.location_id = coming.location_id AND o.phone = coming.phone)
ORDER BY n
ON CONFLICT (location_id, message_id) WHERE direction = 'out' DO NOTHING
RETURNING id`;

/** As the step of the same name does, but for messages without files all in one statement. */
export async function acceptMessages(
  context: StoreContext,
  messages: NewMessage[],
  now: number,
): Promise<AcceptOutcome[]> {
  const { db } = context;
  const conversations = messages.map(({ location_id }) => filesOf(location_id));
  await db.all(KEEP_HOLDS, keysOf(conversations));
  // What comes behind a message with files waits for it, so each must see the one before.
  if (messages.some(({ attachments }) => attachments.length > 0)) return acceptEach(context, messages, now);
  const coming = messages.map(({ attachments: _, ...message }, n) => ({ ...message, n }));
  const rows = await db.all<{ id: string }>(INSERT, now, now, JSON.stringify(coming));
  const accepted = new Set(rows.map(({ id }) => id));
  const outcomes: AcceptOutcome[] = [];
  for (const message of messages)
    outcomes.push(
      accepted.has(message.id) ? { kind: 'accepted', id: message.id } : await refuse(context, message),
    );
  return outcomes;
}

async function refuse(context: StoreContext, message: NewMessage): Promise<AcceptOutcome> {
  const known = await findAccepted(context, message.location_id, message.message_id);
  if (known === undefined) return { kind: 'opted_out' };
  // Its own, from a commit whose answer was lost.
  if (known.id === message.id) return { kind: 'accepted', id: message.id };
  return { kind: known.content_hash === message.content_hash ? 'duplicate' : 'conflict', id: known.id };
}
