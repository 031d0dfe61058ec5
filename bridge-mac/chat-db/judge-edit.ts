import type { EditEntry, UnsendEntry } from '../../shared/wire/journal.ts';
import type { EditMarks } from '../store/inbox-store.ts';
import { fromAppleTime } from './apple-time.ts';
import { readMessageText } from './message-text.ts';
import type { Origin } from './origin.ts';
import type { MessageRow } from './rows.ts';
import { readEditHistory } from './summary-info.ts';

const MAX_TEXT = 1_000_000;
// A date without the history that goes with it: that may come in the next commit.
const HISTORY_WITHIN_MS = 60_000;

/** What happened to a message since it was last told, oldest first, and how it stands now. */
export interface EditJudgement {
  entries: (EditEntry | UnsendEntry)[];
  marks: EditMarks;
}

/**
 * Compares a row with what was told of it; undefined for no news. Apple does not use date_retracted: a part that was
 * taken back is listed in the row's history. Each date of an edit is told once.
 */
export function judgeEdit(
  row: MessageRow,
  told: EditMarks,
  origin: Origin,
  now: number,
): EditJudgement | undefined {
  const history = readEditHistory(row.summary);
  const at = fromAppleTime(row.dateEdited);
  const isNewDate = row.dateEdited > told.edited;
  const text = readMessageText(row, row.fromMe ? undefined : origin.fields.from).text.slice(0, MAX_TEXT);
  const about = { ...origin.fields, at, text };
  if (history === undefined) {
    if (!isNewDate || now - at < HISTORY_WITHIN_MS) return undefined;
    const kind = row.text || row.body ? 'edit' : 'unsend';
    return { entries: [{ kind, ...about }], marks: { ...told, edited: row.dateEdited } };
  }
  const isEdited = history.edits > told.edits;
  const isRetracted = history.retracted > told.retracted;
  if (!isEdited && !isRetracted) return undefined;
  const entries: EditJudgement['entries'] = [];
  if (isNewDate && isEdited) entries.push({ kind: 'edit', ...about });
  if (isNewDate && isRetracted) entries.push({ kind: 'unsend', ...about });
  return { entries, marks: { edited: isNewDate ? row.dateEdited : told.edited, ...history } };
}
