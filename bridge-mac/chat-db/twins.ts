import { createHash } from 'node:crypto';
import { isInSeconds } from './apple-time.ts';
import type { ChatDb } from './chat-db.ts';
import { readMessageText } from './message-text.ts';
import type { MessageRow } from './rows.ts';
import { readOr } from './salvage.ts';

const NS_PER_SECOND = 1_000_000_000n;
const FRESH_MS = 10 * 60_000;

/**
 * iCloud re-inserts old messages with a new ROWID and a new guid; conversation, sender, date and what was said stay.
 * 16 bytes: 8 for who and when, 8 for what.
 */
export function twinKey(row: MessageRow, from: string, said: string): Buffer {
  const who = row.fromMe ? 'me' : from;
  return Buffer.concat([digest(`${who}\0${row.date}`), digest(said)]);
}

/**
 * Whether a row's date can tell it from its like. SMS are dated to the second: two of one second with the same words
 * are two messages as long as they are new, and one that was inserted again when they are old.
 */
export function isTellingDate(row: MessageRow, now: number): boolean {
  return (!isInSeconds(row.date) && row.date % NS_PER_SECOND !== 0n) || now - row.at > FRESH_MS;
}

/** Whether a row repeats one that was in the database before it. */
export function isReplayIn(db: Pick<ChatDb, 'earlierTwinsOf'>, row: MessageRow, now: number): boolean {
  if (!isTellingDate(row, now)) return false;
  const earlier = readOr(
    () => db.earlierTwinsOf(row),
    () => [],
  );
  return earlier.some((twin) => isReplayOf(row, twin));
}

/** Whether two rows of the same date are one message: the later is a replay of the earlier. */
function isReplayOf(row: MessageRow, earlier: MessageRow): boolean {
  if (earlier.fromMe !== row.fromMe || earlier.handle !== row.handle) return false;
  if (earlier.associatedType !== row.associatedType || earlier.associatedGuid !== row.associatedGuid)
    return false;
  const isEdited = row.dateEdited > 0n || earlier.dateEdited > 0n;
  return isEdited || readMessageText(row).text === readMessageText(earlier).text;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, 8);
}
