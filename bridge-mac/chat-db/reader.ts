import type { Logger } from 'pino';
import { Loop } from '../../shared/runtime/loop.ts';
import type { Finding } from '../../shared/wire/health.ts';
import { ChatDb } from './chat-db.ts';
import { isDamage } from './salvage.ts';
import { ChatDbUnreadableError, explainUnreadable, READABLE } from './unreadable.ts';
import { FileHints } from './watch-files.ts';

// After a hint the commit becomes readable within milliseconds, or never did happen.
const RECHECKS_MS = [1, 2, 4, 8, 16, 32, 64];
const POLL_MS = 250;
const UNREADABLE_REST_MS = 2_000;
// Damage that goes away at once was a database in the middle of being replaced, or rows that could be stepped over.
const DAMAGED_LOOKS = 5;
const REPEAT_WARNING_MS = 10 * 60_000;

export interface ReaderOptions {
  path: string;
  /** The binary that Full Disk Access is granted to. */
  nodePath: string;
  /**
   * Called after every commit of Messages, when it is due, and once for each newly opened database. A throw brings it
   * again, and so does `more`: after others had their turn.
   */
  onChange: (db: ChatDb) => { more: boolean };
  /** Whether to look although nothing changed. Asked several times a second. */
  isDue: () => boolean;
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
  #damagedLooks = 0;
  #hasFailed = false;

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

  /** Looks again although nothing changed in chat.db. */
  look(): void {
    this.#seenVersion = undefined;
    this.#loop.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop.stop();
    await this.#hints[Symbol.asyncDispose]();
    this.#close();
  }

  #hint(): void {
    // Opening it again is an event too: hastened by that, a look that fails would be repeated without any rest.
    if (this.#hasFailed) return;
    this.#recheck = 0;
    this.#loop.wake();
  }

  #step(): number {
    this.#hasFailed = false;
    try {
      const db = this.#openCurrent();
      const version = db.dataVersion();
      if (version !== this.#seenVersion || this.#options.isDue()) return this.#look(db, version);
      this.#hints.rearm();
    } catch (error) {
      this.#hasFailed = true;
      this.#close();
      return this.#restAfter(error);
    }
    return this.#nextRest();
  }

  #restAfter(error: unknown): number {
    const { path, nodePath } = this.#options;
    if (isDamage(error)) {
      this.#damagedLooks += 1;
      if (this.#damagedLooks < DAMAGED_LOOKS) return POLL_MS;
    }
    const explained = isDamage(error) ? explainUnreadable(path, error, nodePath) : error;
    if (!(explained instanceof ChatDbUnreadableError)) throw error;
    this.#report(explained.finding);
    return UNREADABLE_REST_MS;
  }

  #look(db: ChatDb, version: bigint): number {
    if (db.hasOtherSchema()) {
      this.#close();
      return 0;
    }
    // Before: what is asked for while it looks is another look.
    this.#seenVersion = version;
    try {
      const { more } = this.#options.onChange(db);
      this.#damagedLooks = 0;
      this.#report(READABLE);
      if (!more) return 0;
    } catch (error) {
      this.#seenVersion = undefined;
      throw error;
    }
    this.#seenVersion = undefined;
    // Others have their turn before the next part of a long history.
    return 1;
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
