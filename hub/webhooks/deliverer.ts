import type { Logger } from 'pino';
import { Loop } from '../../shared/runtime/loop.ts';
import type { Metrics } from '../metrics.ts';
import type { ClaimedDelivery, SettledDelivery } from '../store/records.ts';
import type { DeliveryStore } from '../store/store.ts';
import { OutcomeBuffer } from './outcome-buffer.ts';
import { type Leave, Places } from './places.ts';
import { type EventPoster, type PostResult, Stop } from './post-event.ts';
import { reportChanges } from './report-changes.ts';
import { reportOutcome } from './report-outcome.ts';
import { afterFailure } from './retry-schedule.ts';

export interface DelivererDependencies {
  store: Pick<
    DeliveryStore,
    'claimDeliveries' | 'settleDeliveries' | 'releaseDeliveries' | 'freeStrayDeliveries' | 'nextDeliveryAt'
  >;
  poster: EventPoster;
  /** Under which deliveries are leased: one name per running hub. */
  owner: string;
  /** The time since which the owner holds what it leased; undefined while it may not begin anything. */
  term: () => number | undefined;
  metrics: Metrics;
  log: Logger;
  now: () => number;
  random?: () => number;
}

/** A workspace with so many times its places in hand gets no more: the next are there when a place becomes free. */
const IN_HAND = 2;
/** One claim puts no more in line for a workspace than so many times its places. */
const IN_LINE = 8;
const CLAIM_LIMIT = 256;
/** Long enough for all that one claim can put in line at an endpoint that hangs. */
const LEASE_MS = 5 * 60_000;
const SHORT_REST_MS = 20;
const LONGEST_REST_MS = 30_000;
const STOP_GRACE_MS = 3_000;
/** So often it looks for events that are leased to it and that it does not have. */
const STRAY_MS = 30_000;

interface Claim {
  delivery: ClaimedDelivery;
  until: number;
  /** In which it was leased: in a later one it belongs to another hub. */
  term: number;
}

interface Lane {
  posting: number;
  /** Claimed, not yet POSTed; whose lease is over when its turn comes belongs to whoever claims it next. */
  waiting: Claim[];
}

/** Brings webhook events to their receivers: claims what is due, POSTs, records the outcome. */
export class Deliverer implements AsyncDisposable {
  readonly #dependencies: DelivererDependencies;
  readonly #loop: Loop;
  readonly #lanes = new Map<string, Lane>();
  readonly #running = new Set<Promise<void>>();
  /** Ids of what is being POSTed. */
  readonly #underWay = new Set<string>();
  readonly #cut = new Stop();
  readonly #outcomes: OutcomeBuffer;
  readonly #places: Places;
  /** Workspaces whose next event finds no place for now. */
  readonly #stalled = new Set<string>();
  /** Ends of leases that no other claim of this hub has, of claims that failed. */
  readonly #doubtful = new Set<number>();
  #latestLease = 0;
  #lookedForStray = Number.NEGATIVE_INFINITY;
  #posting = 0;
  #stopping = false;

