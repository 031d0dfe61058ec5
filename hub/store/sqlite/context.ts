import type { Logger } from 'pino';
import type { LinkTo } from '../files.ts';
import type { SqliteConnection } from './database.ts';
import type { Directory } from './directory.ts';

/** What the steps written for SQLite work with. */
export interface SqliteContext {
  db: SqliteConnection;
  directory: Directory;
  log: Logger;
  linkTo: LinkTo;
  /** The workspace whose deliveries were claimed last: the next claim begins after it. */
  lastServed: string;
}

const ADD = `INSERT INTO timeline (message_seq, n, at, status, source, detail) VALUES (?, ?, ?, ?, ?, ?)`;

/**
 * Adds step number `n` (from 1) to a message's timeline; the caller counts the steps in the message's row. That an
 * outgoing message was accepted is told by that row itself.
 */
export function addToTimeline(
  { db }: SqliteContext,
  message: { seq: number; n: number },
  event: { at: number; status: string; source: 'hub' | 'device'; detail?: string | null | undefined },
): void {
  db.run(ADD, message.seq, message.n, event.at, event.status, event.source, event.detail ?? null);
}

/** Notes the latest message of a conversation: the device keeps it, and the workspace answers the next inbound one. */
export function touchConversation(
  { db }: SqliteContext,
  conversation: { location_id: string; phone: string; device_id: string },
  now: number,
): void {
  db.run(
    `INSERT INTO conversations (phone, location_id, device_id, last_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (phone, location_id) DO UPDATE
     SET device_id = excluded.device_id, last_at = max(last_at, excluded.last_at)`,
    conversation.phone,
    conversation.location_id,
    conversation.device_id,
    now,
  );
}
