import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Agent } from 'undici';
import { delayBefore } from '../../shared/runtime/backoff.ts';
import { Loop } from '../../shared/runtime/loop.ts';
import { nameInLog } from '../credentials/tokens.ts';
import type { MayConnect } from '../guard/address-guard.ts';
import { createGuardedAgent } from '../guard/guarded-agent.ts';
import type { Metrics } from '../metrics.ts';
import type { ClaimedFetch, FetchOutcome, FetchPlaces, FileStore } from '../store/files.ts';
import { FetchError, fetchFile } from './fetch-file.ts';
import { isDiskFull, type MediaFolder } from './media-folder.ts';
import { nameFile } from './names.ts';
import { sniffType } from './types.ts';

/** Milliseconds. */
export interface FetchTimeouts {
  connect: number;
  /** Until the answer begins, and between two pieces of it. */
  idle: number;
  whole: number;
}

export interface FetcherDependencies {
  store: Pick<FileStore, 'claimFetches' | 'settleFetch' | 'releaseFetches'>;
  folder: MediaFolder;
  mayConnect: MayConnect;
  owner: string;
  metrics: Metrics;
  log: Logger;
  now: () => number;
  random: () => number;
  /** Called when a message has all its files and may be routed. */
  onReady: () => void;
  /** Called when messages failed, so that their webhook events are due. */
  onDeliveriesDue: () => void;
  timeouts?: FetchTimeouts;
}

const TIMEOUTS: FetchTimeouts = { connect: 10_000, idle: 30_000, whole: 300_000 };
const PLACES: FetchPlaces = { total: 128, per_workspace: 16, per_host: 4 };
const TRIES = 3;
const BACKOFF = { base: 3_000, max: 60_000 };
/** The longest that a server's Retry-After is followed. */
const MAX_RETRY_AFTER_MS = 600_000;
/** A full disk, or one that fails, is no fault of the file: it is fetched again when there may be room. */
const DISK_RETRY_MS = 30_000;
/** A lease outlives a fetch and what is done with its file. */
const LEASE_MARGIN_MS = 60_000;
const SWEEP_MS = 5_000;

/** Brings the files of outgoing messages to the hub, each message's before it is routed. */
export class Fetcher implements AsyncDisposable {
  readonly #dependencies: FetcherDependencies;
  readonly #timeouts: FetchTimeouts;
  readonly #agent: Agent;
  readonly #loop: Loop;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** When the next retry that was put off comes due; what this process does not know of, the sweep finds. */
  #nextRetryAt = Number.POSITIVE_INFINITY;

  constructor(dependencies: FetcherDependencies) {
    this.#dependencies = dependencies;
    this.#timeouts = dependencies.timeouts ?? TIMEOUTS;
    const { connect, idle } = this.#timeouts;
    this.#agent = createGuardedAgent(dependencies.mayConnect, { connect, answer: idle });
    this.#loop = new Loop({ name: 'fetching attachments', log: dependencies.log, step: () => this.#step() });
  }

  start(): this {
    this.#loop.start();
    return this;
  }

  /** Messages with attachments were accepted. */
  wake(): void {
    this.#loop.wake();
  }