  constructor(dependencies: DelivererDependencies) {
    this.#dependencies = dependencies;
    const { store, owner, now, log } = dependencies;
    this.#places = new Places({
      onFree: () => {
        this.#resume();
        this.#loop.wake();
      },
    });
    this.#outcomes = new OutcomeBuffer({
      log,
      settle: async (settled) => {
        reportChanges(await store.settleDeliveries(owner, settled, now()), dependencies);
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
    const grace = setTimeout(() => this.#cut.stop(), STOP_GRACE_MS);
    await Promise.all(this.#running);
    clearTimeout(grace);
    await this.#outcomes.finish();
    await this.#dependencies.store.releaseDeliveries(this.#dependencies.owner);
  }

  async #step(): Promise<number> {
    const { store, now } = this.#dependencies;
    const term = this.#dependencies.term();
    if (term === undefined) return LONGEST_REST_MS;
    this.#resume();
    await this.#freeStray();
    const limit = Math.min(CLAIM_LIMIT, this.#places.free);
    if (limit <= 0) return LONGEST_REST_MS;
    const lease_until = this.#nextLease();
    const claimed = await this.#claim(lease_until, limit);
    for (const delivery of claimed) {
      // Its lease ended before its POST did, the clock having leapt ahead: it is this hub's again, and under way.
      if (this.#underWay.has(delivery.id)) continue;
      if (delivery.failing_since !== null) this.#places.noteFailing(delivery.location_id);
      this.#laneOf(delivery.location_id).waiting.push({ delivery, until: lease_until, term });
    }
    for (const locationId of new Set(claimed.map((delivery) => delivery.location_id))) this.#pump(locationId);
    if (claimed.length === limit) return 0;
    // Under load the next outcomes end this rest, and asking when something comes due costs as much as a claim.
    if (claimed.length > 0) return SHORT_REST_MS;
    const next = await store.nextDeliveryAt(now(), this.#listBusy());
    if (next === undefined) return LONGEST_REST_MS;
    return Math.min(LONGEST_REST_MS, Math.max(1, next - now()));
  }

  /**
   * A claim whose answer is lost, the database having gone down at the commit, may have been made: nobody would attempt
   * what it took until its lease is over. So that is given back before the next claim.
   */
  async #claim(lease_until: number, limit: number): Promise<ClaimedDelivery[]> {
    const { store, owner, now } = this.#dependencies;
    for (const until of [...this.#doubtful]) {
      await store.releaseDeliveries(owner, until);
      this.#doubtful.delete(until);
    }
    const mostFor = (locationId: string): number => IN_LINE * this.#places.limitOf(locationId);
    try {
      const busy = this.#listBusy();
      return await store.claimDeliveries({ owner, lease_until, limit, busy, mostFor }, now());
    } catch (error) {
      this.#doubtful.add(lease_until);
      throw error;
    }
  }

  /**
   * Outcomes are on disk a moment after they are recorded: a crash of the database undoes the last ones, and what they
   * were about would go out again only when its lease is over. No claim is under way meanwhile.
   */
  async #freeStray(): Promise<void> {
    const { store, owner, log, now } = this.#dependencies;
    if (Math.abs(now() - this.#lookedForStray) < STRAY_MS) return;
    const waiting = [...this.#lanes.values()].flatMap((lane) =>
      lane.waiting.map(({ delivery }) => delivery.id),
    );
    const freed = await store.freeStrayDeliveries(owner, [
      ...this.#underWay,
      ...waiting,
      ...this.#outcomes.open,
    ]);
    this.#lookedForStray = now();
    if (freed > 0)
      log.warn({ events: freed }, 'webhook events go out again: the database lost their outcomes');
  }

  /** Different for each claim, so that it names the claim too. A clock that was set back begins anew. */
  #nextLease(): number {
    const until = this.#dependencies.now() + LEASE_MS;
    const isTaken = until <= this.#latestLease && this.#latestLease - until < LEASE_MS;
    this.#latestLease = isTaken ? this.#latestLease + 1 : until;
    return this.#latestLease;
  }

  #laneOf(locationId: string): Lane {
    const lane = this.#lanes.get(locationId) ?? { posting: 0, waiting: [] };
    this.#lanes.set(locationId, lane);
    return lane;
  }

  #pump(locationId: string): void {
    const lane = this.#laneOf(locationId);
    const term = this.#dependencies.term();
    this.#stalled.delete(locationId);
    while (!this.#stopping) {
      while (lane.waiting[0] && this.#isLost(lane.waiting[0], term)) lane.waiting.shift();
      if (lane.waiting.length === 0 || lane.posting >= this.#places.limitOf(locationId)) break;
      const leave = term === undefined ? undefined : this.#places.take(locationId);
      if (!leave) {
        this.#stalled.add(locationId);
        break;
      }
      const next = lane.waiting.shift();
      if (next) this.#begin(next.delivery, lane, leave);
    }
    if (lane.posting === 0 && lane.waiting.length === 0) this.#lanes.delete(locationId);
  }

  #isLost(claim: Claim, term: number | undefined): boolean {
    return claim.until <= this.#dependencies.now() || (term !== undefined && claim.term !== term);
  }

  #begin(delivery: ClaimedDelivery, lane: Lane, leave: Leave): void {
    lane.posting += 1;
    this.#posting += 1;
    this.#underWay.add(delivery.id);
    const run = this.#deliver(delivery, lane, leave).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  #listBusy(): string[] {
    return [...this.#lanes].filter(([id, lane]) => this.#hasEnough(id, lane)).map(([id]) => id);
  }

  #hasEnough(locationId: string, { posting, waiting }: Lane): boolean {
    return posting + waiting.length >= IN_HAND * this.#places.limitOf(locationId);
  }

  #freePlace(locationId: string, lane: Lane): void {
    lane.posting -= 1;
    this.#posting -= 1;
    this.#pump(locationId);
    this.#resume();
  }

  /** Places became free for those who found none. Claims are for later: the outcome of what left its place wakes them. */
  #resume(): void {
    for (const locationId of [...this.#stalled]) {
      if (this.#places.free <= 0) return;
      this.#pump(locationId);
    }
  }

  async #deliver(delivery: ClaimedDelivery, lane: Lane, leave: Leave): Promise<void> {
    const { poster, now, random = Math.random, metrics, log } = this.#dependencies;
    const result = await poster.post(delivery, this.#cut);
    this.#underWay.delete(delivery.id);
    leave(result);
    this.#freePlace(delivery.location_id, lane);
    // Cut short by the hub itself: nothing is known, so the event goes out again under the same id.
    if (this.#cut.stopped && !result.succeeded) return;
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
    reportOutcome(delivery, result, outcome, log);
    const { id, url } = delivery;
    this.#outcomes.add({ id, url, attempt: attemptOf(delivery, result), outcome }, this.#posting === 0);
  }
}

function attemptOf(delivery: ClaimedDelivery, result: PostResult): SettledDelivery['attempt'] {
  const { at, latency_ms, http_status, error, error_message, response } = result;
  return { attempt: delivery.attempt, at, latency_ms, http_status, error, error_message, response };
}
