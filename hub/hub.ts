import { randomUUID } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { makeFolder } from '../shared/runtime/make-folder.ts';
import { createAudit } from './admin/audit.ts';
import { requireAdminToken } from './admin/require-admin.ts';
import { adminRoutes } from './admin/routes.ts';
import { setupRoutes } from './admin/setup-routes.ts';
import { ClockWatch } from './clock-watch.ts';
import { findShortSecrets, type HubConfig } from './config.ts';
import { loadOrCreateSecret } from './credentials/secret-file.ts';
import { showDatabase } from './database-url.ts';
import { pairingRoute } from './devices/pairing-route.ts';
import { Presence } from './devices/presence.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import { guardAddresses } from './guard/address-guard.ts';
import { clientRoute } from './http/client-route.ts';
import { serveRoutes } from './http/serve-routes.ts';
import type { HttpServer, ServerTimeouts } from './http/server.ts';
import { systemRoutes } from './http/system-routes.ts';
import { checkSendable, createIngest, handleClientMessage } from './ingest/handle-client-message.ts';
import type { FetchTimeouts } from './media/fetcher.ts';
import { createLinkSigner } from './media/links.ts';
import { Media } from './media/media.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { Retention } from './retention/retention.ts';
import { pickDevice } from './routing/pick-device.ts';
import { DeviceGateway } from './socket/gateway.ts';
import { openPostgresStore, openSqliteStore, type SqliteStoreOptions } from './store/open-store.ts';
import type { Store } from './store/store.ts';
import { Deliverer } from './webhooks/deliverer.ts';
import { EventPoster } from './webhooks/post-event.ts';
import { sendTestEvent } from './webhooks/test-event.ts';

export interface HubDependencies {
  log: Logger;
  /** Epoch milliseconds. */
  now?: () => number;
  random?: () => number;
  timeouts?: ServerTimeouts;
  fetchTimeouts?: FetchTimeouts;
}

export interface RunningHub extends AsyncDisposable {
  /** Where it listens, with the real port. */
  url: string;
}

/** What every part of the hub may need. */
interface Parts {
  config: HubConfig;
  log: Logger;
  now: () => number;
  publicUrl: () => string;
  store: Store;
  presence: Presence;
  metrics: Metrics;
  poster: EventPoster;
  deliverer: Deliverer;
  dispatcher: Dispatcher;
  media: Media;
  retention: Retention;
}

/**
 * Starts the hub: database, HTTP and device sockets, webhook delivery, dispatch. Disposing it stops them
 * the other way round: no new requests, running ones finish, devices are let go, leases are given back.
 */
