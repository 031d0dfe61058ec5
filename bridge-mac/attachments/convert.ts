import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Logger } from 'pino';

// A picture takes a second, an hour of speech some ten.
const LIMIT_MS = 60_000;

/** A file as people see it. */
export interface PresentedFile {
  path: string;
  name: string;
  mimeType: string;
}

interface Conversion {
  tool: string;
  args: (from: string, to: string) => string[];
  extension: string;
  mimeType: string;
  /** What such a file has at this place, so that another system's program of the same name is found out. */
  mark: { at: number; bytes: Buffer };
}

const TO_JPEG: Conversion = {
  tool: 'sips',
  args: (from, to) => ['-s', 'format', 'jpeg', from, '--out', to],
  extension: '.jpg',
  mimeType: 'image/jpeg',
  mark: { at: 0, bytes: Buffer.from([0xff, 0xd8, 0xff]) },
};
const TO_M4A: Conversion = {
  tool: 'afconvert',
  args: (from, to) => ['-f', 'm4af', '-d', 'aac', from, to],
  extension: '.m4a',
  mimeType: 'audio/mp4',
  mark: { at: 4, bytes: Buffer.from('ftyp') },
};

/** What few programs beyond Apple's can open, by extension. */
const CONVERSIONS: Record<string, Conversion> = {
  '.heic': TO_JPEG,
  '.heif': TO_JPEG,
  '.caf': TO_M4A,
};

/**
 * Turns Apple's own formats into common ones with macOS's tools. The result lies in `folder` and is the caller's to
 * remove; undefined where there is nothing to convert, or the tool is missing, fails or hangs: then the original goes.
 */
export async function convertFile(
  file: PresentedFile,
  folder: string,
  log: Logger,
  signal: AbortSignal,
  limitMs = LIMIT_MS,
): Promise<PresentedFile | undefined> {
  const conversion = CONVERSIONS[extname(file.path).toLowerCase()];
  if (conversion === undefined) return undefined;
  const { tool, args, extension, mimeType, mark } = conversion;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${crypto.randomUUID()}${extension}`);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  const isDone = (await run(tool, args(file.path, path), limit)) && (await hasMark(path, mark));
  if (!isDone) {
    log.debug({ tool }, 'a file could not be converted: the original goes');
    await rm(path, { force: true });
    return undefined;
  }
  const stem = file.name.slice(0, file.name.length - extname(file.name).length);
  return { path, name: `${stem.slice(0, 250)}${extension}`, mimeType };
}

async function hasMark(path: string, { at, bytes }: Conversion['mark']): Promise<boolean> {
  try {
    await using file = await open(path, 'r');
    const { buffer } = await file.read(Buffer.alloc(bytes.length), 0, bytes.length, at);
    return buffer.equals(bytes);
  } catch {
    return false;
  }
}

/** Whether a tool came to a good end. One that does not end in time is killed, and not waited for. */
async function run(tool: string, args: string[], signal: AbortSignal): Promise<boolean> {
  const child = spawn(tool, args, { stdio: 'ignore', signal, killSignal: 'SIGKILL' });
  try {
    const [code] = await once(child, 'exit');
    return code === 0;
  } catch {
    return false;
  } finally {
    child.on('error', () => undefined);
  }
}
