import { randomUUIDv7 } from 'node:crypto';
import type { FailureCode } from '../../../shared/failure-codes.ts';
import type { MessageStatus } from '../../../shared/status-ladder.ts';
import type { NewMessage } from '../records.ts';
import type { AcceptOutcome } from '../store.ts';
import { addToTimeline, countStep, filesOf, queueOf, type StoreContext } from './context.ts';
import { takeOverFiles } from './files-outgoing.ts';

/** How the database at hand takes messages. */
type Accept = (context: StoreContext, messages: NewMessage[], now: number) => Promise<AcceptOutcome[]>;

export interface ResendRequest {
  id: string;
  expires_at: number;
  /** Also what may have gone out. */
  force: boolean;
}

export type ResendOutcome =
  | { kind: 'accepted'; message: NewMessage }
  | { kind: 'opted_out' }
  | { kind: 'unknown' }
  | { kind: 'inbound' }
  | { kind: 'not_failed'; status: MessageStatus }
  /** It, or an earlier repetition of it, may have reached the recipient, whole or in part. */
  | { kind: 'may_have_gone'; id: string; code: FailureCode | null }
  /** A repetition of it is under way or went out. */
  | { kind: 'resent'; id: string; status: MessageStatus };

interface Failed {
  seq: number;
  id: string;
  direction: 'out' | 'in';
  location_id: string;
  message_id: string;
  user_id: string;
  phone: string;
  text: string;
  attachments: string;
  channel: NewMessage['channel'];
  status: MessageStatus;
  error_code: FailureCode | null;
  offered_at: number | null;
  only_device: string;
  content_hash: string;
  resend_of: string | null;
}

const COLUMNS = `seq, id, direction, location_id, message_id, user_id, phone, text, attachments, channel, status,
error_code, offered_at, only_device, content_hash, resend_of`;

/** A message with every repetition of it. Two halves, so that each finds its index. */
const FAMILY = `
SELECT ${COLUMNS} FROM messages WHERE id = ?
UNION ALL SELECT ${COLUMNS} FROM messages WHERE resend_of = ?`;

/**
 * Accepts a FAILED message once more, as a message of its own. Its message_id is the first one's with the number of the
 * repetition, so that the client's events keep their rule of one final status for each message_id.
 */
export async function resendMessage(
  context: StoreContext,
  { id, expires_at, force }: ResendRequest,
  now: number,
  accept: Accept,
): Promise<ResendOutcome> {
  const { db } = context;
  const find = (forUpdate: string): Promise<Failed | undefined> =>
    db.get(`SELECT ${COLUMNS} FROM messages WHERE id = ? ${forUpdate}`, id);
  await context.hold(async () => {
    const meant = await find('');
    return meant?.direction === 'out' ? [queueOf(meant.location_id), filesOf(meant.location_id)] : [];
  });
  const message = await find(db.forUpdate);
  if (message === undefined) return { kind: 'unknown' };
  if (message.direction === 'in') return { kind: 'inbound' };
  if (message.status !== 'FAILED') return { kind: 'not_failed', status: message.status };
  const root = message.resend_of ?? message.id;
  const family = await db.all<Failed>(FAMILY, root, root);
  const alive = family.find(({ status }) => status !== 'FAILED');
  if (alive) return { kind: 'resent', id: alive.id, status: alive.status };
  const risky = force ? undefined : await findRisky(context, family);
  if (risky) return { kind: 'may_have_gone', id: risky.id, code: risky.error_code };
  return await acceptAgain(context, message, { root, family, expires_at, accept }, now);
}

/** One of the family that may have reached its recipient although it FAILED. */
async function findRisky({ db }: StoreContext, family: Failed[]): Promise<Failed | undefined> {
  for (const message of family) {
    if (message.offered_at === null) continue;
    const { error_code, text, attachments } = message;
    if (error_code === 'send_timeout_unknown' || error_code === 'device_removed') return message;
    // Of several parts, each sent alone, the first may be out.
    const parts = (JSON.parse(attachments) as string[]).length + (text === '' ? 0 : 1);
    if (parts > 1) return message;
    const proof = await db.get(
      `SELECT 1 FROM timeline WHERE message_seq = ? AND status IN ('SENT', 'DELIVERED', 'READ') LIMIT 1`,
      message.seq,
    );
    if (proof) return message;
  }
  return undefined;
}

async function acceptAgain(
  context: StoreContext,
  message: Failed,
  {
    root,
    family,
    expires_at,
    accept,
  }: { root: string; family: Failed[]; expires_at: number; accept: Accept },
  now: number,
): Promise<ResendOutcome> {
  const first = family.find(({ id }) => id === root)?.message_id ?? message.message_id;
  for (let n = family.length + 1; ; n += 1) {
    const again: NewMessage = {
      id: randomUUIDv7(),
      location_id: message.location_id,
      message_id: numberedId(first, n),
      user_id: message.user_id,
      phone: message.phone,
      text: message.text,
      attachments: JSON.parse(message.attachments) as string[],
      channel: message.channel,
      content_hash: message.content_hash,
      expires_at,
      only_device: message.only_device,
    };
    const [outcome] = await accept(context, [again], now);
    if (outcome?.kind === 'opted_out') return { kind: 'opted_out' };
    // The client itself uses such an id: the next number is free, some time.
    if (outcome?.kind !== 'accepted') continue;
    const seq = await link(context, message, again, root, now);
    if (again.attachments.length > 0) await takeOverFiles(context, message.seq, { ...again, seq }, now);
    return { kind: 'accepted', message: again };
  }
}

/** The place of the new message among all. */
async function link(
  context: StoreContext,
  failed: Failed,
  again: NewMessage,
  root: string,
  now: number,
): Promise<number> {
  const row = await context.db.get<{ seq: number }>(
    'UPDATE messages SET resend_of = ? WHERE id = ? RETURNING seq',
    root,
    again.id,
  );
  if (row === undefined) throw new Error('a message left while it was accepted');
  const steps = [
    { seq: failed.seq, status: 'RESENT', detail: `as ${again.id} (${again.message_id})` },
    { seq: row.seq, status: 'RESEND', detail: `of ${failed.id} (${failed.message_id})` },
  ];
  for (const { seq, status, detail } of steps) {
    const n = await countStep(context, seq);
    await addToTimeline(context, { seq, n }, { at: now, status, source: 'hub', detail });
  }
  return row.seq;
}

/** Characters of a message_id at most. */
const MAX_ID = 128;

/** `order-7` and 2: `order-7~2`, cut to the length that a message_id may have. */
function numberedId(messageId: string, n: number): string {
  const suffix = `~${n}`;
  return `${[...messageId].slice(0, MAX_ID - suffix.length).join('')}${suffix}`;
}
