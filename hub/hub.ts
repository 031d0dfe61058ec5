import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { VERSION } from '../shared/version.ts';
import { Accounts } from './accounts/accounts.ts';
import { announceChanges } from './changes/announce-changes.ts';
import { Changes } from './changes/changes.ts';
import { ClockWatch } from './clock-watch.ts';
import { Cluster } from './cluster/cluster.ts';
import { findShortSecrets, type HubConfig } from './config.ts';
import { createServer } from './create-server.ts';
import { loadOrCreateSecret } from './credentials/secret-file.ts';
import { generateAdminToken, prepareDataDir } from './data-dir.ts';
import { showDatabase } from './database-url.ts';
import { Presence } from './devices/presence.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import { guardAddresses } from './guard/address-guard.ts';
import { findPanelFolder, loadPanel } from './http/panel-files.ts';
import type { HttpServer, ServerTimeouts } from './http/server.ts';
import { showError } from './log-error.ts';
import type { FetchTimeouts } from './media/fetcher.ts';
import { createLinkSigner } from './media/links.ts';
import { Media } from './media/media.ts';
import { createMetrics } from './metrics.ts';
import { openDatabase } from './open-database.ts';
import { announceChange, type Parts } from './parts.ts';
import { Retention } from './retention/retention.ts';
import { pickDevice } from './routing/pick-device.ts';
import { SocketGateway } from './socket/gateway.ts';
import { PanelSockets } from './socket/panel-sockets.ts';
import { Deliverer } from './webhooks/deliverer.ts';
import { EventPoster } from './webhooks/post-event.ts';

export interface HubDependencies {
  log: Logger;
  /** Epoch milliseconds. */
  now?: () => number;
  random?: () => number;
  timeouts?: ServerTimeouts;
  fetchTimeouts?: FetchTimeouts;
  /** Where the built panel lies; unset: where it is built with this hub. */
  panelFolder?: string;
}

export interface RunningHub extends AsyncDisposable {
  /** Where it listens, with the real port. */
  url: string;
}

/**
 * Starts the hub: database, HTTP and device sockets, webhook delivery, dispatch. Disposing it stops them
 * the other way round: no new requests, running ones finish, devices are let go, leases are given back.
 */
