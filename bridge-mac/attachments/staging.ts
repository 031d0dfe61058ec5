import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { delayBefore } from '../../shared/runtime/backoff.ts';
import { Loop } from '../../shared/runtime/loop.ts';
import type { WireFile } from '../../shared/wire/files.ts';
import type { Finding } from '../../shared/wire/health.ts';
import type { BridgeStore } from '../store/open-store.ts';
import type { StoredSend } from '../store/stored-send.ts';
import { safeFileName } from './staged-name.ts';
import {
  FileGoneError,
  type FileSource,
  fetchedSize,
  fetchFile,
  WrongContentError,
} from './staging-fetch.ts';

const AT_ONCE = 3;
const MAX_WRONG = 3;
const RETRY = { base: 1_000, max: 60_000 };
const IDLE_MS = 60_000;
// Messages may still look at a file when its row is final.
const KEEP_FINAL_MS = 60_000;
const FOLDER = /^[0-9a-f]{32}$/;

export interface StagingDeps {
  /** Where Messages' sandbox can read. */
  folder: string;
  source: FileSource;
  store: BridgeStore;
  /** A file is there: its send can go on. */
  onStaged: () => void;
  /** A file cannot be had any more; `detail` is a sentence without a subject. */
  onUnavailable: (send: StoredSend, detail: string) => void;
  onFinding: (finding: Finding) => void;
  log: Logger;
  now: () => number;
}

interface Trouble {
  /** Tries since one brought any bytes. */
  failures: number;
  reached: number;
  wrong: number;
  notBefore: number;
}

/**
 * Lays outgoing files where Messages can read them, each in a folder of its own under its real name, and removes them
 * when their row is final. Each file is fetched until it is there or its send has expired.
 */
export class Staging implements AsyncDisposable {
  readonly #deps: StagingDeps;
  readonly #loop: Loop;
  readonly #running = new Map<number, Promise<void>>();
  readonly #troubles = new Map<number, Trouble>();
  readonly #stopping = new AbortController();
  #hasDiskTrouble = false;

  constructor(deps: StagingDeps) {
    this.#deps = deps;
    this.#loop = new Loop({ name: 'staging files', log: deps.log, step: () => this.#step() });
  }

  start(): this {
    this.#loop.start();
    return this;
  }

  wake(): void {
    this.#loop.wake();
  }

