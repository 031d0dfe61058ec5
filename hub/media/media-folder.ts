import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { leaveRoom, type MeasureDisk } from './disk-room.ts';

const SHA256 = /^[0-9a-f]{64}$/;
const PRIVATE = { recursive: true, mode: 0o700 } as const;

/**
 * Files by their SHA-256 in a folder of the hub's own, or of all hubs that share a database: `files/` holds what is whole, `drafts/` what is being fetched, and
 * `partial/` uploads that can be resumed. A file appears under its hash complete and fsynced, or not at all.
 */
export class MediaFolder {
  readonly #files: string;
  readonly #drafts: string;
  readonly partial: string;
  /** A stage for whatever is written here: it ends in ENOSPC before the disk is full. */
  readonly leaveRoom: ReturnType<typeof leaveRoom>;
  readonly #busy = new Map<string, Promise<unknown>>();

  /** Makes the folders; drafts of a process before this one are removed at once where no other hub can be writing any. */
  constructor(path: string, { shared = false, measure }: { shared?: boolean; measure?: MeasureDisk } = {}) {
    this.leaveRoom = leaveRoom(path, measure);
    this.#files = join(path, 'files');
    this.#drafts = join(path, 'drafts');
    this.partial = join(path, 'partial');
    if (!shared) rmSync(this.#drafts, { recursive: true, force: true });
    for (const folder of [this.#files, this.#drafts, this.partial]) mkdirSync(folder, PRIVATE);
  }

  /** Where the file with this hash lies when the hub has it. Nothing but 64 hex digits ever becomes a path. */
  pathOf(sha256: string): string {
    if (!SHA256.test(sha256)) throw new RangeError('a file is named by 64 lower-case hex digits');
    return join(this.#files, sha256.slice(0, 2), sha256);
  }

  /** Whether the file is really there: a record of it may have outlived a folder that was not restored. */
  async has(sha256: string): Promise<boolean> {
    return (await sizeOf(this.pathOf(sha256))) !== undefined;
  }

  /** A new path to write to. */
  draft(): string {
    return join(this.#drafts, randomUUID());
  }

  /**
   * Moves the file at `from` to its place and records it by `record`, with no removal of the same content in between.
   * Content that is there already is kept as it is.
   */
  keep<T>(from: string, sha256: string, record: () => Promise<T>): Promise<T> {
    return this.#alone(sha256, async () => {
      const path = this.pathOf(sha256);
      if ((await sizeOf(path)) === (await sizeOf(from))) await unlink(from);
      else await this.#place(from, path);
      // Also where it was there already: the one who put it there may have died before this.
      await sync(join(path, '..'));
      await sync(this.#files);
      return record();
    });
  }

  /** Removes the file if `mayForget` says so, with nobody putting it back in between. */
  remove(sha256: string, mayForget: () => Promise<boolean>): Promise<boolean> {
    return this.#alone(sha256, async () => {
      if (!(await mayForget())) return false;
      await rm(this.pathOf(sha256), { force: true });
      return true;
    });
  }

  /** Removes drafts that nobody wrote to since `before`: their process ended. */
  async sweepDrafts(before: number): Promise<number> {
    let removed = 0;
    for (const name of await readdir(this.#drafts)) {
      const path = join(this.#drafts, name);
      const found = await stat(path).catch(() => undefined);
      if (!found || found.mtimeMs >= before) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }

  /** Every file that was last written before `before`, some at a time. */
  async *listOlderThan(before: number): AsyncGenerator<string[]> {
    for (const shard of await readdir(this.#files)) {
      const names = (await readdir(join(this.#files, shard))).filter((name) => SHA256.test(name));
      const old: string[] = [];
      for (const name of names) {
        const found = await stat(this.pathOf(name)).catch(() => undefined);
        if (found && found.mtimeMs < before) old.push(name);
      }
      if (old.length > 0) yield old;
    }
  }

  async #place(from: string, path: string): Promise<void> {
    await mkdir(join(path, '..'), PRIVATE);
    await sync(from);
    await rename(from, path);
  }

  async #alone<T>(sha256: string, work: () => Promise<T>): Promise<T> {
    const before = this.#busy.get(sha256);
    const turn = (async () => {
      await before?.catch(() => undefined);
      return work();
    })();
    this.#busy.set(sha256, turn);
    try {
      return await turn;
    } finally {
      if (this.#busy.get(sha256) === turn) this.#busy.delete(sha256);
    }
  }
}

/** Bytes of a file; undefined when there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function sync(path: string): Promise<void> {
  await using handle: FileHandle = await open(path, 'r');
  await handle.sync();
}

/** The SHA-256 of a file's content, hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), hash);
  return hash.digest('hex');
}

/** Whether the system had no room for what was written. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && /^(ENOSPC|EDQUOT|EFBIG|SQLITE_FULL)$/.test(String(error.code))) return true;
  return isDiskFull(error.cause);
}
