import type { Logger } from 'pino';
import type { Accounts } from './accounts/accounts.ts';
import type { Changes } from './changes/changes.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { HubConfig } from './config.ts';
import type { Presence } from './devices/presence.ts';
import type { Dispatcher } from './dispatch/dispatcher.ts';
import type { Media } from './media/media.ts';
import type { Metrics } from './metrics.ts';
import type { Retention } from './retention/retention.ts';
import type { SharedStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';
import type { Deliverer } from './webhooks/deliverer.ts';
import type { EventPoster } from './webhooks/post-event.ts';

/** What every part of the hub may need. */
export interface Parts {
  config: HubConfig;
  log: Logger;
  now: () => number;
  publicUrl: () => string;
  store: Store & Partial<SharedStore>;
  accounts: Accounts;
  cluster: Cluster;
  presence: Presence;
  metrics: Metrics;
  poster: EventPoster;
  deliverer: Deliverer;
  /** Webhook events may be waiting, for this hub or for another. */
  onDeliveriesDue: () => void;
  dispatcher: Dispatcher;
  media: Media;
  retention: Retention;
  /** What panels are told of. */
  changes: Changes;
}

/** Devices are to be given other messages than before, by whichever hub. */
export function announceChange({ dispatcher, cluster }: Parts, deviceIds: string[]): void {
  dispatcher.reroute(deviceIds);
  cluster.signals.tellChanged(deviceIds);
}
