import type { MessageEntry } from '../../../shared/wire/journal.ts';
import type { StoredFile } from '../files.ts';
import type { StoreContext } from './context.ts';

const RECORD = `
INSERT INTO files (sha256, size, mime_type, used_at, needed_until) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (sha256) DO UPDATE SET used_at = CASE WHEN excluded.used_at > files.used_at THEN excluded.used_at ELSE files.used_at END,
    needed_until = CASE WHEN excluded.needed_until > files.needed_until THEN excluded.needed_until ELSE files.needed_until END`;

export async function recordFile(
  { db }: StoreContext,
  file: StoredFile,
  now: number,
  neededUntil: number = now,
): Promise<void> {
  await db.run(RECORD, file.sha256, file.size, file.mime_type, now, neededUntil);
}

const KEEP_UPLOAD = `
INSERT INTO uploads (device_id, sha256, size)
SELECT id, CAST(? AS TEXT), CAST(? AS BIGINT) FROM devices
WHERE id = ? AND NOT EXISTS (SELECT 1 FROM attachments WHERE sha256 = ?)
ON CONFLICT (device_id, sha256) DO NOTHING`;

export async function recordUpload(
  context: StoreContext,
  deviceId: string,
  file: StoredFile,
  now: number,
): Promise<void> {
  await recordFile(context, file, now);
  await context.db.run(KEEP_UPLOAD, file.sha256, file.size, deviceId, file.sha256);
}

export async function countUploads(
  { db }: StoreContext,
  deviceId: string,
): Promise<{ files: number; bytes: number }> {
  const counted = await db.get<{ files: number; bytes: number }>(
    `SELECT count(*) AS files, CAST(coalesce(sum(size), 0) AS BIGINT) AS bytes FROM uploads WHERE device_id = ?`,
    deviceId,
  );
  return counted ?? { files: 0, bytes: 0 };
}

export async function findFile({ db }: StoreContext, sha256: string): Promise<StoredFile | undefined> {
  return await db.get('SELECT sha256, size, mime_type FROM files WHERE sha256 = ?', sha256);
}

export async function touchFile(
  context: StoreContext,
  sha256: string,
  now: number,
): Promise<StoredFile | undefined> {
  await context.db.run('UPDATE files SET used_at = ? WHERE sha256 = ? AND used_at < ?', now, sha256, now);
  return await findFile(context, sha256);
}

export async function findGrantedFile(
  { db }: StoreContext,
  deviceId: string,
  sha256: string,
): Promise<StoredFile | undefined> {
  return await db.get(
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

export async function listUnneededFiles(
  { db }: StoreContext,
  { before, limit }: { before: number; limit: number },
  now: number,
): Promise<string[]> {
  const files = await db.all<{ sha256: string }>(
    `SELECT sha256 FROM files WHERE ${UNNEEDED} ORDER BY used_at LIMIT ?`,
    before,
    now,
    limit,
  );
  return files.map(({ sha256 }) => sha256);
}

export async function forgetFile(
  { db }: StoreContext,
  sha256: string,
  before: number,
  now: number,
): Promise<boolean> {
  return (await db.run(`DELETE FROM files WHERE sha256 = ? AND ${UNNEEDED}`, sha256, before, now)) > 0;
}

export async function listUnknownFiles({ db }: StoreContext, sha256s: string[]): Promise<string[]> {
  const unknown = await db.all<{ value: string }>(
    'SELECT value FROM json_each(?) WHERE value NOT IN (SELECT sha256 FROM files)',
    JSON.stringify(sha256s),
  );
  return unknown.map(({ value }) => value);
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
export async function linkFiles(
  context: StoreContext,
  deviceId: string,
  entry: Pick<MessageEntry, 'guid' | 'attachments'>,
  now: number,
): Promise<ReceivedFiles> {
  const received: ReceivedFiles = { links: [], unavailable: [], rows: [] };
  for (const attachment of entry.attachments) {
    const name = attachment.name.toWellFormed().replaceAll('\0', '\ufffd');
    const file = 'sha256' in attachment ? await findFile(context, attachment.sha256) : undefined;
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
    await recordFile(context, file, now, expires_at);
    await context.db.run('DELETE FROM uploads WHERE sha256 = ?', file.sha256);
    received.links.push(url);
    received.rows.push({ ...file, name });
  }
  return received;
}

const KEEP = `
INSERT INTO attachments (message_seq, n, state, tries, sha256, name, mime_type, size) VALUES (?, ?, ?, 0, ?, ?, ?, ?)`;

export async function keepReceived(
  { db }: StoreContext,
  messageSeq: number,
  { rows }: ReceivedFiles,
): Promise<void> {
  for (const [n, { sha256, name, mime_type, size }] of rows.entries())
    await db.run(
      KEEP,
      messageSeq,
      n,
      sha256 === null ? 'unavailable' : 'ready',
      sha256,
      name,
      mime_type,
      size,
    );
}
