import type { Logger } from 'pino';
import { Loop } from '../../shared/runtime/loop.ts';
import type { Finding } from '../../shared/wire/health.ts';
import { ChatDb } from './chat-db.ts';
import { ChatDbUnreadableError, explainUnreadable, READABLE } from './unreadable.ts';
import { FileHints } from './watch-files.ts';

// After a hint the commit becomes readable within milliseconds, or never did happen.
const RECHECKS_MS = [1, 2, 4, 8, 16, 32, 64];
const POLL_MS = 250;
const UNREADABLE_REST_MS = 2_000;
const REPEAT_WARNING_MS = 10 * 60_000;

export interface ReaderOptions {
  path: string;
  /** The binary that Full Disk Access is granted to. */
  nodePath: string;
  /** Called after every commit of Messages, and once for each newly opened database. A throw brings it again. */
  onChange: (db: ChatDb) => void;
  onFinding: (finding: Finding) => void;
  log: Logger;
  now: () => number;
}

/**
 * Keeps chat.db open and calls `onChange` whenever another process has committed to it: told by a poll of
 * `PRAGMA data_version`, hastened by file events. A database that cannot be read is tried again for ever; one that was
 * put in the place of another is opened in its stead.
 */
export class ChatDbReader implements AsyncDisposable {
  readonly #options: ReaderOptions;
  readonly #hints: FileHints;
  readonly #loop: Loop;
  #db: ChatDb | undefined;
  #seenVersion: bigint | undefined;
  #recheck = RECHECKS_MS.length;
  #finding: Finding | undefined;
  #warnedAt = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#hints = new FileHints(options.path, () => this.#hint());
    this.#loop = new Loop({
      name: 'reading chat.db',
      log: options.log,
      step: async () => this.#step(),
      backoff: { base: 100, max: 2_000 },
    });
  }

  start(): this {
    this.#loop.start();
    return this;
  }

  /** The open database; undefined while it cannot be read. */
  get current(): ChatDb | undefined {
    return this.#db;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop.stop();
    await this.#hints[Symbol.asyncDispose]();
    this.#close();
  }

  #hint(): void {
    this.#recheck = 0;
    this.#loop.wake();
  }

  #step(): number {
    try {
      const db = this.#openCurrent();
      const version = db.dataVersion();
      if (version !== this.#seenVersion) {
        this.#options.onChange(db);
        this.#seenVersion = version;
        // A message comes in several commits: the next may have been made meanwhile.
        return 0;
      }
      this.#hints.rearm();
    } catch (error) {
      this.#close();
      if (!(error instanceof ChatDbUnreadableError)) throw error;
      this.#report(error.finding);
      return UNREADABLE_REST_MS;
    }
    return this.#nextRest();
  }

  #openCurrent(): ChatDb {
    if (this.#db !== undefined && !this.#db.isCurrent()) this.#close();
    if (this.#db === undefined) {
      const { path, nodePath } = this.#options;
      const opened = ChatDb.open(path, nodePath);
      try {
        opened.dataVersion();
      } catch (error) {
        opened[Symbol.dispose]();
        throw explainUnreadable(path, error, nodePath);
      }
      this.#db = opened;
      this.#report(READABLE);
    }
    return this.#db;
  }

  #nextRest(): number {
    const rest = RECHECKS_MS[this.#recheck];
    this.#recheck += 1;
    return rest ?? POLL_MS;
  }

  #close(): void {
    this.#db?.[Symbol.dispose]();
    this.#db = undefined;
    this.#seenVersion = undefined;
  }

  #report(finding: Finding): void {
    const { log, onFinding, now } = this.#options;
    const isNews = this.#finding?.message !== finding.message;
    if (isNews || (!finding.ok && now() - this.#warnedAt > REPEAT_WARNING_MS)) {
      this.#warnedAt = now();
      if (finding.ok) log.info(finding.message);
      else log.warn({ remedy: finding.remedy }, `${finding.message} ${finding.remedy ?? ''}`.trim());
    }
    this.#finding = finding;
    if (isNews) onFinding(finding);
  }
}
