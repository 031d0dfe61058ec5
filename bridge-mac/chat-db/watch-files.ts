import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

/**
 * Hints that Messages may have written. An event on the WAL comes before its commit is readable, and may not come at
 * all; so a hint only hastens a look, and nothing depends on it.
 *
 * Watched are the WAL, whose in-place writes FSEvents does not report, and its directory. Never chat.db or its -shm:
 * closing a descriptor on those outside SQLite drops SQLite's own locks in this process.
 */
export class FileHints implements AsyncDisposable {
  readonly #directory: string;
  readonly #wal: string;
  readonly #onHint: () => void;
  #watcher: FSWatcher | undefined;
  #watched: bigint | undefined;

  constructor(databasePath: string, onHint: () => void) {
    this.#directory = dirname(databasePath);
    this.#wal = `${databasePath}-wal`;
    this.#onHint = onHint;
  }

  /** Watches the WAL that is there now; a watch is bound to the file, so it ends with a WAL that is replaced. */
  rearm(): void {
    const present = inodeOf(this.#wal);
    if (this.#watcher !== undefined && present === this.#watched) return;
    void this.#watcher?.close();
    this.#watched = present;
    this.#watcher = watch(this.#directory, {
      depth: 0,
      ignoreInitial: true,
      ignored: (path) => path !== this.#directory && path !== this.#wal,
    });
    // chokidar drops change events that follow within 50 ms; its raw events are all there.
    this.#watcher.on('raw', this.#onHint);
    // Without events the poll still sees everything, a quarter of a second later.
    this.#watcher.on('error', () => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watcher?.close();
    this.#watcher = undefined;
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