  /** Ends running fetches; they begin anew when the hub starts again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('the hub is stopping'));
    await this.#loop.stop();
    await Promise.all(this.#running);
    await this.#agent.destroy();
    const { store, owner, log } = this.#dependencies;
    await store
      .releaseFetches(owner)
      .catch((error: unknown) =>
        log.warn({ err: error }, 'fetches could not be given back; their lease will end'),
      );
  }

  async #step(): Promise<number> {
    const { store, owner, now } = this.#dependencies;
    if (this.#nextRetryAt <= now()) this.#nextRetryAt = Number.POSITIVE_INFINITY;
    const lease_until = now() + this.#timeouts.whole + LEASE_MARGIN_MS;
    const claimed = await store.claimFetches({ owner, lease_until, places: PLACES }, now());
    for (const fetch of claimed) {
      const work = this.#bring(fetch).finally(() => {
        this.#running.delete(work);
        this.#loop.wake();
      });
      this.#running.add(work);
    }
    return Math.max(1, Math.min(SWEEP_MS, this.#nextRetryAt - now()));
  }

  async #bring(fetch: ClaimedFetch): Promise<void> {
    const { log, metrics } = this.#dependencies;
    try {
      const outcome = await this.#fetch(fetch);
      if (outcome !== undefined) metrics.fetches.inc({ outcome });
    } catch (error) {
      // Its lease stays, and what became of it is found out when that ends.
      log.warn({ id: fetch.id, n: fetch.n, err: error }, 'the outcome of a fetch could not be recorded');
    }
  }

  /** Answers the outcome that was recorded; nothing when the hub is stopping. */
  async #fetch(fetch: ClaimedFetch): Promise<FetchOutcome['kind'] | undefined> {
    const { folder } = this.#dependencies;
    const whole = new AbortController();
    const stop = (): void => whole.abort(this.#stopping.signal.reason);
    const timer = setTimeout(
      () => whole.abort(new FetchError('it was not sent whole in time.', { retryable: true })),
      this.#timeouts.whole,
    );
    this.#stopping.signal.addEventListener('abort', stop, { once: true });
    const draft = folder.draft();
    const target = { path: draft, leaveRoom: folder.leaveRoom };
    try {
      const { name, declaredType, ...content } = await fetchFile(
        this.#agent,
        fetch.url,
        target,
        whole.signal,
      );
      const mime_type = await sniffType(draft, declaredType);
      const file = { ...content, name: nameFile(name, mime_type), mime_type };
      await folder.keep(draft, file.sha256, () => this.#settle(fetch, { kind: 'stored', file }));
      return 'stored';
    } catch (error) {
      if (this.#stopping.signal.aborted) return undefined;
      const outcome = this.#judge(fetch, error);
      await this.#settle(fetch, outcome);
      return outcome.kind;
    } finally {
      clearTimeout(timer);
      this.#stopping.signal.removeEventListener('abort', stop);
      // Still there when it could not be moved to its place: on a full disk it would take the room it waits for.
      await rm(draft, { force: true });
    }
  }

  #judge(fetch: ClaimedFetch, error: unknown): FetchOutcome {
    const { log, now, random } = this.#dependencies;
    if (!(error instanceof FetchError)) {
      const reason = isDiskFull(error) ? 'the hub has no room for it.' : 'the hub could not store it.';
      log.error({ id: fetch.id, n: fetch.n, err: error }, `an attachment waits: ${reason}`);
      // Spread out: files that together find no room may find it one by one.
      const rest = Math.round(DISK_RETRY_MS * (0.5 + random() / 2));
      return { kind: 'retry', at: now() + rest, counts: false, reason };
    }
    const { message: reason, retryable, retryAfter } = error;
    log.info(
      { id: fetch.id, n: fetch.n, attempt: fetch.attempt, workspace: nameInLog(fetch.location_id) },
      `an attachment was not fetched: ${reason}`,
    );
    if (!retryable || fetch.attempt >= TRIES) return { kind: 'unavailable', reason };
    const delay = delayBefore(fetch.attempt, BACKOFF, random);
    const asked = Math.min(readRetryAfter(retryAfter, now()), MAX_RETRY_AFTER_MS);
    return { kind: 'retry', at: now() + Math.max(delay, asked), counts: true, reason };
  }

  async #settle(fetch: ClaimedFetch, outcome: FetchOutcome): Promise<void> {
    const { store, owner, now, onReady, onDeliveriesDue } = this.#dependencies;
    const result = await store.settleFetch(owner, fetch, outcome, now());
    if (outcome.kind === 'retry') this.#nextRetryAt = Math.min(this.#nextRetryAt, outcome.at);
    if (result === 'failed') onDeliveriesDue();
    // A message that failed lets those behind it go on.
    if (result === 'ready' || result === 'failed') onReady();
  }
}

/** Retry-After as milliseconds from now; 0 when it says nothing. */
function readRetryAfter(value: string | undefined, now: number): number {
  if (value === undefined) return 0;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}