  /** What could not be fetched is tried again now: the hub is back. */
  retryNow(): void {
    for (const trouble of this.#troubles.values()) trouble.notBefore = 0;
    this.wake();
  }

  /** Where the file of a part lies, or will. */
  pathOf(send: Pick<StoredSend, 'id' | 'part'>, file: WireFile): string {
    return join(this.#deps.folder, folderOf(send), safeFileName(file.name));
  }

  /** Whether the file of a part is there, whole. */
  isStaged(send: StoredSend): boolean {
    const file = fileOf(send);
    const found = statSync(this.pathOf(send, file), { throwIfNoEntry: false });
    return found?.isFile() === true && found.size === file.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#loop.stop();
    await Promise.all(this.#running.values());
  }

  async #step(): Promise<number> {
    const { store, now, log } = this.#deps;
    // What cannot be tidied up now is tidied up later; sending does not depend on it.
    await this.#sweep().catch((error: unknown) =>
      log.debug({ err: error }, 'staged files could not be removed'),
    );
    const unstaged = store.sends.unstaged();
    const waiting = unstaged.filter(({ position }) => !this.#running.has(position));
    for (const send of waiting) {
      const { notBefore = 0 } = this.#troubles.get(send.position) ?? {};
      // Further away than any rest: the clock was set back.
      const isDue = notBefore <= now() || notBefore > now() + 2 * RETRY.max;
      if (this.#running.size < AT_ONCE && isDue) this.#fetch(send);
    }
    const open = new Set(unstaged.map((send) => send.position));
    for (const position of this.#troubles.keys()) if (!open.has(position)) this.#troubles.delete(position);
    const moments = [...this.#troubles.values()].map(({ notBefore }) => notBefore).filter((at) => at > now());
    return Math.min(IDLE_MS, ...moments.map((at) => at - now()));
  }

  #fetch(send: StoredSend): void {
    const { store, source, log } = this.#deps;
    const file = fileOf(send);
    const done = fetchFile(file, this.pathOf(send, file), source, this.#stopping.signal)
      .then(() => {
        store.sends.setStaged(send.position, true);
        log.debug({ id: send.id, part: send.part, bytes: file.size }, 'file staged');
        this.#troubles.delete(send.position);
        this.#reportDisk(undefined);
        this.#deps.onStaged();
      })
      .catch((error: unknown) => this.#note(send, error))
      .catch((error: unknown) => log.error({ id: send.id, err: error }, 'a file could not be judged'))
      .finally(() => {
        this.#running.delete(send.position);
        this.wake();
      });
    this.#running.set(send.position, done);
  }

  #note(send: StoredSend, error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const { store, now, log, onUnavailable } = this.#deps;
    const known = this.#troubles.get(send.position) ?? { failures: 0, reached: 0, wrong: 0, notBefore: 0 };
    const wrong = known.wrong + (error instanceof WrongContentError ? 1 : 0);
    const reached = fetchedSize(this.pathOf(send, fileOf(send)));
    const failures = reached > known.reached ? 1 : known.failures + 1;
    const retryIn = delayBefore(failures, RETRY);
    this.#troubles.set(send.position, { failures, reached, wrong, notBefore: now() + retryIn });
    const detail = describe(error);
    log.warn(
      { id: send.id, part: send.part, retry_in_ms: retryIn },
      `a file to send could not be fetched: ${detail}`,
    );
    this.#reportDisk(error);
    if (error instanceof FileGoneError || wrong >= MAX_WRONG) onUnavailable(send, detail);
    else store.sends.noteTrouble(send.position, detail, 'attachment_unavailable');
  }

  #reportDisk(error: unknown): void {
    const { syscall, code } = (error ?? {}) as { syscall?: unknown; code?: unknown };
    const isDisk = typeof syscall === 'string' && LOCAL_TROUBLE.has(String(code));
    if (isDisk === this.#hasDiskTrouble) return;
    if (!isDisk && error !== undefined) return;
    this.#hasDiskTrouble = isDisk;
    const check = 'staging_files';
    if (!isDisk) {
      this.#deps.onFinding({ check, ok: true, message: 'Files to send can be written.' });
      return;
    }
    const message = `Files to send cannot be written to ${this.#deps.folder} (${String(code)}).`;
    const remedy = 'Make room on the disk, and see that the bridge has Full Disk Access.';
    this.#deps.onFinding({ check, ok: false, message: message.slice(0, 500), remedy });
  }

  /** Removes the folders of files that Messages needs no more, and of sends that are gone. */
  async #sweep(): Promise<void> {
    const { folder, store, now } = this.#deps;
    if (!existsSync(folder)) return;
    const used = store.sends.withFilesInUse({ finalSince: now() - KEEP_FINAL_MS });
    const kept = new Set(used.map(folderOf));
    const names = await readdir(folder);
    for (const name of names) {
      // Whatever else lies there is not ours.
      if (FOLDER.test(name) && !kept.has(name)) {
        await rm(join(folder, name), { recursive: true, force: true });
      }
    }
  }
}

const LOCAL_TROUBLE = new Set([
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EACCES',
  'EPERM',
  'EIO',
  'ENOTDIR',
  'EEXIST',
  'EMFILE',
]);

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown trouble';
  const { code } = (error.cause ?? error) as { code?: unknown };
  // A system error's own words hold the file's name, which is the client's.
  if (typeof code === 'string') return `the file could not be fetched (${code})`;
  return error.message;
}

function folderOf({ id, part }: Pick<StoredSend, 'id' | 'part'>): string {
  return createHash('sha256').update(`${id}\0${part}`).digest('hex').slice(0, 32);
}

function fileOf(send: StoredSend): WireFile {
  return JSON.parse(send.file ?? '') as WireFile;
}
