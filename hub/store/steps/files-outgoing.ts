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
  if (await db.get(`SELECT 1 FROM attachments WHERE message_seq = ? AND state = 'waiting'`, seq))
    return 'waiting';
  await db.run('UPDATE messages SET held = ? WHERE seq = ?', HOLDING.behind, seq);
  await releaseHeld(context, message);
  return 'ready';
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
