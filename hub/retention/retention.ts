import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Loop } from '../../shared/runtime/loop.ts';
import type { RetentionStore, Walk, Walked } from '../store/retention.ts';

/** All in milliseconds. */
export interface RetentionPace {
  /** Between two looks for workspaces that were deleted. */
  look: number;
  /** Between two passes over everything, and before the first. */
  pass: number;
  /** Between two steps, for everybody else. */
  pause: number;
}

export interface RetentionDependencies {
  store: RetentionStore;
  /** HUB_MESSAGE_RETENTION and HUB_DELIVERY_RETENTION, milliseconds; undefined keeps for ever. */
  keep: { messages: number | undefined; deliveries: number | undefined };
  log: Logger;
  now: () => number;
  /** Milliseconds of a clock that only runs. */
  steady?: () => number;
  pace?: RetentionPace;
}

const PACE: RetentionPace = { look: 2_000, pass: 3_600_000, pause: 50 };
/** Rows of one step: removing them takes SQLite, and with it the whole process, some five milliseconds. */
const LIMIT = 100;
/** The clocks may drift apart by so much between two passes; more means that one of them was set. */
const MOST_DRIFT_MS = 60_000;

interface Removed {
  messages: number;
  deliveries: number;
  reports: number;
}

/**
 * Removes what the hub keeps no longer, a few rows at a time, and what deleted workspaces left behind. A pass begins only
 * when the clock has run steadily for an hour: one that is wrong at start-up, or was set far ahead for a moment, would make
 * everything old, and nothing brings back what was removed.
 */
export class Retention implements AsyncDisposable {
  readonly #dependencies: RetentionDependencies;
  readonly #pace: RetentionPace;
  readonly #steady: () => number;
  readonly #loop: Loop;
  #nextPass: number;
  #lead: number;

  constructor(dependencies: RetentionDependencies) {
    const { now, steady = () => performance.now(), pace = PACE, log } = dependencies;
    this.#dependencies = dependencies;
    this.#pace = pace;
    this.#steady = steady;
    this.#nextPass = steady() + pace.pass;
    this.#lead = now() - steady();
    this.#loop = new Loop({ name: 'removing what is old', log, step: (signal) => this.#step(signal) });
  }

  start(): this {
    this.#loop.start();
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#loop.stop();
  }

  async #step(signal: AbortSignal): Promise<number> {
    await this.#purge(signal);
    if (this.#steady() >= this.#nextPass) {
      this.#nextPass = this.#steady() + this.#pace.pass;
      const { now, log } = this.#dependencies;
      const lead = now() - this.#steady();
      const moved = Math.round(lead - this.#lead);
      this.#lead = lead;
      if (Math.abs(moved) <= MOST_DRIFT_MS) await this.sweep(signal);
      else
        log.warn(
          { moved_ms: moved },
          'the clock was set; nothing is removed for its age until it has run on',
        );
    }
    return this.#pace.look;
  }

  /** One pass over everything that grows old; it ends early when `signal` is aborted. */
  async sweep(signal?: AbortSignal): Promise<void> {
    const { store, keep, log, now } = this.#dependencies;
    const removed: Removed = { messages: 0, deliveries: 0, reports: 0 };
    // Deliveries first: a message stays while one of its events waits.
    if (keep.deliveries !== undefined)
      removed.deliveries = await this.#walk(store.forgetDeliveries, now() - keep.deliveries, signal);
    if (keep.messages !== undefined) {
      const before = now() - keep.messages;
      removed.messages = await this.#walk(store.forgetMessages, before, signal);
      removed.reports = await this.#forgetReports(before, signal);
    }
    if (removed.messages + removed.deliveries + removed.reports > 0)
      log.info({ rows: removed }, 'what was older than the times of retention was removed');
  }

  async #walk(
    step: (walk: Walk) => Promise<Walked>,
    before: number,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    let total = 0;
    for (let after = 0; !signal?.aborted; ) {
      const { removed, next } = await step({ before, after, limit: LIMIT });
      total += removed;
      if (next === undefined) break;
      after = next;
      await this.#rest(signal);
    }
    return total;
  }

  async #forgetReports(before: number, signal: AbortSignal | undefined): Promise<number> {
    const { store, now } = this.#dependencies;
    let total = 0;
    while (!signal?.aborted) {
      const removed = await store.forgetReports({ before, limit: LIMIT }, now());
      total += removed;
      if (removed < LIMIT) break;
      await this.#rest(signal);
    }
    return total;
  }

  async #purge(signal: AbortSignal): Promise<void> {
    const { store, log, now } = this.#dependencies;
    let rows = 0;
    let place: Awaited<ReturnType<RetentionStore['purgeDeleted']>>['next'];
    do {
      const { removed, next } = await store.purgeDeleted({ after: place, limit: LIMIT }, now());
      rows += removed;
      place = next;
      if (place !== undefined) await this.#rest(signal);
    } while (place !== undefined && !signal.aborted);
    if (rows > 0) log.info({ rows }, 'what deleted workspaces left behind was removed');
  }

  async #rest(signal: AbortSignal | undefined): Promise<void> {
    await sleep(this.#pace.pause, undefined, signal && { signal }).catch(() => undefined);
  }
}
