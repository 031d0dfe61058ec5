import { basename } from 'node:path';
import type { WireFile } from '../../shared/wire/files.ts';
import type { Chat } from '../chat-db/chat-db.ts';
import type { OwnFile, OwnRow } from '../chat-db/own-rows.ts';
import type { StoredSend } from '../store/stored-send.ts';
import { conversationIn, conversationWith } from './conversation.ts';

export interface Match {
  send: StoredSend;
  row: OwnRow;
}

/** Where a file lies, or would lie, for Messages to read. */
export type StagedPath = (send: Pick<StoredSend, 'id' | 'part'>, file: WireFile) => string;

/**
 * Finds the rows of sends: for each send the first own row above its baseline, in its recipient's chat or in
 * its group, with its text or its file. A row goes to one send only; sends that wait for theirs come before those
 * given up as overdue, so a late row of an earlier message with the same words does no harm. `rows` are in order of
 * ROWID.
 */
export function matchRows(
  sends: readonly StoredSend[],
  rows: readonly OwnRow[],
  chatsOf: (rowId: number) => readonly Chat[],
  isTaken: (row: OwnRow, send: StoredSend) => boolean,
  stagedPath: StagedPath,
): Match[] {
  const waiting = [...sends.filter((send) => send.state !== 'overdue'), ...sends.filter(isOverdue)];
  const byConversation = Map.groupBy(waiting, (send) => send.conversation);
  const matched = new Set<number>();
  const matches: Match[] = [];
  for (const row of rows) {
    if (!row.isMessage) continue;
    const candidates = conversationsOf(chatsOf(row.rowId)).flatMap((key) => byConversation.get(key) ?? []);
    const send = candidates.find(
      (candidate) =>
        !matched.has(candidate.position) &&
        row.rowId > (candidate.baseline ?? Number.POSITIVE_INFINITY) &&
        isContentOf(candidate, row, stagedPath),
    );
    if (send === undefined || isTaken(row, send)) continue;
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
    if (chat.isGroup) return [...new Set([chat.identifier ?? chat.guid, chat.guid])].map(conversationIn);
    // One person may be in it with several handles.
    return [...new Set(chat.participants.map(conversationWith))];
  });
}

function isContentOf(send: StoredSend, row: OwnRow, stagedPath: StagedPath): boolean {
  if (send.file === null) {
    const text = comparable(send.text);
    // A text of white space alone looks like the row of a file.
    return comparable(row.text) === text && (text !== '' || row.files.length === 0);
  }
  const path = stagedPath(send, JSON.parse(send.file) as WireFile);
  return row.files.some((file) => isSameFile(file, path));
}

/** Whether the row of a send may have this text; that of a file says too little. */
export function mayBeText({ file, text }: StoredSend, ofRow: string): boolean {
  return file !== null || comparable(text) === comparable(ofRow);
}

/** Messages may note the file where it was given, or a copy of its own; converted, only the extension differs. */
function isSameFile(file: OwnFile, path: string): boolean {
  const noted = file.path.replace(/^~/u, '').normalize('NFC');
  if (noted !== '' && path.normalize('NFC').endsWith(noted)) return true;
  return stem(file.name) === stem(basename(path));
}

function stem(name: string): string {
  return name
    .normalize('NFC')
    .replace(/\.[^.]*$/u, '')
    .toLowerCase();
}

/** Text as Messages may hand it back: composed, one kind of line end, no marks of files, no white space around. */
function comparable(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\uFFFC/gu, '')
    .replace(/\r\n?/gu, '\n')
    .trim();
}
