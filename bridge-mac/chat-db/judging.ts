import type { Logger } from 'pino';
import type { ExtraEvent } from '../../shared/extra-events.ts';
import type { BridgeStore } from '../store/open-store.ts';
import type { ChatDb } from './chat-db.ts';
import { type Judgement, judgeRow, type OwnSends, type Ready } from './judge-row.ts';
import { addressOf } from './origin.ts';
import type { MessageRow } from './rows.ts';
import { isDamage, readOr } from './salvage.ts';
import { isTellingDate } from './twins.ts';

const DAY_MS = 24 * 3_600_000;
// The clock may have been ahead when this Mac was paired, by an hour or a time zone.
const LARGEST_CLOCK_ERROR_MS = DAY_MS;
const CLOCK_SLACK_MS = 60_000;
const RECENT_ROWS = 2_000;

/** What a row lacks when SQLite finds its pages, or those of what it is joined to, damaged. */
export const DAMAGED_PAGES = 'what stands on damaged pages';

export interface JudgingDeps {
  store: BridgeStore;
  /** Rows dated before are never forwarded. Epoch milliseconds. */
  pairedAt: number;
  /** What the hub asked for beyond messages. */
  extraEvents: () => readonly ExtraEvent[];
  sends: OwnSends;
  log: Logger;
  now: () => number;
}

/** Judges rows by all that is known besides them: pairing, settings, own addresses, and what was told before. */
export class Judging {
  readonly #deps: JudgingDeps;
  #ownAddresses: Set<string> | undefined;
  #events = new Set<ExtraEvent>();

  constructor(deps: JudgingDeps) {
    this.#deps = deps;
  }

  /** Rows dated before are never told. Epoch milliseconds. */
  get floor(): number {
    const { pairedAt, store } = this.#deps;
    return Math.min(pairedAt, store.inbox.floor ?? pairedAt);
  }

  /** One of the owner's addresses, for rows that do not say which; empty while none is known. */
  get ownAddress(): string {
    return this.#ownAddresses?.values().next().value ?? '';
  }

  wants(event: ExtraEvent): boolean {
    return this.#events.has(event);
  }

  /** Before each look: what the hub asks for, what sent rows tell of the owner, and what the clock tells of pairing. */
  prepare(db: ChatDb): void {
    this.#events = new Set(this.#deps.extraEvents());
    if (this.#ownAddresses === undefined) {
      this.#ownAddresses = new Set(this.#deps.store.inbox.ownAddresses);
      const accounts = readOr(
        () => db.accountsAfter(db.maxRowId() - RECENT_ROWS),
        () => [],
      );
      for (const account of accounts) this.#noteAccount(account);
    }
    this.#checkClock();
  }

  /** Judges a row that was watched for `waited` milliseconds. One that was told before, as another row, is skipped. */
  judge(db: ChatDb, row: MessageRow, waited: number): Judgement {
    const { sends, now } = this.#deps;
    if (row.fromMe) this.#noteAccount(row.account);
    try {
      const judged = judgeRow(row, waited, {
        db,
        pairedAt: this.floor,
        wants: (event) => this.wants(event),
        sends,
        isOwnAddress: (address) => this.#ownAddresses?.has(address) ?? false,
        ownAddress: this.ownAddress,
        now: now(),
      });
      return judged.kind === 'ready' && this.#isTold(db, row, judged) ? { kind: 'skip' } : judged;
    } catch (error) {
      if (!isDamage(error)) throw error;
      return { kind: 'wait', lacks: DAMAGED_PAGES };
    }
  }

  /** Whether the journal had it before, under this guid or as a twin. */
  isKnown(row: MessageRow, { entry, twin }: Ready): boolean {
    const { store, now } = this.#deps;
    if (!isTellingDate(row, now())) return store.inbox.marksOf(entry.guid) !== undefined;
    return store.inbox.hasSeen(entry.guid, twin, row.dateEdited > 0n);
  }

  #isTold(db: ChatDb, row: MessageRow, judged: Ready): boolean {
    return this.isKnown(row, judged) || db.isReplay(row, this.#deps.now());
  }

  #noteAccount(account: string | null): void {
    const address = addressOf(account);
    if (address === undefined || this.#ownAddresses?.has(address)) return;
    this.#ownAddresses?.add(address);
    this.#deps.store.inbox.addOwnAddress(address);
  }

  /** A moment before pairing, by this Mac's own clock: that clock was ahead when pairing was noted. */
  #checkClock(): void {
    const { store, pairedAt, now, log } = this.#deps;
    if (now() >= this.floor) return;
    const floor = Math.max(now() - CLOCK_SLACK_MS, pairedAt - LARGEST_CLOCK_ERROR_MS);
    if (floor >= this.floor) return;
    store.inbox.lowerFloor(floor);
    log.warn('The clock of this Mac was set back to before it was paired: messages are told from now on.');
  }
}
