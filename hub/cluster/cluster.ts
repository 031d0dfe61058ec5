import type { Logger } from 'pino';
import type { Presence } from '../devices/presence.ts';
import type { HubStore } from '../store/hubs.ts';
import { Membership } from './membership.ts';
import { Roster } from './roster.ts';
import { type Signal, Signals } from './signals.ts';

export interface ClusterDependencies {
  store: HubStore;
  /** Leases are held under it, so no two processes may share it. */
  owner: string;
  presence: Presence;
  /** Whether other hubs may share the database. */
  shared: boolean;
  log: Logger;
  now: () => number;
  /** Called with what another hub told. */
  onSignal: (signal: Signal) => void;
  /** Called when there may be work to take that another hub left, or that this one may go on with. */
  onWork: () => void;
  /** Called when devices may have come or gone at other hubs. */
  onRosterStale: () => void;
}

/** This hub's part among those that share a database. Where it is alone nothing is told and nobody is waited for. */
export class Cluster implements AsyncDisposable {
  readonly owner: string;
  readonly roster: Roster;
  readonly signals: Signals;
  readonly #membership: Membership;

  constructor({ store, owner, presence, shared, log, now, ...on }: ClusterDependencies) {
    this.owner = owner;
    this.signals = new Signals({ log, onSignal: on.onSignal });
    this.roster = new Roster({
      store,
      presence,
      owner,
      onEnded: (deviceIds) => this.signals.tellChanged(deviceIds),
    });
    const { onWork, onRosterStale: onBeat } = on;
    const onCutOff = (): void => {
      for (const connection of presence.connections()) connection.close();
    };
    this.#membership = new Membership({ store, owner, shared, log, now, onWork, onBeat, onCutOff });
    presence.onChange((deviceId, online) => {
      if (online) this.signals.tellChanged([deviceId]);
    });
  }

  /** See `Membership.term`. */
  readonly term = (): number | undefined => this.#membership.term();

  /** Enters this hub among the others; devices may connect and work may be leased from then on. */
  enter(): Promise<void> {
    return this.#membership.enter();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signals[Symbol.dispose]();
    await this.#membership[Symbol.asyncDispose]();
  }
}
