import { failure } from '../../../shared/failure-codes.ts';
import type { WireFile } from '../../../shared/wire/files.ts';
import type { ClaimedFetch, FetchOutcome } from '../files.ts';
import type { NewMessage } from '../records.ts';
import { addToTimeline, countStep, filesOf, queueOf, type StoreContext } from './context.ts';
import { applyEvidence, OUTGOING, type Outgoing } from './evidence.ts';
import { recordFile } from './files.ts';
import { HOLDING, releaseHeld } from './hold.ts';

const AWAIT = `
INSERT INTO attachments (message_seq, n, location_id, state, url, host, tries)
SELECT seq, ?, location_id, 'waiting', ?, ?, 0 FROM messages WHERE id = ?`;

/** Queues the files of a message that was just accepted. */
export async function awaitFiles({ db }: StoreContext, message: NewMessage): Promise<void> {
  for (const [n, url] of message.attachments.entries())
    await db.run(AWAIT, n, url, new URL(url).host, message.id);
}

interface Waiting extends Outgoing {
  owner: string | null;
  expires_at: number;
  host: string;
}

const WAITING = `
SELECT ${OUTGOING.replace(/\w+/g, 'm.$&')}, m.expires_at, a.owner, a.host
FROM messages m JOIN attachments a ON a.message_seq = m.seq
WHERE m.id = ? AND a.n = ? AND a.state = 'waiting'`;

const STORE = `
UPDATE attachments SET state = 'ready', sha256 = ?, name = ?, mime_type = ?, size = ?, owner = NULL, lease_until = NULL
WHERE message_seq = ? AND n = ?`;

const RETRY = `
UPDATE attachments SET owner = NULL, lease_until = NULL, next_try_at = ?, tries = tries - ?
WHERE message_seq = ? AND n = ?`;

export async function settleFetch(
  context: StoreContext,
  owner: string,
  { id, n }: Pick<ClaimedFetch, 'id' | 'n'>,
  outcome: FetchOutcome,
  now: number,
): Promise<'ready' | 'waiting' | 'failed' | 'void'> {
  const { db } = context;
  await context.hold(async () => {
    const { location_id } = (await db.get<Waiting>(WAITING, id, n)) ?? {};
    return location_id === undefined ? [] : [queueOf(location_id), filesOf(location_id)];
  });
  const message = await db.get<Waiting>(`${WAITING} ${db.forUpdate}`, id, n);
  if (message === undefined || message.owner !== owner || message.status !== 'QUEUED') return 'void';
  const { seq, host } = message;
  const place = `attachment ${n + 1} (${host})`;
  if (outcome.kind === 'unavailable') {
    const error = failure('attachment_unavailable', `In ${place}: ${outcome.reason}`);
    await applyEvidence(context, message, { event: 'FAILED', error }, { at: now, now, source: 'hub' });
    return 'failed';
  }
  if (outcome.kind === 'retry') {
    await db.run(RETRY, outcome.at, outcome.counts ? 0 : 1, seq, n);
    await note(context, message, 'FETCH_RETRY', `${place}: ${outcome.reason}`, now);
    return 'waiting';
  }
  const { sha256, name, mime_type, size } = outcome.file;
  await recordFile(context, outcome.file, now, message.expires_at);
  await db.run(STORE, sha256, name, mime_type, size, seq, n);
  await note(context, message, 'FETCHED', `${place}: ${mime_type}, ${size} bytes`, now);
  return (await endWait(context, message)) ? 'ready' : 'waiting';
}

/** Lets a message go on once all its files are there; whether they are. */
async function endWait(
  context: StoreContext,
  message: { seq: number; location_id: string; phone: string },
): Promise<boolean> {
  const { db } = context;
  if (await db.get(`SELECT 1 FROM attachments WHERE message_seq = ? AND state = 'waiting'`, message.seq))
    return false;
  await db.run('UPDATE messages SET held = ? WHERE seq = ?', HOLDING.behind, message.seq);
  await releaseHeld(context, message);
  return true;
}

// Only content that is still known: a row that is being forgotten is waited for, and then not there.
const KEEP = `
UPDATE files SET used_at = CASE WHEN used_at > CAST(? AS BIGINT) THEN used_at ELSE CAST(? AS BIGINT) END,
  needed_until = CASE WHEN needed_until > CAST(? AS BIGINT) THEN needed_until ELSE CAST(? AS BIGINT) END
WHERE sha256 = ?`;

/**
 * Gives a message that was just accepted what the hub still has of the files of another with the same attachments: the
 * client's links may lead nowhere by now. What it has not is fetched anew.
 */
export async function takeOverFiles(
  context: StoreContext,
  from: number,
  message: { seq: number; location_id: string; phone: string; expires_at: number },
  now: number,
): Promise<void> {
  const { db } = context;
  const ready = await db.all<WireFile & { n: number }>(
    `SELECT n, sha256, name, mime_type, size FROM attachments WHERE message_seq = ? AND state = 'ready' ORDER BY n`,
    from,
  );
  const { seq, expires_at } = message;
  for (const { n, sha256, name, mime_type, size } of ready)
    if ((await db.run(KEEP, now, now, expires_at, expires_at, sha256)) === 1)
      await db.run(STORE, sha256, name, mime_type, size, seq, n);
  await endWait(context, message);
}

async function note(
  context: StoreContext,
  message: Outgoing,
  status: string,
  detail: string,
  now: number,
): Promise<void> {
  const { seq } = message;
  const n = await countStep(context, seq);
  await addToTimeline(context, { seq, n }, { at: now, status, source: 'hub', detail });
  await context.db.run('UPDATE messages SET updated_at = ? WHERE seq = ?', now, seq);
}

const FILES = `
SELECT sha256, name, mime_type, size FROM attachments WHERE message_seq = ? AND state = 'ready' ORDER BY n`;

/** The files of a message, which the device that is given the message may read from now on. */
export async function grantFiles(
  { db }: StoreContext,
  messageSeq: number,
  deviceId: string,
): Promise<WireFile[]> {
  const files = await db.all<WireFile>(FILES, messageSeq);
  for (const { sha256 } of files)
    await db.run(
      `INSERT INTO file_grants (device_id, sha256) VALUES (?, ?) ON CONFLICT DO NOTHING`,
      deviceId,
      sha256,
    );
  return files;
}
