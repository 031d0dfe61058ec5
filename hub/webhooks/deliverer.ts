import type { Logger } from 'pino';
import { Loop } from '../../shared/runtime/loop.ts';
import { nameInLog } from '../credentials/tokens.ts';
import type { Metrics } from '../metrics.ts';
import type { ClaimedDelivery, SettledDelivery } from '../store/records.ts';
import type { DeliveryStore } from '../store/store.ts';
import { OutcomeBuffer } from './outcome-buffer.ts';
import type { EventPoster, PostResult } from './post-event.ts';
import { afterFailure } from './retry-schedule.ts';

export interface DelivererDependencies {
  store: Pick<DeliveryStore, 'claimDeliveries' | 'settleDeliveries' | 'releaseDeliveries' | 'nextDeliveryAt'>;
  poster: EventPoster;
  /** Under which deliveries are leased: one name per running hub. */
  owner: string;
  metrics: Metrics;
  log: Logger;
  now: () => number;
  random?: () => number;
}

/** POSTs at once, in all and for one workspace: an endpoint that hangs keeps only its own places busy. */
const MAX_POSTS = 256;
const MAX_POSTS_PER_WORKSPACE = 8;
/** A workspace with this many in hand gets no more, so that the next are there when a place becomes free. */
const ENOUGH_IN_HAND = 2 * MAX_POSTS_PER_WORKSPACE;
const CLAIM_LIMIT = 64;
/** Long enough for all that one claim can put in line at an endpoint that hangs. */
const LEASE_MS = 5 * 60_000;
const LONGEST_REST_MS = 30_000;
const STOP_GRACE_MS = 3_000;

interface Lane {
  posting: number;
  /** Claimed, not yet POSTed. */
  waiting: ClaimedDelivery[];
}

/** Brings webhook events to their receivers: claims what is due, POSTs, records the outcome. */
export class Deliverer implements AsyncDisposable {
  readonly #dependencies: DelivererDependencies;
  readonly #loop: Loop;
  readonly #lanes = new Map<string, Lane>();
  readonly #running = new Set<Promise<void>>();
  readonly #cut = new AbortController();
  readonly #outcomes: OutcomeBuffer;
  #posting = 0;
  #stopping = false;

  constructor(dependencies: DelivererDependencies) {
    this.#dependencies = dependencies;
    const { store, owner, now, log } = dependencies;
    this.#outcomes = new OutcomeBuffer({
      log,
      settle: async (settled) => {
        await store.settleDeliveries(owner, settled, now());
        this.#loop.wake();
      },
    });
    this.#loop = new Loop({ name: 'webhook delivery', log: dependencies.log, step: () => this.#step() });
  }

  start(): this {
    this.#loop.start();
    return this;
  }

  /** Events may have become due. */
  wake(): void {
    this.#loop.wake();
  }

  /** Claims no more, lets running POSTs finish for a moment, cuts the rest, and gives back what was not attempted. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    await this.#loop.stop();
    for (const lane of this.#lanes.values()) lane.waiting = [];
    const grace = setTimeout(() => this.#cut.abort(), STOP_GRACE_MS);
    await Promise.all(this.#running);
    clearTimeout(grace);
    await this.#outcomes.finish();
    await this.#dependencies.store.releaseDeliveries(this.#dependencies.owner);
  }

  async #step(): Promise<number> {
    const { store, owner, now } = this.#dependencies;
    const limit = Math.min(CLAIM_LIMIT, MAX_POSTS - this.#posting);
    if (limit <= 0) return LONGEST_REST_MS;
    const busy = [...this.#lanes]
      .filter(([, lane]) => lane.posting + lane.waiting.length >= ENOUGH_IN_HAND)
      .map(([id]) => id);
    const claimed = await store.claimDeliveries({ owner, lease_until: now() + LEASE_MS, limit, busy }, now());
    for (const delivery of claimed) this.#laneOf(delivery.location_id).waiting.push(delivery);
    for (const locationId of new Set(claimed.map((delivery) => delivery.location_id))) this.#pump(locationId);
    if (claimed.length === limit) return 0;
    const next = await store.nextDeliveryAt(now(), busy);
    if (next === undefined) return LONGEST_REST_MS;
    return Math.min(LONGEST_REST_MS, Math.max(1, next - now()));
  }

  #laneOf(locationId: string): Lane {
    const lane = this.#lanes.get(locationId) ?? { posting: 0, waiting: [] };
    this.#lanes.set(locationId, lane);
    return lane;
  }

  #pump(locationId: string): void {
    const lane = this.#laneOf(locationId);
    while (!this.#stopping && lane.posting < MAX_POSTS_PER_WORKSPACE) {
      const delivery = lane.waiting.shift();
      if (!delivery) break;
      lane.posting += 1;
      this.#posting += 1;
      const run = this.#deliver(delivery, lane).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
    if (lane.posting === 0) this.#lanes.delete(locationId);
  }

  #freePlace(locationId: string, lane: Lane): void {
    lane.posting -= 1;
    this.#posting -= 1;
    this.#pump(locationId);
    const justHasRoom = lane.posting + lane.waiting.length === ENOUGH_IN_HAND - 1;
    if (justHasRoom || this.#posting === MAX_POSTS - 1) this.#loop.wake();
  }

  async #deliver(delivery: ClaimedDelivery, lane: Lane): Promise<void> {
    const { poster, now, random = Math.random, metrics, log } = this.#dependencies;
    const result = await poster.post(delivery, this.#cut.signal);
    this.#freePlace(delivery.location_id, lane);
    // Cut short by the hub itself: nothing is known, so the event goes out again under the same id.
    if (this.#cut.signal.aborted && !result.succeeded) return;
    const outcome: SettledDelivery['outcome'] = result.succeeded
      ? { kind: 'delivered' }
      : afterFailure(
          {
            attempt: delivery.attempt,
            status: result.http_status,
            retryAfter: result.retryAfter,
            failingSince: delivery.failing_since ?? result.at,
          },
          now(),
          random,
        );
    metrics.deliveryAttempts.inc({ outcome: outcome.kind });
    metrics.deliverySeconds.observe(result.latency_ms / 1_000);
    this.#report(delivery, result, outcome, log);
    this.#outcomes.add(
      { id: delivery.id, attempt: attemptOf(delivery, result), outcome },
      this.#posting === 0,
    );
  }

  #report(
    delivery: ClaimedDelivery,
    result: PostResult,
    outcome: SettledDelivery['outcome'],
    log: Logger,
  ): void {
    const fields = {
      delivery_id: delivery.id,
      workspace: nameInLog(delivery.location_id),
      attempt: delivery.attempt,
      status: result.http_status,
      latency_ms: Math.round(result.latency_ms),
    };
    if (outcome.kind === 'delivered') log.debug(fields, 'webhook event delivered');
    else if (outcome.kind === 'retry')
      log.info({ ...fields, error: result.error }, 'webhook event failed; it will be retried');
    else log.warn({ ...fields, error: result.error, outcome: outcome.kind }, 'webhook event given up');
  }
}

function attemptOf(delivery: ClaimedDelivery, result: PostResult): SettledDelivery['attempt'] {
  const { at, latency_ms, http_status, error, error_message, response } = result;
  return { attempt: delivery.attempt, at, latency_ms, http_status, error, error_message, response };
}
