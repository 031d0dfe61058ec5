import type { MessageEntry } from '../../shared/wire/journal.ts';
import { UNEDITED } from '../store/inbox-store.ts';
import type { JudgeContext, Judgement } from './judge-row.ts';
import { readMessageText } from './message-text.ts';
import type { Origin } from './origin.ts';
import type { AttachmentRow, MessageRow } from './rows.ts';
import { readEditHistory } from './summary-info.ts';
import { twinKey } from './twins.ts';

const SKIP: Judgement = { kind: 'skip' };
// Far beyond what Messages sends; a damaged row must fit into one message to the hub, or it holds up all behind it.
const MAX_TEXT = 1_000_000;
const MAX_FILES = 100;
// Attachment rows are committed after the row that has their marks.
const FILE_ROWS_WITHIN_MS = 30_000;
// A message to oneself has an own row and one received; either may be the only one.
const OTHER_COPY_WITHIN_MS = 5_000;
const COPIES_APART_MS = 60_000;
const OBJECT_MARK = '\uFFFC';
const END_OF_BODY = 0x86;
const FILE_ATTRIBUTE = Buffer.from('__kIMFileTransferGUIDAttributeName');

/** Judges a row that is a message, not something about one. */
export function judgeMessage(
  row: MessageRow,
  origin: Origin,
  waited: number,
  context: JudgeContext,
): Judgement {
  const { conversation, fields } = origin;
  const history = readEditHistory(row.summary);
  const isEmpty = !row.text && row.body === null;
  const attached = context.db.attachmentsOf(row.rowId);
  if (isEmpty && attached.length === 0) {
    // Taken back before it was read: there is nothing left to tell.
    if (row.dateEdited > 0n && (history === undefined || history.retracted > 0)) return SKIP;
    if (!row.hasAttachments) return { kind: 'wait', lacks: 'a text' };
  }
  if (attached.length < countFileMarks(row) && waited < FILE_ROWS_WITHIN_MS) {
    return { kind: 'hold', lacks: 'its attachments', conversation };
  }
  const counting = attached.filter((file) => file.counts);
  const read = readMessageText(row, row.fromMe ? undefined : fields.from);
  const text = read.text.slice(0, MAX_TEXT);
  const complete = read.complete && text.length === read.text.length;
  // A link's preview is a second row beside the text that holds the link.
  if (text === '' && complete && counting.length === 0 && row.balloon !== null) return SKIP;

  const asOwn = !row.fromMe && context.isOwnAddress(fields.from);
  if (asOwn) {
    const copy = judgeOwnCopy(row, origin, text, waited, context);
    if (copy !== undefined) return copy;
  }
  const files = counting.slice(0, MAX_FILES);
  const entry: MessageEntry = {
    kind: 'message',
    ...fields,
    ...(asOwn ? { from_me: true, to: fields.from } : {}),
    text,
    attachments: [],
    ...(row.replyTo ? { reply_to: row.replyTo } : {}),
    ...(row.effect ? { effect: row.effect } : {}),
    ...warningAbout(row, complete, counting.length > MAX_FILES),
  };
  const marks = { ...UNEDITED, edited: row.dateEdited, ...history };
  const twin = twinKey(row, entry.from, text === '' ? namesOf(files) : text);
  return { kind: 'ready', entry, files, twin, conversation, marks };
}

/** The received half of a message to oneself: told as the owner's own, once, or not at all. */
function judgeOwnCopy(
  row: MessageRow,
  origin: Origin,
  text: string,
  waited: number,
  { db, wants }: JudgeContext,
): Judgement | undefined {
  if (!wants('echo')) return SKIP;
  const near = db.ownRowsBetween(row.at - COPIES_APART_MS, row.at + COPIES_APART_MS);
  const isCopied = near.some(
    (own) =>
      readMessageText(own).text === text &&
      db.chatsOf(own.rowId).some((chat) => chat.guid === origin.chat.guid),
  );
  if (isCopied) return SKIP;
  if (waited >= OTHER_COPY_WITHIN_MS) return undefined;
  return { kind: 'hold', lacks: 'its other copy', conversation: origin.conversation };
}

/** How many files a row's text speaks of; a damaged one that speaks of any, of one at least. */
function countFileMarks({ text, body, balloon }: MessageRow): number {
  if (balloon !== null) return 0;
  const hasFiles =
    body !== null && Buffer.from(body.buffer, body.byteOffset, body.byteLength).indexOf(FILE_ATTRIBUTE) >= 0;
  // Cut off behind its words, a body may have lost what tells their marks to be files.
  if (body !== null && !hasFiles && body.at(-1) === END_OF_BODY) return 0;
  const marks = readMessageText({ text, body }, undefined, OBJECT_MARK).text.split(OBJECT_MARK).length - 1;
  return hasFiles ? Math.max(1, marks) : marks;
}

function namesOf(files: readonly AttachmentRow[]): string {
  return files.map((file) => `${file.name}\0${file.size}`).join('\0');
}

function warningAbout(
  row: MessageRow,
  complete: boolean,
  hasTooMany: boolean,
): Pick<MessageEntry, 'warning'> {
  if (!complete) return { warning: `The text of row ${row.rowId} in chat.db could not be read in full.` };
  if (hasTooMany) return { warning: `Row ${row.rowId} in chat.db has more than ${MAX_FILES} attachments.` };
  return {};
}
