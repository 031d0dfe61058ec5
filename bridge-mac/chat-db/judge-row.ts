import type { ExtraEvent } from '../../shared/extra-events.ts';
import type { MessageEntry, ReactionEntry } from '../../shared/wire/journal.ts';
import { conversationIn, conversationWith } from '../outbox/conversation.ts';
import type { EditMarks } from '../store/inbox-store.ts';
import type { ChatDb } from './chat-db.ts';
import { judgeMessage } from './judge-message.ts';
import { judgeReaction } from './judge-reaction.ts';
import { type Origin, originOf } from './origin.ts';
import type { AttachmentRow, MessageRow } from './rows.ts';

/** A row as the hub is to hear of it, except for its files. */
export interface Ready {
  kind: 'ready';
  entry: MessageEntry | ReactionEntry;
  /** Files to be put into a message's entry before it goes into the journal. */
  files: AttachmentRow[];
  twin: Buffer;
  conversation: string;
  marks: EditMarks;
}

/**
 * What is to be done with a row: forward it; look at it again when it is whole (`wait`: its conversation is not known
 * yet; `hold`: it is, and what follows in it waits too); or nothing. A message of our own is nothing new, but known.
 */
export type Judgement =
  | Ready
  | { kind: 'wait'; lacks: string }
  | { kind: 'hold'; lacks: string; conversation: string }
  | { kind: 'ours'; twin: Buffer }
  | { kind: 'skip' };

/** Which own rows are messages that the hub sent through this bridge. */
export interface OwnSends {
  isBound(guid: string): boolean;
  /** Whether a row that was watched for so long may turn out to be one: a send looks for its row in these conversations. */
  mayBind(
    row: Pick<MessageRow, 'rowId' | 'text' | 'body'>,
    conversations: readonly string[],
    waitedMs: number,
  ): boolean;
}

export interface JudgeContext {
  db: ChatDb;
  /** Rows dated before are never forwarded. Epoch milliseconds. */
  pairedAt: number;
  wants: (event: ExtraEvent) => boolean;
  sends: OwnSends;
  isOwnAddress: (address: string) => boolean;
  ownAddress: string;
  now: number;
}

const SKIP: Judgement = { kind: 'skip' };

/**
 * Judges one row that was watched for `waited` milliseconds. Messages writes a row in several commits: text, chat and
 * files come later. What the hub did not ask for is passed over for good.
 */
export function judgeRow(row: MessageRow, waited: number, context: JudgeContext): Judgement {
  if (row.itemType !== 0 || row.at < context.pairedAt) return SKIP;
  if (row.fromMe && context.sends.isBound(row.guid)) return judgeOwnSend(row, context);
  if (row.fromMe && !context.wants('echo')) return SKIP;
  // Send Later: dated in the future, until it is sent.
  if (row.scheduled) return row.fromMe ? { kind: 'wait', lacks: 'its time to be sent' } : SKIP;
  if (row.associatedType !== 0 && !isReaction(row, context)) return SKIP;

  const origin = originOf(row, context.db.chatsOf(row.rowId), context.ownAddress);
  if ('lacks' in origin) return { kind: 'wait', lacks: origin.lacks };
  if (origin.fields.group !== undefined && !context.wants('group')) return SKIP;
  if (row.fromMe && mayBeOurs(row, origin, waited, context)) {
    return { kind: 'hold', lacks: 'a sure sign of who wrote it', conversation: origin.conversation };
  }
  if (row.associatedType !== 0) return judgeReaction(row, origin);
  return judgeMessage(row, origin, waited, context);
}

function isReaction({ associatedType }: MessageRow, { wants }: JudgeContext): boolean {
  return associatedType >= 2000 && associatedType < 4000 && wants('reaction');
}

function mayBeOurs(row: MessageRow, origin: Origin, waited: number, { sends }: JudgeContext): boolean {
  const { isGroup, identifier, guid, participants } = origin.chat;
  const conversations = isGroup
    ? [identifier ?? guid, guid].map(conversationIn)
    : participants.map(conversationWith);
  return sends.mayBind(row, conversations, waited);
}

/** A send is not told again, but remembered: iCloud may insert its row again under another guid. */
function judgeOwnSend(row: MessageRow, context: JudgeContext): Judgement {
  if (row.associatedType !== 0) return SKIP;
  const origin = originOf(row, context.db.chatsOf(row.rowId), context.ownAddress);
  if ('lacks' in origin) return SKIP;
  const judged = judgeMessage(row, origin, 0, { ...context, isOwnAddress: () => false });
  return judged.kind === 'ready' ? { kind: 'ours', twin: judged.twin } : SKIP;
}
