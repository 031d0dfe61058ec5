import type { Logger } from 'pino';
import { Loop } from '../../shared/runtime/loop.ts';
import type { FileStore } from '../store/files.ts';
import type { MediaFolder } from './media-folder.ts';
import type { Uploads } from './uploads.ts';

export interface SweeperDependencies {
  store: Pick<FileStore, 'listUnneededFiles' | 'forgetFile' | 'listUnknownFiles'>;
  folder: MediaFolder;
  uploads: Uploads;
  /** HUB_MEDIA_RETENTION, milliseconds. */
  retention: number;
  log: Logger;
  now: () => number;
}

const HOUR_MS = 3_600_000;
/** Uploads that nobody went on with, and files that a crash left without a record. */
const LEFT_OVER_MS = 24 * HOUR_MS;
const BATCH = 50;

/** Removes files that no message needs any more, in small batches, and what uploads and crashes left behind. */
export class Sweeper implements AsyncDisposable {
  readonly #dependencies: SweeperDependencies;
  readonly #loop: Loop;

  constructor(dependencies: SweeperDependencies) {
    this.#dependencies = dependencies;
    this.#loop = new Loop({
      name: 'removing old files',
      log: dependencies.log,
      step: async (signal) => {
        await this.sweep(signal);
        return HOUR_MS;
      },
    });
  }

  start(): this {
    this.#loop.start();
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#loop.stop();
  }

  /** One pass over everything; it ends early when `signal` is aborted. */
  async sweep(signal?: AbortSignal): Promise<void> {
    const { folder, uploads, log, now } = this.#dependencies;
    const forgotten = await this.#removeUnneeded(signal);
    const unknown = await this.#removeUnknown(signal);
    const before = now() - LEFT_OVER_MS;
    const unfinished = (await uploads.sweep(before)) + (await folder.sweepDrafts(before));
    if (forgotten + unknown + unfinished > 0)
      log.info({ forgotten, unknown, unfinished }, 'files that nothing needs were removed');
  }

  async #removeUnneeded(signal: AbortSignal | undefined): Promise<number> {
    const { store, folder, retention, now } = this.#dependencies;
    // What a device has just handed over is named by its journal only later.
    const before = now() - Math.max(retention, LEFT_OVER_MS);
    let removed = 0;
    while (!signal?.aborted) {
      const unneeded = await store.listUnneededFiles({ before, limit: BATCH }, now());
      for (const sha256 of unneeded)
        if (await folder.remove(sha256, () => store.forgetFile(sha256, before, now()))) removed += 1;
      if (unneeded.length < BATCH) break;
    }
    return removed;
  }

  // By the clock of the file system, which the hub's own may differ from in tests and after a jump.
  async #removeUnknown(signal: AbortSignal | undefined): Promise<number> {
    const { store, folder, now } = this.#dependencies;
    let removed = 0;
    for await (const old of folder.listOlderThan(now() - LEFT_OVER_MS)) {
      for (const sha256 of await store.listUnknownFiles(old))
        if (await folder.remove(sha256, async () => (await store.listUnknownFiles([sha256])).length > 0))
          removed += 1;
      if (signal?.aborted) break;
    }
    return removed;
  }
}
