import { createAuthorize } from './accounts/authorize.ts';
import { accountRoutes } from './accounts/routes.ts';
import { createAudit } from './admin/audit.ts';
import { requireAdminToken } from './admin/require-admin.ts';
import { adminRoutes } from './admin/routes.ts';
import { QuietReads } from './api/quiet-reads.ts';
import { pairingRoute } from './devices/pairing-route.ts';
import { clientRoute } from './http/client-route.ts';
import type { Panel } from './http/panel-files.ts';
import { serveRoutes } from './http/serve-routes.ts';
import type { HttpServer, ServerTimeouts } from './http/server.ts';
import { systemRoutes } from './http/system-routes.ts';
import { checkSendable, createIngest, handleClientMessage } from './ingest/handle-client-message.ts';
import { overviewRoute } from './overview/overview-route.ts';
import { announceChange, type Parts } from './parts.ts';
import { sendTestEvent } from './webhooks/test-event.ts';

export interface ServerSettings {
  adminToken: string;
  panel: Panel | undefined;
  timeouts: ServerTimeouts | undefined;
}

/** The hub's HTTP server with the routes of every stage, not yet listening. */
export function createServer(parts: Parts, { adminToken, panel, timeouts }: ServerSettings): HttpServer {
  const { config, log, now, publicUrl, store, cluster, presence, metrics, poster } = parts;
  const { accounts, onDeliveriesDue, dispatcher, media } = parts;
  const isStopping = (): boolean => http.isStopping;
  const onMessagesWaiting = (withFiles: boolean): void => (withFiles ? media : dispatcher).wake();
  const adminLog = log.child({ part: 'admin' });
  const audit = createAudit({ store, now, log: adminLog });
  const quiet = new QuietReads();
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
      quiet,
      audit,
      messageTtl: config.HUB_MESSAGE_TTL,
      checkSendable: (workspace, message) => checkSendable(workspace, message, ingest),
      onMessagesWaiting,
      requireApiKeyByDefault: config.HUB_REQUIRE_API_KEY,
      publicUrl,
      isOnline: (deviceId) => cluster.roster.isOnline(deviceId),
      disconnectDevice: (deviceId) => presence.disconnect(deviceId),
      sendTestEvent: (workspace) => sendTestEvent(poster, workspace, now()),
      onDevicesChanged: (deviceIds) => {
        announceChange(parts, deviceIds);
        presence.refreshSettings(deviceIds);
      },
      onDeliveriesDue,
    }),
    overviewRoute({ store, quiet, now }),
    ...media.routes,
    ...accountRoutes({
      store,
      accounts,
      now,
      publicUrl,
      givenUrl: config.HUB_PUBLIC_URL,
      audit,
    }),
    ...systemRoutes({ store, metrics, now, countOnline: () => presence.count, isStopping }),
  ];
  const http = serveRoutes({
    routes,
    authorize: createAuthorize(accounts, requireAdminToken(adminToken)),
    panel,
    log: log.child({ part: 'http' }),
    isStopping,
    publicUrl,
    ...(timeouts && { timeouts }),
  });
  return http;
}
