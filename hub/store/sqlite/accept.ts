import type { NewMessage } from '../records.ts';
import { explainRefusal } from '../steps/accept.ts';
import type { StoreContext } from '../steps/context.ts';
import { awaitFiles } from '../steps/files-outgoing.ts';
import { HELD_ON_ARRIVAL } from '../steps/hold.ts';
import type { AcceptOutcome } from '../store.ts';

// One statement decides the common case: not opted out, not seen. Looking first costs a third more; INSERT … SELECT twice
// as much, since reading the table that it fills it goes by a temporary one. So who has opted out leaves no status, which
// the table refuses and IGNORE passes over.
const INSERT = `
INSERT OR IGNORE INTO messages (id, direction, location_id, message_id, user_id, phone, text, attachments, channel,
                                content_hash, expires_at, only_device, status, held, created_at, updated_at)
VALUES (?, 'out', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        CASE WHEN EXISTS (SELECT 1 FROM opt_outs WHERE location_id = ? AND phone = ?) THEN NULL ELSE 'QUEUED' END,
        ${HELD_ON_ARRIVAL}, ?, ?)`;

export async function acceptMessages(
  context: StoreContext,
  messages: NewMessage[],
  now: number,
): Promise<AcceptOutcome[]> {
  const outcomes: AcceptOutcome[] = [];
  for (const message of messages) outcomes.push(await acceptOne(context, message, now));
  return outcomes;
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
    message.location_id,
    message.phone,
    message.attachments.length,
    message.location_id,
    message.phone,
    now,
    now,
  );
  if (inserted === 0) return explainRefusal(context, message);
  if (message.attachments.length > 0) await awaitFiles(context, message);
  return { kind: 'accepted', id: message.id };
}
