import type { MessageEntry } from '../../shared/wire/journal.ts';
import { conversationWith } from '../outbox/conversation.ts';
import type { Chat, MessageRow } from './rows.ts';
import { channelOf } from './services.ts';

/** Who wrote a row, to whom, and where. */
export interface Origin {
  chat: Chat;
  /** Equal for all rows whose order must be kept: one group, or one person whatever the service. */
  conversation: string;
  fields: Pick<MessageEntry, 'guid' | 'from' | 'from_me' | 'to' | 'channel' | 'at' | 'group'>;
}

/** What a row lacks to be put into a conversation. */
export interface NoOrigin {
  lacks: 'a chat' | 'a sender';
}

/**
 * The origin of a row. One that is joined to several chats belongs to the group among them; one that is joined to none
 * is never guessed into one.
 */
export function originOf(row: MessageRow, chats: readonly Chat[], ownAddress: string): Origin | NoOrigin {
  const chat = chats.find((candidate) => candidate.isGroup) ?? chats[0];
  if (chat === undefined) return { lacks: 'a chat' };
  const other = row.handle ?? (chat.isGroup ? undefined : chat.participants[0]);
  const from = row.fromMe ? (addressOf(row.account) ?? ownAddress) : other;
  const to = row.fromMe && !chat.isGroup ? other : undefined;
  if (from === undefined || (row.fromMe && !chat.isGroup && to === undefined)) return { lacks: 'a sender' };
  const { guid, at, fromMe: from_me } = row;
  const channel = channelOf(row.service);
  const about = { guid, from, from_me, channel, at };
  if (!chat.isGroup) {
    const conversation = `person ${conversationWith(other ?? '')}`;
    return { chat, conversation, fields: to === undefined ? about : { ...about, to } };
  }
  const id = chat.identifier ?? chat.guid;
  const group = { id, participants: chat.participants, ...(chat.name ? { name: chat.name } : {}) };
  return { chat, conversation: `group ${id}`, fields: { ...about, group } };
}

/** `E:anna@example.com` → `anna@example.com`; undefined for an account without an address. */
export function addressOf(account: string | null): string | undefined {
  return account?.replace(/^[ep]:/iu, '').trim() || undefined;
}
