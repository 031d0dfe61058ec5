import { filesOf, type StoreContext } from './context.ts';

/**
 * Why a queued message may not be routed yet: it waits for its own files, or behind an earlier one of its conversation
 * that does. Decided as messages come and go, so that routing meets none of them.
 */
export const HOLDING = { behind: 1, for_files: 2 } as const;

const IN_CONVERSATION = `
status = 'QUEUED' AND held > 0 AND location_id = CAST(? AS TEXT) AND phone = CAST(? AS TEXT)`;

/** What a new message begins with. Takes the number of its attachments, its location and its phone. */
export const HELD_ON_ARRIVAL = `
CASE WHEN ? > 0 THEN ${HOLDING.for_files}
     WHEN EXISTS (SELECT 1 FROM messages WHERE ${IN_CONVERSATION}) THEN ${HOLDING.behind} ELSE 0 END`;

const RELEASE = `
UPDATE messages SET held = 0
WHERE ${IN_CONVERSATION} AND seq < coalesce(
  (SELECT min(seq) FROM messages WHERE ${IN_CONVERSATION} AND held = ${HOLDING.for_files}), ${Number.MAX_SAFE_INTEGER})`;

interface Conversation {
  location_id: string;
  phone: string;
}

/** Lets go of what stands before the first message of the conversation that still waits for its files. */
export async function releaseHeld(
  { db, hold }: StoreContext,
  { location_id, phone }: Conversation,
): Promise<void> {
  await hold([filesOf(location_id)]);
  await db.run(RELEASE, location_id, phone, location_id, phone);
}

/** A held message ended: nothing is fetched for it any more, and what waited behind it goes on. */
export async function leaveHold(
  context: StoreContext,
  message: Conversation & { seq: number },
): Promise<void> {
  await context.db.run(
    `UPDATE attachments SET state = 'unavailable', owner = NULL, lease_until = NULL
     WHERE message_seq = ? AND state = 'waiting'`,
    message.seq,
  );
  await releaseHeld(context, message);
}
