import type { Logger } from 'pino';
import { groupCalls } from '../../shared/runtime/group.ts';
import { Loop } from '../../shared/runtime/loop.ts';
import type { Acceptance } from '../../shared/wire/acceptance.ts';
import { blocksSending } from '../../shared/wire/health.ts';
import type { Pace } from '../../shared/wire/settings.ts';
import type { Roster } from '../cluster/roster.ts';
import type { Presence } from '../devices/presence.ts';
import type { Metrics } from '../metrics.ts';
import type { ConnectedDevice } from '../store/hubs.ts';
import type { ClaimedSend } from '../store/records.ts';
import type { MessageStore, PickDevice } from '../store/store.ts';

export interface DispatcherDependencies {
  store: Pick<
    MessageStore,
    | 'routeQueued'
    | 'unrouteDevice'
    | 'unrouteExcept'
    | 'claimSends'
    | 'releaseSends'
    | 'settleSends'
    | 'expireQueued'
    | 'expireDispatched'
  >;
  /** Devices connected to this hub. */
  presence: Presence;
  /** Devices connected to any hub. */
  roster: Roster;
  /** The time since which the owner holds what it leased; undefined while it may not begin anything. */
  term: () => number | undefined;
  pick: PickDevice;
  owner: string;
  metrics: Metrics;
  log: Logger;
  now: () => number;
  /** Called when messages failed, so that their webhook events are due. */
  onDeliveriesDue: () => void;
  /** Called with devices of other hubs that messages were routed to. */
  onRoutedElsewhere: (deviceIds: string[]) => void;
}

interface Answer {
  deviceId: string;
  acceptance: Acceptance;
}

/** A device that took messages and then gave no sign for so long is taken not to come back. */
const SILENCE_MS = 7 * 86_400_000;
/** A paced device with this many minutes of work in hand gets no new conversation that another could carry. */
const MINUTES_IN_HAND = 2;
const LEAST_IN_HAND = 10;
/** Offers that a device may have unanswered. */
const WINDOW = 64;
/** Messages routed in one transaction. */
const ROUTE_LIMIT = 500;
const EXPIRE_LIMIT = 500;
/** A lease outlives the device's time to answer, so that an answer in time is never a second offer. */
const LEASE_MS = 35_000;
/** What no event announced is found by then: expired leases, messages whose time is over. */
const SWEEP_MS = 5_000;

/** Brings queued messages to the devices that serve them: routes, offers within a window, records the answers. */
export class Dispatcher implements AsyncDisposable {
  readonly #dependencies: DispatcherDependencies;
  readonly #loop: Loop;
  /** Unanswered offers by device. */
  readonly #open = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  /** Devices that may have something to claim. */
  readonly #ready = new Set<string>();
  /** Devices that had more waiting when they last claimed, and with how many open offers they claim again. */
  readonly #hungry = new Map<string, number>();
  /** Devices that came, went, or were edited since the last step; true where a connection began or ended. */
  readonly #changed = new Map<string, boolean>();
  /** Devices online anywhere that may be given messages: not paused, nor unable to send by what they found. */
  #able = new Set<string>();
  #enough: ReadonlyMap<string, number> = new Map();
  readonly #settle = groupCalls((answers: Answer[]) => this.#settleAnswers(answers));
  #lastSweep = Number.NEGATIVE_INFINITY;

  constructor(dependencies: DispatcherDependencies) {
    this.#dependencies = dependencies;
    this.#loop = new Loop({ name: 'dispatch', log: dependencies.log, step: () => this.#step() });
    dependencies.presence.onChange((deviceId) => {
      this.#changed.set(deviceId, true);
      this.#lookAgain();
    });
  }

  start(): this {
    this.#loop.start();
    return this;
  }

  /** Messages were accepted. */
  wake(): void {
    this.#loop.wake();
  }

  /** Assignments, pauses, paces, channels or findings of these devices changed: what they were not yet offered is routed anew. */
  reroute(deviceIds: Iterable<string>): void {
    for (const deviceId of deviceIds) this.#changed.set(deviceId, this.#changed.get(deviceId) ?? false);
    this.#lookAgain();
  }

  /** Another hub routed messages to these devices, or came to know of a change of them. */
  takeNotice(deviceIds: Iterable<string>, what: 'work' | 'changed'): void {
    for (const deviceId of deviceIds) this.#ready.add(deviceId);
    if (what === 'changed') this.#lookAgain();
    else this.#loop.wake();
  }

