import type { Logger } from 'pino';
import type { LinkTo } from '../files.ts';
import type { Connection } from './connection.ts';
import type { Directory } from './directory.ts';

/** What a step works with. */
export interface StoreContext {
  db: Connection;
  directory: Directory;
  log: Logger;
  linkTo: LinkTo;
  /**
   * Makes this step the only one at work on what the names stand for, until it ends. Called before what others must not
   * change meanwhile is read; a step that meets a name late is done again with that name held from its start. Where steps
   * run one at a time anyway it does nothing, and does not ask for the names.
   */
  hold(names: string[] | (() => Promise<string[]>)): Promise<void>;
  turns: Turns;
}

/** Whose turn it is, from one step to the next. */
export interface Turns {
  /** The workspace whose deliveries were claimed last: the next claim begins after it. */
  lastServed: string;
}

/** The order of events and messages of a workspace: whoever adds to a queue of it, or takes from one, holds this. */
export function queueOf(locationId: string): string {
  return `workspace ${locationId}`;
}

/**
 * Whether a lease is over, for the time and the owner that ask. The lease of another hub is not, while that one lives: it
 * was given by another clock, and ends with its hub.
 */
export const IS_OVER = `lease_until <= ? AND (owner = ? OR owner NOT IN (SELECT id FROM hubs))`;

/** What a device is given and what it reports. */
export function deviceOf(deviceId: string): string {
  return `device ${deviceId}`;
}

/** Which messages of a workspace wait for files: accepting looks, what ends such a wait holds this. */
export function filesOf(locationId: string): string {
  return `files ${locationId}`;
}

const ADD = `INSERT INTO timeline (message_seq, n, at, status, source, detail) VALUES (?, ?, ?, ?, ?, ?)`;

/**
 * Adds step number `n` (from 1) to a message's timeline; the caller counts the steps in the message's row. That an
 * outgoing message was accepted is told by that row itself.
 */
export async function addToTimeline(
  { db }: StoreContext,
  message: { seq: number; n: number },
  event: { at: number; status: string; source: 'hub' | 'device'; detail?: string | null | undefined },
): Promise<void> {
  await db.run(ADD, message.seq, message.n, event.at, event.status, event.source, event.detail ?? null);
}

/** Counts one more step of a message's timeline; its number. */
export async function countStep({ db }: StoreContext, seq: number): Promise<number> {
  const counted = await db.get<{ steps: number }>(
    'UPDATE messages SET steps = steps + 1 WHERE seq = ? RETURNING steps',
    seq,
  );
  if (counted === undefined) throw new Error('a message left while it was changed');
  return counted.steps;
}

const TOUCH = `
INSERT INTO conversations (phone, location_id, device_id, last_at) VALUES (?, ?, ?, ?)
ON CONFLICT (phone, location_id) DO UPDATE
SET device_id = excluded.device_id,
    last_at = CASE WHEN excluded.last_at > conversations.last_at THEN excluded.last_at ELSE conversations.last_at END`;

/** Notes the latest message of a conversation: the device keeps it, and the workspace answers the next inbound one. */
export async function touchConversation(
  { db }: StoreContext,
  { phone, location_id, device_id }: { location_id: string; phone: string; device_id: string },
  now: number,
): Promise<void> {
  await db.run(TOUCH, phone, location_id, device_id, now);
}
