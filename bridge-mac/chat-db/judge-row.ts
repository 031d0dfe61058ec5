import { createHash } from 'node:crypto';
import type { MessageEntry } from '../../shared/wire/journal.ts';
import type { Chat, MessageRow } from './chat-db.ts';
import { readMessageText } from './message-text.ts';
import { channelOf } from './services.ts';

/** What is to be done with a row: forward it, look at it again when it is whole, or nothing. */
export type Judgement =
  | { kind: 'message'; entry: MessageEntry; twin: Buffer }
  | { kind: 'wait'; lacks: string }
  | { kind: 'skip' };

// Far beyond what Messages sends; a damaged row must fit into one message to the hub, or it holds up all behind it.
const MAX_TEXT = 1_000_000;
const SKIP: Judgement = { kind: 'skip' };

/**
 * Judges one row. Only messages from others, dated since pairing, are forwarded. Messages writes a row in several
 * commits: text and chat come later, and a row without its chat is never guessed into one.
 */
export function judgeRow(row: MessageRow, chats: readonly Chat[], pairedAt: number): Judgement {
  if (row.fromMe || row.itemType !== 0 || row.associatedType !== 0 || row.scheduled) return SKIP;
  if (row.at < pairedAt) return SKIP;
  const chat = chats.find((candidate) => candidate.isGroup) ?? chats[0];
  if (chat === undefined) return { kind: 'wait', lacks: 'a chat' };
  const from = senderOf(row, chat);
  if (from === undefined) return { kind: 'wait', lacks: 'a sender' };
  if (!row.text && row.body === null && !row.hasAttachments) return { kind: 'wait', lacks: 'a text' };

  const read = readMessageText(row, from);
  const text = read.text.slice(0, MAX_TEXT);
  const complete = read.complete && text.length === read.text.length;
  // A link's preview is a second row beside the text that holds the link.
  if (text === '' && complete && !row.hasAttachments && row.balloon !== null) return SKIP;
  return {
    kind: 'message',
    twin: twinKey(from, row.date, text),
    entry: {
      kind: 'message',
      guid: row.guid,
      from,
      from_me: false,
      channel: channelOf(row.service),
      text,
      at: row.at,
      attachments: [],
      ...groupOf(chat),
      ...warningAbout(row, text, complete),
    },
  };
}

/** iCloud re-inserts old messages with a new ROWID and a new guid; sender, date and text stay. */
function twinKey(from: string, date: bigint, text: string): Buffer {
  return createHash('sha256').update(`${from}\0${date}\0${text}`).digest().subarray(0, 16);
}

function senderOf(row: MessageRow, chat: Chat): string | undefined {
  if (row.handle) return row.handle;
  return chat.isGroup ? undefined : chat.participants[0];
}

function groupOf(chat: Chat): Pick<MessageEntry, 'group'> {
  if (!chat.isGroup) return {};
  const { identifier, guid, name, participants } = chat;
  return { group: { id: identifier ?? guid, participants, ...(name ? { name } : {}) } };
}

function warningAbout(row: MessageRow, text: string, complete: boolean): Pick<MessageEntry, 'warning'> {
  if (!complete) return { warning: `The text of row ${row.rowId} in chat.db could not be read in full.` };
  if (text === '') {
    return { warning: `Row ${row.rowId} in chat.db has attachments only, which are not carried.` };
  }
  return {};
}
