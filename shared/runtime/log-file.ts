import { once } from 'node:events';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';

export interface LogFileOptions {
  folder: string;
  name: string;
  /** A file larger than this is put aside as `<name>.1`, and so on. */
  maxMegabytes: number;
  /** How many that were put aside are kept. */
  generations: number;
  now: () => number;
}

const REOPEN_MS = 10_000;
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const CLOSE_LIMIT_MS = 2_000;

/**
 * A log file of limited size, for pino. A full disk or a folder that is gone costs lines, never the program: the file is
 * sought again after a while.
 */
export class LogFile implements AsyncDisposable {
  readonly #options: LogFileOptions;
  #stream: RotatingFileStream | undefined;
  #openedAt: number;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#openedAt = options.now();
    this.#stream = this.#open();
  }

  write(line: string): void {
    if (this.#stream === undefined) {
      const since = this.#options.now() - this.#openedAt;
      if (since >= 0 && since < REOPEN_MS) return;
      this.#openedAt = this.#options.now();
      this.#stream = this.#open();
    }
    if (this.#stream.writableLength < MAX_WAITING_BYTES) this.#stream.write(line);
  }

  /** Writes out what waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined) return;
    stream.end();
    await once(stream, 'finish', { signal: AbortSignal.timeout(CLOSE_LIMIT_MS) }).catch(() => {});
  }

  #open(): RotatingFileStream {
    const { folder, name, maxMegabytes, generations } = this.#options;
    const stream = createStream(name, {
      path: folder,
      size: `${maxMegabytes}M`,
      rotate: generations,
      mode: 0o600,
    });
    stream.on('error', () => {
      stream.destroy();
      if (this.#stream === stream) this.#stream = undefined;
    });
    return stream;
  }
}
