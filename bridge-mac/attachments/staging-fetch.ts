import { createHash, type Hash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { filePath, MAX_FILE_BYTES, type WireFile } from '../../shared/wire/files.ts';
import { releaseMemory } from './release-memory.ts';

const STALLED_AFTER_MS = 30_000;
const RELEASE_EVERY_BYTES = 2 * 1024 * 1024;
// No staged name starts with a dot.
const PARTIAL = '.partial';

/** The hub will not have this file later either. */
export class FileGoneError extends Error {
  override readonly name = 'FileGoneError';
}

/** What came was not what was named; nothing of it is kept. */
export class WrongContentError extends Error {
  override readonly name = 'WrongContentError';
}

export interface FileSource {
  /** Without a slash at its end. */
  hubUrl: string;
  token: string;
}

/**
 * Brings a file from the hub to `path`, mode 0600, going on where an earlier try was cut off. It has its name only when
 * all of it is on disk with the right SHA-256. Throws FileGoneError and WrongContentError; any other error may pass.
 */
export async function fetchFile(
  file: WireFile,
  path: string,
  source: FileSource,
  signal: AbortSignal,
): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const partial = join(folder, PARTIAL);
  const there = await hashOf(partial);
  const hash = there.size <= file.size && file.size > 0 ? there : { hash: createHash('sha256'), size: 0 };
  await download(file, partial, hash, source, signal);
  await rename(partial, path);
  await syncFolder(folder);
}

/** How many bytes of the file that is to have this path were fetched, while it is not whole. */
export function fetchedSize(path: string): number {
  return statSync(join(dirname(path), PARTIAL), { throwIfNoEntry: false })?.size ?? 0;
}

interface Progress {
  hash: Hash;
  size: number;
}

async function download(
  file: WireFile,
  partial: string,
  progress: Progress,
  { hubUrl, token }: FileSource,
  signal: AbortSignal,
): Promise<void> {
  if (progress.size < file.size || file.size === 0) {
    const stalled = new AbortController();
    const watchdog = setTimeout(
      () => stalled.abort(new Error('the hub sent nothing more')),
      STALLED_AFTER_MS,
    );
    try {
      const response = await fetch(`${hubUrl}${filePath(file.sha256)}`, {
        headers: {
          authorization: `Bearer ${token}`,
          'accept-encoding': 'identity',
          ...(progress.size > 0 ? { range: `bytes=${progress.size}-` } : {}),
        },
        redirect: 'error',
        signal: AbortSignal.any([signal, stalled.signal]),
      });
      await judgeAnswer(response, file, partial);
      // A hub that does not know ranges gives all of it again.
      const start = response.status === 206 ? progress : { hash: createHash('sha256'), size: 0 };
      progress = await save(response, partial, start, () => watchdog.refresh());
    } finally {
      clearTimeout(watchdog);
    }
  }
  if (progress.size < file.size) throw new Error(`the hub sent ${progress.size} of ${file.size} bytes`);
  if (progress.size === file.size && progress.hash.digest('hex') === file.sha256) return;
  await rm(partial, { force: true });
  throw new WrongContentError('what the hub sent is another file');
}

async function judgeAnswer(response: Response, file: WireFile, partial: string): Promise<void> {
  if (response.status === 200 || response.status === 206) return;
  await response.body?.cancel();
  if (response.status === 404 || response.status === 410) {
    throw new FileGoneError(`the hub has the file ${file.sha256.slice(0, 12)} no more (${response.status})`);
  }
  if (response.status === 416) await rm(partial, { force: true });
  throw new Error(`the hub answered ${response.status}`);
}

/** Appends the body to what is there. What was written stays when the connection breaks: the next try goes on there. */
async function save(
  response: Response,
  partial: string,
  { hash, size: start }: Progress,
  onBytes: () => void,
): Promise<Progress> {
  let size = start;
  let unreleased = 0;
  await using file = await open(partial, start === 0 ? 'w' : 'a', 0o600);
  for await (const chunk of response.body ?? []) {
    onBytes();
    size += chunk.byteLength;
    if (size > MAX_FILE_BYTES) throw new WrongContentError('the file is larger than any that is carried');
    await writeAll(file, chunk);
    hash.update(chunk);
    unreleased += chunk.byteLength;
    if (unreleased < RELEASE_EVERY_BYTES) continue;
    unreleased = 0;
    releaseMemory();
  }
  await file.sync();
  return { hash, size };
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, written);
    written += bytesWritten;
  }
}

async function hashOf(path: string): Promise<Progress> {
  const hash = createHash('sha256');
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return { hash, size: 0 };
  let size = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { hash, size };
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}