  #lookAgain(): void {
    this.#dependencies.roster.touch();
    this.#loop.wake();
  }

  /** Stops, and resolves when no offer is open any more: connections are to be closed before. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop.stop();
    await Promise.all(this.#running);
  }

  async #step(): Promise<number> {
    const { store, presence, roster, pick, now, onRoutedElsewhere } = this.#dependencies;
    for (const [deviceId, reconnected] of [...this.#changed]) {
      // Taken out first: what changes during the review is for another one.
      this.#changed.delete(deviceId);
      try {
        await this.#review(deviceId, reconnected);
      } catch (error) {
        this.#changed.set(deviceId, reconnected || (this.#changed.get(deviceId) ?? false));
        throw error;
      }
    }
    // Either way: a clock that was set back would put the next sweep off by as much.
    const isSweep = Math.abs(now() - this.#lastSweep) >= SWEEP_MS;
    if (isSweep) roster.touch();
    if (await roster.refresh()) this.#learn(roster.list());
    if (isSweep) await this.#sweep();
    const online = [...this.#able];
    const request = { online, enough: this.#enough, pick, limit: ROUTE_LIMIT };
    const routed = online.length > 0 ? await store.routeQueued(request, now()) : [];
    for (const deviceId of routed) this.#ready.add(deviceId);
    const elsewhere = routed.filter((deviceId) => !presence.isOnline(deviceId));
    if (elsewhere.length > 0) onRoutedElsewhere(elsewhere);
    for (const deviceId of [...this.#ready]) await this.#offerTo(deviceId);
    // Routing stops at its limit, so it is asked again until it finds nothing.
    return routed.length > 0 ? 0 : SWEEP_MS;
  }

  /** Takes back what a changed device was not offered, and what it did not answer before it went. */
  async #review(deviceId: string, reconnected: boolean): Promise<void> {
    const { store, owner } = this.#dependencies;
    if (reconnected) await store.releaseSends(deviceId, owner);
    await store.unrouteDevice(deviceId);
    this.#ready.add(deviceId);
  }

  #learn(connected: ConnectedDevice[]): void {
    const able = connected.filter(({ paused, findings }) => !paused && !blocksSending(findings));
    this.#able = new Set(able.map(({ device_id }) => device_id));
    this.#enough = new Map(
      able.flatMap(({ device_id, pace }) => {
        const enough = measurePace(pace);
        return enough === undefined ? [] : [[device_id, enough] as const];
      }),
    );
  }

  async #sweep(): Promise<void> {
    const { store, presence, log, now, onDeliveriesDue } = this.#dependencies;
    for (const deviceId of presence.onlineDevices()) this.#ready.add(deviceId);
    await store.unrouteExcept([...this.#able]);
    for (;;) {
      const silentSince = now() - SILENCE_MS;
      const untaken = await store.expireQueued(now(), EXPIRE_LIMIT);
      const lost = await store.expireDispatched({ silentSince, limit: EXPIRE_LIMIT }, now());
      if (untaken > 0) log.info({ expired: untaken }, 'messages expired before a device took them');
      if (lost > 0) log.warn({ expired: lost }, 'messages were given up with devices that did not come back');
      if (untaken + lost > 0) onDeliveriesDue();
      if (untaken < EXPIRE_LIMIT && lost < EXPIRE_LIMIT) break;
    }
    this.#lastSweep = now();
  }

  /** Offers the device what its window has room for. */
  async #offerTo(deviceId: string): Promise<void> {
    const { store, presence, owner, term, now } = this.#dependencies;
    this.#ready.delete(deviceId);
    if (!presence.isOnline(deviceId) || !this.#able.has(deviceId) || term() === undefined) return;
    const room = WINDOW - (this.#open.get(deviceId) ?? 0);
    if (room > 0) {
      const lease_until = now() + LEASE_MS;
      const request = { device_id: deviceId, owner, lease_until, limit: room };
      const { sends, more } = await store.claimSends(request, now());
      for (const send of sends) this.#begin(deviceId, send);
      if (!more) return;
      // Not for want of room: what is left waits for answers in its own conversations.
      if (sends.length < room) {
        this.#hungry.set(deviceId, WINDOW);
        return;
      }
    }
    this.#hungry.set(deviceId, WINDOW / 2);
  }

  #begin(deviceId: string, claimed: ClaimedSend): void {
    this.#open.set(deviceId, (this.#open.get(deviceId) ?? 0) + 1);
    const offer = this.#offer(deviceId, claimed).finally(() => {
      this.#running.delete(offer);
      this.#finish(deviceId);
    });
    this.#running.add(offer);
  }

  async #offer(deviceId: string, claimed: ClaimedSend): Promise<void> {
    const { metrics, log, onDeliveriesDue } = this.#dependencies;
    try {
      const acceptance = await this.#ask(deviceId, claimed);
      await this.#settle({ deviceId, acceptance });
      metrics.sends.inc({ outcome: acceptance.accepted ? 'accepted' : acceptance.error.code });
      if (!acceptance.accepted) onDeliveriesDue();
    } catch (error) {
      metrics.sends.inc({ outcome: 'unanswered' });
      log.debug(
        { id: claimed.id, device_id: deviceId, err: error },
        'an offer stays open and will be repeated',
      );
    }
  }

  async #ask(deviceId: string, claimed: ClaimedSend): Promise<Acceptance> {
    const { location_id: _, phone: __, ...send } = claimed;
    const connection = this.#dependencies.presence.find(deviceId);
    if (!connection) throw new Error('the device is not connected any more');
    return connection.offer(send);
  }

  #finish(deviceId: string): void {
    const open = (this.#open.get(deviceId) ?? 1) - 1;
    if (open > 0) this.#open.set(deviceId, open);
    else this.#open.delete(deviceId);
    if (open > (this.#hungry.get(deviceId) ?? -1)) return;
    this.#hungry.delete(deviceId);
    this.#ready.add(deviceId);
    this.#loop.wake();
  }

  async #settleAnswers(answers: Answer[]): Promise<undefined[]> {
    const { store, now } = this.#dependencies;
    for (const [deviceId, ofDevice] of Map.groupBy(answers, (answer) => answer.deviceId))
      await store.settleSends(
        deviceId,
        ofDevice.map(({ acceptance }) => acceptance),
        now(),
      );
    return answers.map(() => undefined);
  }
}

/** With how many messages in hand a device of this pace has enough; undefined for one without a limit. */
function measurePace({ per_minute, gap_ms, jitter_ms }: Pace): number | undefined {
  const gap = gap_ms + jitter_ms / 2;
  const perMinute = Math.min(
    per_minute ?? Number.POSITIVE_INFINITY,
    gap > 0 ? 60_000 / gap : Number.POSITIVE_INFINITY,
  );
  if (!Number.isFinite(perMinute)) return undefined;
  return Math.max(LEAST_IN_HAND, Math.ceil(perMinute * MINUTES_IN_HAND));
}
