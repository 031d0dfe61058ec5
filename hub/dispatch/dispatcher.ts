import type { Logger } from 'pino';
import { groupCalls } from '../../shared/runtime/group.ts';
import { Loop } from '../../shared/runtime/loop.ts';
import type { Acceptance } from '../../shared/wire/acceptance.ts';
import type { Presence } from '../devices/presence.ts';
import type { Metrics } from '../metrics.ts';
import type { ClaimedSend } from '../store/records.ts';
import type { DeviceStore, MessageStore, PickDevice } from '../store/store.ts';

export interface DispatcherDependencies {
  store: Pick<
    MessageStore,
    | 'routeQueued'
    | 'unrouteDevice'
    | 'unrouteAll'
    | 'claimSends'
    | 'releaseSends'
    | 'settleSends'
    | 'expireQueued'
  > &
    Pick<DeviceStore, 'findDevice'>;
  presence: Presence;
  pick: PickDevice;
  owner: string;
  metrics: Metrics;
  log: Logger;
  now: () => number;
  /** Called when messages failed, so that their webhook events are due. */
  onDeliveriesDue: () => void;
}

interface Answer {
  deviceId: string;
  acceptance: Acceptance;
}

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
  /** Devices whose window was full when they last claimed. */
  readonly #hungry = new Set<string>();
  /** Devices that came, went, or were edited since the last step; true where a connection began or ended. */
  readonly #changed = new Map<string, boolean>();
  readonly #paused = new Set<string>();
  readonly #settle = groupCalls((answers: Answer[]) => this.#settleAnswers(answers));
  #lastSweep = Number.NEGATIVE_INFINITY;
  #started = false;

  constructor(dependencies: DispatcherDependencies) {
    this.#dependencies = dependencies;
    this.#loop = new Loop({ name: 'dispatch', log: dependencies.log, step: () => this.#step() });
    dependencies.presence.onChange((deviceId) => {
      this.#changed.set(deviceId, true);
      this.#loop.wake();
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

  /** Assignments, pauses or channels of these devices changed: what they were not yet offered is routed anew. */
  reroute(deviceIds: Iterable<string>): void {
    for (const deviceId of deviceIds) this.#changed.set(deviceId, this.#changed.get(deviceId) ?? false);
    this.#loop.wake();
  }

  /** Stops, and resolves when no offer is open any more: connections are to be closed before. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop.stop();
    await Promise.all(this.#running);
  }

  async #step(): Promise<number> {
    const { store, presence, pick, now } = this.#dependencies;
    if (!this.#started) {
      await store.unrouteAll();
      this.#started = true;
    }
    for (const [deviceId, reconnected] of [...this.#changed]) await this.#review(deviceId, reconnected);
    if (now() - this.#lastSweep >= SWEEP_MS) await this.#sweep();
    const online = presence.onlineDevices();
    const routed =
      online.length > 0 ? await store.routeQueued({ online, pick, limit: ROUTE_LIMIT }, now()) : [];
    for (const deviceId of routed) this.#ready.add(deviceId);
    for (const deviceId of [...this.#ready]) await this.#offerTo(deviceId);
    // Routing stops at its limit, so it is asked again until it finds nothing.
    return routed.length > 0 ? 0 : SWEEP_MS;
  }

  /** Takes back what a changed device was not offered, and what it did not answer before it went. */
  async #review(deviceId: string, reconnected: boolean): Promise<void> {
    const { store } = this.#dependencies;
    const device = await store.findDevice(deviceId);
    if (device?.paused) this.#paused.add(deviceId);
    else this.#paused.delete(deviceId);
    if (reconnected) await store.releaseSends(deviceId);
    await store.unrouteDevice(deviceId);
    this.#changed.delete(deviceId);
    this.#ready.add(deviceId);
  }

  async #sweep(): Promise<void> {
    const { store, presence, log, now, onDeliveriesDue } = this.#dependencies;
    for (const deviceId of presence.onlineDevices()) this.#ready.add(deviceId);
    let expired: number;
    do {
      expired = await store.expireQueued(now(), EXPIRE_LIMIT);
      if (expired > 0) {
        log.info({ expired }, 'messages expired before a device took them');
        onDeliveriesDue();
      }
    } while (expired === EXPIRE_LIMIT);
    this.#lastSweep = now();
  }

  /** Offers the device what its window has room for. */
  async #offerTo(deviceId: string): Promise<void> {
    const { store, presence, owner, now } = this.#dependencies;
    this.#ready.delete(deviceId);
    if (!presence.isOnline(deviceId) || this.#paused.has(deviceId)) return;
    const room = WINDOW - (this.#open.get(deviceId) ?? 0);
    if (room > 0) {
      const lease_until = now() + LEASE_MS;
      const claimed = await store.claimSends({ device_id: deviceId, owner, lease_until, limit: room }, now());
      for (const send of claimed) this.#begin(deviceId, send);
      if (claimed.length < room) return;
    }
    this.#hungry.add(deviceId);
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
    const { id, phone, channel, text, expires_at, attachments } = claimed;
    const connection = this.#dependencies.presence.find(deviceId);
    if (!connection) throw new Error('the device is not connected any more');
    return connection.offer({
      id,
      to: phone,
      to_group: false,
      channel,
      fallbacks: [],
      text,
      attachments,
      expires_at,
    });
  }

  #finish(deviceId: string): void {
    const open = (this.#open.get(deviceId) ?? 1) - 1;
    if (open > 0) this.#open.set(deviceId, open);
    else this.#open.delete(deviceId);
    if (open > WINDOW / 2 || !this.#hungry.delete(deviceId)) return;
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
