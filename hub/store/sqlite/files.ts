import type { MessageEntry } from '../../../shared/wire/journal.ts';
import type { StoredFile } from '../files.ts';
import type { SqliteContext } from './context.ts';

const RECORD = `
INSERT INTO files (sha256, size, mime_type, used_at, needed_until) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (sha256) DO UPDATE SET used_at = max(used_at, excluded.used_at),
                                   needed_until = max(needed_until, excluded.needed_until)`;

export function recordFile(
  { db }: SqliteContext,
  file: StoredFile,
  now: number,
  neededUntil: number = now,
): void {
  db.run(RECORD, file.sha256, file.size, file.mime_type, now, neededUntil);
}

export function findFile({ db }: SqliteContext, sha256: string): StoredFile | undefined {
  return db.get('SELECT sha256, size, mime_type FROM files WHERE sha256 = ?', sha256);
}

export function touchFile(context: SqliteContext, sha256: string, now: number): StoredFile | undefined {
  context.db.run('UPDATE files SET used_at = max(used_at, ?) WHERE sha256 = ?', now, sha256);
  return findFile(context, sha256);
}

export function findGrantedFile(
  { db }: SqliteContext,
  deviceId: string,
  sha256: string,
): StoredFile | undefined {
  return db.get(
    `SELECT f.sha256, f.size, f.mime_type FROM file_grants g JOIN files f ON f.sha256 = g.sha256
     WHERE g.device_id = ? AND g.sha256 = ?`,
    deviceId,
    sha256,
  );
}

// A message that is DISPATCHED may still be waiting for its device to come for the files.
const UNNEEDED = `
used_at < ? AND needed_until < ? AND NOT EXISTS (
  SELECT 1 FROM attachments a JOIN messages m ON m.seq = a.message_seq
  WHERE a.sha256 = files.sha256 AND m.status IN ('QUEUED', 'DISPATCHED'))`;

export function listUnneededFiles(
  { db }: SqliteContext,
  { before, limit }: { before: number; limit: number },
  now: number,
): string[] {
  return db
    .all<{ sha256: string }>(
      `SELECT sha256 FROM files WHERE ${UNNEEDED} ORDER BY used_at LIMIT ?`,
      before,
      now,
      limit,
    )
    .map(({ sha256 }) => sha256);
}

export function forgetFile({ db }: SqliteContext, sha256: string, before: number, now: number): boolean {
  return db.run(`DELETE FROM files WHERE sha256 = ? AND ${UNNEEDED}`, sha256, before, now) > 0;
}

export function listUnknownFiles({ db }: SqliteContext, sha256s: string[]): string[] {
  return db
    .all<{ value: string }>(
      'SELECT value FROM json_each(?) WHERE value NOT IN (SELECT sha256 FROM files)',
      JSON.stringify(sha256s),
    )
    .map(({ value }) => value);
}

interface Received {
  sha256: string | null;
  name: string;
  mime_type: string | null;
  size: number | null;
}

/** The files of an inbound message as its client is told of them, and as they are kept. */
export interface ReceivedFiles {
  links: string[];
  /** Names of those that could not be had. */
  unavailable: string[];
  rows: Received[];
}

/**
 * Links to the files that a device names. One that the hub does not have, whatever became of it, counts as unavailable: the
 * message is worth more than its file, and the journal goes on.
 */
export function linkFiles(
  context: SqliteContext,
  deviceId: string,
  entry: Pick<MessageEntry, 'guid' | 'attachments'>,
  now: number,
): ReceivedFiles {
  const received: ReceivedFiles = { links: [], unavailable: [], rows: [] };
  for (const attachment of entry.attachments) {
    const name = attachment.name.toWellFormed().replaceAll('\0', '\ufffd');
    const file = 'sha256' in attachment ? findFile(context, attachment.sha256) : undefined;
    if (file === undefined) {
      if ('sha256' in attachment)
        context.log.warn(
          { device_id: deviceId, guid: entry.guid, sha256: attachment.sha256 },
          'a device named a file that it did not upload; the message goes on without it',
        );
      received.unavailable.push(name);
      received.rows.push({ sha256: null, name, mime_type: null, size: null });
      continue;
    }
    const { url, expires_at } = context.linkTo({ ...file, name }, now);
    recordFile(context, file, now, expires_at);
    received.links.push(url);
    received.rows.push({ ...file, name });
  }
  return received;
}

const KEEP = `
INSERT INTO attachments (message_seq, n, state, tries, sha256, name, mime_type, size) VALUES (?, ?, ?, 0, ?, ?, ?, ?)`;

export function keepReceived({ db }: SqliteContext, messageSeq: number, { rows }: ReceivedFiles): void {
  for (const [n, { sha256, name, mime_type, size }] of rows.entries())
    db.run(KEEP, messageSeq, n, sha256 === null ? 'unavailable' : 'ready', sha256, name, mime_type, size);
}
