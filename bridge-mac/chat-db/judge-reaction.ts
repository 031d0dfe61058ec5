import { REACTIONS, type ReactionEntry } from '../../shared/wire/journal.ts';
import { UNEDITED } from '../store/inbox-store.ts';
import type { Judgement } from './judge-row.ts';
import type { Origin } from './origin.ts';
import type { MessageRow } from './rows.ts';
import { twinKey } from './twins.ts';

const PUT = 2000;
const TAKEN_AWAY = 3000;

/** Judges a tapback: 2000–2007 put on a message, 3000–3007 taken away. Others of its range are passed over. */
export function judgeReaction(row: MessageRow, { fields, conversation }: Origin): Judgement {
  const removed = row.associatedType >= TAKEN_AWAY;
  const reaction = REACTIONS[row.associatedType - (removed ? TAKEN_AWAY : PUT)];
  const about = readTarget(row.associatedGuid);
  if (reaction === undefined || about === undefined) return { kind: 'skip' };
  const emoji = reaction === 'emoji' && row.associatedEmoji ? { emoji: row.associatedEmoji } : {};
  const entry: ReactionEntry = { kind: 'reaction', ...fields, ...about, reaction, ...emoji, removed };
  const twin = twinKey(row, fields.from, `${row.associatedType} ${about.target} ${about.part}`);
  return { kind: 'ready', entry, files: [], twin, conversation, marks: UNEDITED };
}

/** `p:2/GUID` is the third part of a message, `bp:GUID` its balloon. */
function readTarget(guid: string | null): { target: string; part: number } | undefined {
  const [, part, target] = /^(?:p:(\d{1,6})\/|bp:)?(.+)$/u.exec(guid ?? '') ?? [];
  return target === undefined ? undefined : { target, part: Number(part ?? 0) };
}