export async function startHub(config: HubConfig, dependencies: HubDependencies): Promise<RunningHub> {
  const { timeouts, panelFolder = findPanelFolder() } = dependencies;
  const log = dependencies.log.child({}, { serializers: { err: showError } });
  for (const variable of findShortSecrets(config))
    log.warn({ variable }, `${variable} is short enough to be guessed; use at least 16 random characters`);
  await using starting = new AsyncDisposableStack();
  const dataDir = prepareDataDir(config.HUB_DATA_DIR);
  const adminToken = config.HUB_ADMIN_TOKEN ?? generateAdminToken(dataDir, log);
  const publicUrl = (): string => config.HUB_PUBLIC_URL ?? `http://localhost:${http.port}`;
  const parts = await makeParts({ config, dataDir, publicUrl, starting }, { ...dependencies, log });

  const { deliverer, dispatcher, media, retention } = parts;
  const clock = starting.use(watchClock(parts));
  const panel = loadPanel(panelFolder);
  if (panel === undefined)
    log.info({ folder: panelFolder }, 'the panel is not built; npm run build makes it');
  const http = createServer(parts, { adminToken, panel, timeouts });
  starting.defer(() => http.finish());
  const gateway = createGateway(http, parts);
  starting.defer(() => gateway.close());
  starting.defer(() => http.stopAccepting());

  // A hub that does not get its port must not have begun anything.
  const url = await http.listen(config.HUB_HOST, config.HUB_PORT);
  deliverer.start();
  dispatcher.start();
  media.start();
  retention.start();
  clock.start();
  const database = config.DATABASE_URL === undefined ? 'sqlite' : showDatabase(config.DATABASE_URL);
  log.info({ url, version: VERSION, database }, 'listening');
  const running = starting.move();
  return { url, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

interface Place {
  config: HubConfig;
  dataDir: string;
  publicUrl: () => string;
  /** Ends what was made, last first. */
  starting: AsyncDisposableStack;
}

/** Opens the store and makes what works behind the HTTP server, none of it running yet. */
async function makeParts(
  { config, dataDir, publicUrl, starting }: Place,
  dependencies: HubDependencies,
): Promise<Parts> {
  const { log, now = Date.now, random = Math.random, fetchTimeouts } = dependencies;
  const secret = config.HUB_SECRET ?? loadOrCreateSecret(join(dataDir, 'secret'));
  const links = createLinkSigner({ secret, publicUrl, lifetime: config.HUB_MEDIA_LINK_TTL });
  const owner = `hub-${randomUUID()}`;
  const opening = { secret, log: log.child({ part: 'store' }), linkTo: links.linkTo, clock: now };
  const changes = starting.use(new Changes((signal) => cluster.signals.tellPanels(signal)));
  const opened = starting.use(await openDatabase(config, dataDir, { ...opening, hub: owner }));
  const store = announceChanges(opened, (topics) => changes.note(topics));
  const accounts = new Accounts({ store, secret, publicUrl, now, log: log.child({ part: 'accounts' }) });
  const metrics = createMetrics();
  const presence = new Presence();
  const mayConnect = guardAddresses(config.HUB_ALLOWED_TARGETS);
  const poster = starting.use(new EventPoster({ mayConnect, now }));
  const cluster = starting.use(makeCluster({ store, presence, log, now }, owner, () => parts));
  const { term } = cluster;
  const worker = { store, owner, term, metrics, now, random };
  const deliverer = starting.use(new Deliverer({ ...worker, poster, log: log.child({ part: 'webhooks' }) }));
  const onDeliveriesDue = (): void => {
    deliverer.wake();
    cluster.signals.tellDeliveries();
  };
  const dispatcher = starting.use(
    new Dispatcher({
      ...worker,
      presence,
      roster: cluster.roster,
      pick: pickDevice,
      log: log.child({ part: 'dispatch' }),
      onDeliveriesDue,
      onRoutedElsewhere: (deviceIds) => cluster.signals.tellWork(deviceIds),
    }),
  );
  const media = starting.use(
    new Media({
      ...worker,
      dataDir,
      shared: store.line !== undefined,
      links,
      mayConnect,
      retention: config.HUB_MEDIA_RETENTION,
      log: log.child({ part: 'media' }),
      timeouts: fetchTimeouts,
      onReady: () => dispatcher.wake(),
      onDeliveriesDue,
    }),
  );
  const keep = { messages: config.HUB_MESSAGE_RETENTION, deliveries: config.HUB_DELIVERY_RETENTION };
  const retention = starting.use(new Retention({ store, keep, now, log: log.child({ part: 'retention' }) }));
  const working = {
    accounts,
    presence,
    metrics,
    poster,
    deliverer,
    onDeliveriesDue,
    dispatcher,
    media,
    retention,
  };
  const parts: Parts = { config, log, now, publicUrl, store, cluster, changes, ...working };
  await cluster.enter();
  return parts;
}

/** `parts` are there once the hub has entered. */
function makeCluster(
  { store, presence, log, now }: Pick<Parts, 'store' | 'presence' | 'log' | 'now'>,
  owner: string,
  parts: () => Parts,
): Cluster {
  return new Cluster({
    store,
    owner,
    presence,
    shared: store.line !== undefined,
    log: log.child({ part: 'cluster' }),
    now,
    onSignal: ({ work, changed, deliveries, ...forPanels }) => {
      const { dispatcher, deliverer, changes } = parts();
      dispatcher.takeNotice(work, 'work');
      if (changed.length > 0) dispatcher.takeNotice(changed, 'changed');
      presence.refreshSettings(changed);
      if (deliveries) deliverer.wake();
      changes.receive(forPanels);
    },
    onWork: () => {
      const { dispatcher, deliverer, media } = parts();
      dispatcher.takeNotice(presence.onlineDevices(), 'changed');
      deliverer.wake();
      media.wake();
    },
    onRosterStale: () => parts().dispatcher.takeNotice([], 'changed'),
  });
}

/** Where devices connect and panels listen, and by which the hubs signal to each other. */
function createGateway(http: HttpServer, parts: Parts): SocketGateway {
  const { store, accounts, cluster, presence, metrics, log, now, onDeliveriesDue, changes } = parts;
  const panels = new PanelSockets({
    doorkeeper: accounts,
    log: log.child({ part: 'panel' }),
    onWatched: (watched) => changes.setWatched(watched),
  });
  changes.connect((topics) => panels.tell(topics));
  const gateway = new SocketGateway(http.server, {
    store,
    owner: cluster.owner,
    presence,
    metrics,
    log: log.child({ part: 'devices' }),
    now,
    onDeliveriesDue,
    onDeviceChanged: (deviceId) => announceChange(parts, [deviceId]),
    onEnd: (connection) => {
      cluster.roster.end(connection);
      parts.dispatcher.wake();
    },
    panels,
    others: store.line && { line: store.line.pool, onSignal: (told) => cluster.signals.receive(told) },
  });
  if (store.line) cluster.signals.connect((signal) => gateway.tellHubs(signal));
  return gateway;
}

function watchClock({ store, deliverer, dispatcher, media, now, log }: Parts): ClockWatch {
  return new ClockWatch({
    now,
    log: log.child({ part: 'clock' }),
    // Hubs on one machine see the same clock; a database of its own belongs to one hub, wherever that runs.
    follow: (setBack) =>
      store.followClock({ clock: store.line === undefined ? 'of the hub' : hostname(), setBack }, now()),
    onMoved: () => {
      deliverer.wake();
      dispatcher.wake();
      media.wake();
    },
  });
}
