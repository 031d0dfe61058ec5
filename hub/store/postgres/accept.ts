import type { NewMessage } from '../records.ts';
import { explainRefusal } from '../steps/accept.ts';
import { filesOf, type StoreContext } from '../steps/context.ts';
import { awaitFiles } from '../steps/files-outgoing.ts';
import { HOLDING } from '../steps/hold.ts';
import type { AcceptOutcome } from '../store.ts';
import { keysOf } from './locks.ts';

// Nobody may let go of a conversation's held messages between the look at them and the arrival of one more.
const KEEP_HOLDS = 'SELECT pg_advisory_xact_lock_shared(CAST(value AS BIGINT)) FROM json_each(?)';

// One statement for all: a round trip for each costs six times as much.
const INSERT = `
INSERT INTO messages (id, direction, location_id, message_id, user_id, phone, text, attachments, channel, status,
                      content_hash, expires_at, only_device, held, created_at, updated_at)
SELECT id, 'out', location_id, message_id, user_id, phone, text, attachments, channel, 'QUEUED', content_hash, expires_at,
       coalesce(only_device, ''),
       CASE WHEN attachments <> '[]' THEN ${HOLDING.for_files}
            WHEN EXISTS (
              SELECT 1 FROM messages m
              WHERE m.status = 'QUEUED' AND m.held > 0 AND m.location_id = coming.location_id AND m.phone = coming.phone
            ) THEN ${HOLDING.behind}
            ELSE 0 END, CAST(? AS BIGINT), CAST(? AS BIGINT)
FROM json_to_recordset(CAST(? AS JSON)) AS coming (
  n BIGINT, id TEXT, location_id TEXT, message_id TEXT, user_id TEXT, phone TEXT, text TEXT, attachments TEXT,
  channel TEXT, content_hash TEXT, expires_at BIGINT, only_device TEXT)
WHERE NOT EXISTS (
  SELECT 1 FROM opt_outs o WHERE o.location_id = coming.location_id AND o.phone = coming.phone)
ORDER BY n
ON CONFLICT (location_id, message_id) WHERE direction = 'out' DO NOTHING
RETURNING id`;

/** As SQLite's step of the same name does, but for messages without files all in one statement. */
export async function acceptMessages(
  context: StoreContext,
  messages: NewMessage[],
  now: number,
): Promise<AcceptOutcome[]> {
  await context.db.all(KEEP_HOLDS, keysOf(messages.map(({ location_id }) => filesOf(location_id))));
  if (messages.every(({ attachments }) => attachments.length === 0))
    return acceptTogether(context, messages, now);
  // What comes behind a message with files waits for it, so each must see the one before.
  const outcomes: AcceptOutcome[] = [];
  for (const message of messages) {
    const [outcome] = await acceptTogether(context, [message], now);
    if (outcome === undefined) throw new Error('a message was accepted without an outcome');
    outcomes.push(outcome);
  }
  return outcomes;
}

async function acceptTogether(
  context: StoreContext,
  messages: NewMessage[],
  now: number,
): Promise<AcceptOutcome[]> {
  const coming = messages.map((message, n) => ({
    ...message,
    n,
    attachments: JSON.stringify(message.attachments),
  }));
  const rows = await context.db.all<{ id: string }>(INSERT, now, now, JSON.stringify(coming));
  const inserted = new Set(rows.map(({ id }) => id));
  const outcomes: AcceptOutcome[] = [];
  for (const message of messages) {
    if (!inserted.has(message.id)) {
      outcomes.push(await explainRefusal(context, message));
      continue;
    }
    if (message.attachments.length > 0) await awaitFiles(context, message);
    outcomes.push({ kind: 'accepted', id: message.id });
  }
  return outcomes;
}
