import { failure } from '../../../shared/failure-codes.ts';
import type { WireFile } from '../../../shared/wire/files.ts';
import type { ClaimedFetch, FetchOutcome } from '../files.ts';
import type { NewMessage } from '../records.ts';
import { addToTimeline, type SqliteContext } from './context.ts';
import { applyEvidence, OUTGOING, type Outgoing } from './evidence.ts';
import { recordFile } from './files.ts';
import { HOLDING, releaseHeld } from './hold.ts';

const AWAIT = `
INSERT INTO attachments (message_seq, n, location_id, state, url, host, tries)
SELECT seq, ?, location_id, 'waiting', ?, ?, 0 FROM messages WHERE id = ?`;

/** Queues the files of a message that was just accepted. */
export function awaitFiles({ db }: SqliteContext, message: NewMessage): void {
  for (const [n, url] of message.attachments.entries()) db.run(AWAIT, n, url, new URL(url).host, message.id);
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

export function settleFetch(
  context: SqliteContext,
  owner: string,
  { id, n }: Pick<ClaimedFetch, 'id' | 'n'>,
  outcome: FetchOutcome,
  now: number,
): 'ready' | 'waiting' | 'failed' | 'void' {
  const { db } = context;
  const message = db.get<Waiting>(WAITING, id, n);
  if (message === undefined || message.owner !== owner || message.status !== 'QUEUED') return 'void';
  const { seq, host } = message;
  const place = `attachment ${n + 1} (${host})`;
  if (outcome.kind === 'unavailable') {
    const error = failure('attachment_unavailable', `In ${place}: ${outcome.reason}`);
    applyEvidence(context, message, { event: 'FAILED', error }, { at: now, now, source: 'hub' });
    return 'failed';
  }
  if (outcome.kind === 'retry') {
    db.run(RETRY, outcome.at, outcome.counts ? 0 : 1, seq, n);
    note(context, message, 'FETCH_RETRY', `${place}: ${outcome.reason}`, now);
    return 'waiting';
  }
  const { sha256, name, mime_type, size } = outcome.file;
  recordFile(context, outcome.file, now, message.expires_at);
  db.run(STORE, sha256, name, mime_type, size, seq, n);
  note(context, message, 'FETCHED', `${place}: ${mime_type}, ${size} bytes`, now);
  if (db.get(`SELECT 1 FROM attachments WHERE message_seq = ? AND state = 'waiting'`, seq)) return 'waiting';
  db.run('UPDATE messages SET held = ? WHERE seq = ?', HOLDING.behind, seq);
  releaseHeld(context, message);
  return 'ready';
}

function note(context: SqliteContext, message: Outgoing, status: string, detail: string, now: number): void {
  const n = message.steps + 1;
  addToTimeline(context, { seq: message.seq, n }, { at: now, status, source: 'hub', detail });
  context.db.run('UPDATE messages SET steps = ?, updated_at = ? WHERE seq = ?', n, now, message.seq);
}

const FILES = `
SELECT sha256, name, mime_type, size FROM attachments WHERE message_seq = ? AND state = 'ready' ORDER BY n`;

/** The files of a message, which the device that is given the message may read from now on. */
export function grantFiles({ db }: SqliteContext, messageSeq: number, deviceId: string): WireFile[] {
  const files = db.all<WireFile>(FILES, messageSeq);
  for (const { sha256 } of files)
    db.run(
      `INSERT INTO file_grants (device_id, sha256) VALUES (?, ?) ON CONFLICT DO NOTHING`,
      deviceId,
      sha256,
    );
  return files;
}
