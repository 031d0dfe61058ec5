import type { Chat } from '../chat-db/chat-db.ts';
import type { OwnRow } from '../chat-db/own-rows.ts';
import type { StoredSend } from '../store/send-store.ts';
import { conversationWith } from './conversation.ts';

export interface Match {
  send: StoredSend;
  row: OwnRow;
}

/**
 * Finds the rows of sends: for each send the first own row above its baseline, in a chat with just its recipient,
 * with its text. A row goes to one send only; sends that wait for theirs come before those given up as overdue, so a
 * late row of an earlier message with the same words does no harm. `rows` are in order of ROWID.
 */
export function matchRows(
  sends: readonly StoredSend[],
  rows: readonly OwnRow[],
  chatsOf: (rowId: number) => readonly Chat[],
  isTaken: (guid: string) => boolean,
): Match[] {
  const waiting = [...sends.filter((send) => send.state !== 'overdue'), ...sends.filter(isOverdue)];
  const byConversation = Map.groupBy(waiting, (send) => send.conversation);
  const matched = new Set<number>();
  const matches: Match[] = [];
  for (const row of rows) {
    if (!row.isMessage) continue;
    const text = comparable(row.text);
    const candidates = conversationsOf(chatsOf(row.rowId)).flatMap((key) => byConversation.get(key) ?? []);
    const send = candidates.find(
      (candidate) =>
        !matched.has(candidate.position) &&
        row.rowId > (candidate.baseline ?? Number.POSITIVE_INFINITY) &&
        comparable(candidate.text) === text,
    );
    if (send === undefined || isTaken(row.guid)) continue;
    matched.add(send.position);
    matches.push({ send, row });
  }
  return matches;
}

function isOverdue(send: StoredSend): boolean {
  return send.state === 'overdue';
}

function conversationsOf(chats: readonly Chat[]): string[] {
  return chats.flatMap((chat) => {
    const [only, ...others] = chat.participants;
    return chat.isGroup || only === undefined || others.length > 0 ? [] : [conversationWith(only)];
  });
}

/** Text as Messages may hand it back: composed, one kind of line end, no marks of files, no white space around. */
function comparable(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\uFFFC/gu, '')
    .replace(/\r\n?/gu, '\n')
    .trim();
}