export async function startHub(config: HubConfig, dependencies: HubDependencies): Promise<RunningHub> {
  const { log, now = Date.now, timeouts } = dependencies;
  for (const variable of findShortSecrets(config))
    log.warn({ variable }, `${variable} is short enough to be guessed; use at least 16 random characters`);
  await using starting = new AsyncDisposableStack();
  const dataDir = prepareDataDir(config.HUB_DATA_DIR);
  const adminToken = config.HUB_ADMIN_TOKEN ?? generateAdminToken(dataDir, log);
  const publicUrl = (): string => config.HUB_PUBLIC_URL ?? `http://localhost:${http.port}`;
  const parts = await makeParts({ config, dataDir, publicUrl, starting }, dependencies);

  const { store, presence, metrics, deliverer, dispatcher, media, retention } = parts;
  const clock = starting.use(watchClock(parts));
  const http = createServer(parts, adminToken, timeouts);
  starting.defer(() => http.finish());
  const gateway = new DeviceGateway(http.server, {
    store,
    presence,
    metrics,
    log: log.child({ part: 'devices' }),
    now,
    onDeliveriesDue: () => deliverer.wake(),
    onDeviceChanged: (deviceId) => dispatcher.reroute([deviceId]),
  });
  starting.defer(() => gateway.close());
  starting.defer(() => http.stopAccepting());

  // A hub that does not get its port must not have begun anything.
  const url = await http.listen(config.HUB_HOST, config.HUB_PORT);
  deliverer.start();
  dispatcher.start();
  media.start();
  retention.start();
  clock.start();
  log.info({ url }, 'listening');
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
  const opening = { secret, log: log.child({ part: 'store' }), linkTo: links.linkTo, clock: now };
  const store = starting.use(await openStore(config, dataDir, opening));
  const metrics = createMetrics();
  const presence = new Presence();
  const mayConnect = guardAddresses(config.HUB_ALLOWED_TARGETS);
  const poster = starting.use(new EventPoster({ mayConnect, now }));
  // Leases are held under it, so no two processes may share it.
  const owner = `hub-${randomUUID()}`;
  const worker = { store, owner, metrics, now, random };
  const deliverer = starting.use(new Deliverer({ ...worker, poster, log: log.child({ part: 'webhooks' }) }));
  const onDeliveriesDue = (): void => deliverer.wake();
  const dispatcher = starting.use(
    new Dispatcher({
      ...worker,
      presence,
      pick: pickDevice,
      log: log.child({ part: 'dispatch' }),
      onDeliveriesDue,
    }),
  );
  const media = starting.use(
    new Media({
      ...worker,
      dataDir,
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
  const working = { presence, metrics, poster, deliverer, dispatcher, media, retention };
  return { config, log, now, publicUrl, store, ...working };
}

/** The database that hubs share where one is named, else a file of this hub's own. */
function openStore(
  { DATABASE_URL: url }: HubConfig,
  dataDir: string,
  options: Omit<SqliteStoreOptions, 'file'>,
): Promise<Store> {
  if (url === undefined) return openSqliteStore({ ...options, file: join(dataDir, 'hub.db') });
  return openPostgresStore({ ...options, url, shown: showDatabase(url) });
}

function watchClock({ store, deliverer, dispatcher, media, now, log }: Parts): ClockWatch {
  return new ClockWatch({
    now,
    log: log.child({ part: 'clock' }),
    onSetBack: async (by) => {
      await store.advanceSchedules(by);
      deliverer.wake();
      dispatcher.wake();
      media.wake();
    },
  });
}

function createServer(parts: Parts, adminToken: string, timeouts: ServerTimeouts | undefined): HttpServer {
  const { config, log, now, publicUrl, store, presence, metrics, poster, deliverer, dispatcher, media } =
    parts;
  const isStopping = (): boolean => http.isStopping;
  const onMessagesWaiting = (withFiles: boolean): void => (withFiles ? media : dispatcher).wake();
  const adminLog = log.child({ part: 'admin' });
  const audit = createAudit({ store, now, log: adminLog });
  const ingest = createIngest({
    store,
    messageTtl: config.HUB_MESSAGE_TTL,
    perMinute: config.HUB_RATE_LIMIT,
    log: log.child({ part: 'ingest' }),
    onAccepted: ({ attachments }) => onMessagesWaiting(attachments.length > 0),
    clock: now,
  });
  const routes = [
    clientRoute((request) => handleClientMessage(request, ingest), metrics),
    pairingRoute({ store, log: log.child({ part: 'devices' }), now }),
    ...adminRoutes({
      store,
      log: adminLog,
      now,
      audit,
      messageTtl: config.HUB_MESSAGE_TTL,
      checkSendable: (workspace, message) => checkSendable(workspace, message, ingest),
      onMessagesWaiting,
      requireApiKeyByDefault: config.HUB_REQUIRE_API_KEY,
      publicUrl,
      isOnline: (deviceId) => presence.isOnline(deviceId),
      disconnectDevice: (deviceId) => presence.disconnect(deviceId),
      sendTestEvent: (workspace) => sendTestEvent(poster, workspace, now()),
      onDevicesChanged: (deviceIds) => {
        dispatcher.reroute(deviceIds);
        presence.refreshSettings(deviceIds);
      },
      onDeliveriesDue: () => deliverer.wake(),
    }),
    ...media.routes,
    ...setupRoutes({ adminToken, publicUrl, now, audit }),
    ...systemRoutes({ store, metrics, now, countOnline: () => presence.count, isStopping }),
  ];
  const http = serveRoutes({
    routes,
    requireAdmin: requireAdminToken(adminToken),
    log: log.child({ part: 'http' }),
    isStopping,
    publicUrl,
    ...(timeouts && { timeouts }),
  });
  return http;
}

function prepareDataDir(folder: string): string {
  const path = resolve(folder);
  try {
    // Messages and keys live here: nobody else on the machine has a reason to look.
    makeFolder(path, 0o700);
    chmodSync(path, 0o700);
  } catch (cause) {
    throw new Error(`HUB_DATA_DIR ${path} cannot be used`, { cause });
  }
  return path;
}

function generateAdminToken(dataDir: string, log: Logger): string {
  const file = join(dataDir, 'admin-token');
  const token = loadOrCreateSecret(file);
  log.info({ file }, 'HUB_ADMIN_TOKEN is not set; the admin token is in this file');
  return token;
}
