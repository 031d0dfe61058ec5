import type { Channel } from '../../shared/channels.ts';
import type { FailureCode } from '../../shared/failure-codes.ts';
import type { SendRoute } from '../config.ts';
import type { SendState } from '../outbox/send-state.ts';

/** What the hub was told of a message last: UNKNOWN is a FAILED that proof may still correct. */
export type Told = '' | 'UNKNOWN' | 'SENT' | 'DELIVERED' | 'READ' | 'FAILED';

/** A part of a message as this Mac remembers it: one file, or the text. Times are epoch milliseconds. */
export interface StoredSend {
  /** Order of arrival, and within a message the order of its parts. */
  position: number;
  /** The hub's id of the message. */
  id: string;
  /** Which part of its message it is, from 0, of how many. */
  part: number;
  parts: number;
  /** Sends of one conversation go one after the other. */
  conversation: string;
  recipient: string;
  /** 1 when the recipient is a group chat's identifier. */
  to_group: 0 | 1;
  channel: Channel;
  /** JSON list of the channels that are left to go on with. */
  fallbacks: string;
  /** Empty once Messages has confirmed or refused it: no longer needed, so no longer kept. */
  text: string;
  /** JSON of the file; null for a text. */
  file: string | null;
  /** 1 when the file is on this Mac, whole. */
  is_staged: 0 | 1;
  /** Of the message, equal in all its parts. */
  told: Told;
  expires_at: number;
  state: SendState;
  /** When it entered its state. */
  since: number;
  /** An accepted send is not attempted before. */
  not_before: number;
  /** Attempts begun so far. */
  attempt: number;
  /** The way of addressing the recipient that the latest attempt took. */
  route: SendRoute | null;
  /** JSON list of the ways that were of no use since the last pause. */
  tried: string;
  /** MAX(ROWID) of chat.db before the first attempt on this channel: its row lies above. Null before that. */
  baseline: number | null;
  /** When the latest attempt began. */
  attempted_at: number | null;
  /** What the latest failed attempt met, and what it makes the message FAILED with when it is the last. */
  last_error: string | null;
  last_code: FailureCode | null;
  /** The row in chat.db, once found. */
  row_id: number | null;
  guid: string | null;
}

/** What changes with a step to another state; what is left out stays. */
export interface SendChanges {
  not_before?: number;
  tried?: string;
  last_error?: string;
  last_code?: FailureCode;
}

/** An attempt as it goes to disk before it is made. */
export interface NewAttempt {
  position: number;
  attempt: number;
  baseline: number;
  route: SendRoute;
  tried: string;
}
