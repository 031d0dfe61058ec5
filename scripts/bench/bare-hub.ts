// The reference for POST /webhook: the hub's own HTTP stack and validation, over a store that keeps nothing.
import { clientRoute } from '../../hub/http/client-route.ts';
import { serveRoutes } from '../../hub/http/serve-routes.ts';
import {
  createIngest,
  handleClientMessage,
  type IngestDeps,
} from '../../hub/ingest/handle-client-message.ts';
import { createMetrics } from '../../hub/metrics.ts';
import { createLog } from '../../shared/runtime/log.ts';

const log = createLog('bare-hub', 'warn');

const store: IngestDeps['store'] = {
  acceptMessages: async (messages) => messages.map(({ id }) => ({ kind: 'accepted', id })),
  findAccepted: async () => undefined,
  findWorkspace: async (location_id) => ({
    location_id,
    name: 'bench',
    address: null,
    email: null,
    phone: null,
    url: null,
    headers: [],
    signing_secret: '',
    connected: true,
    require_api_key: false,
    webhook_enabled: true,
    webhook_disabled_reason: null,
    previous_secret: null,
    previous_secret_until: null,
    failing_since: null,
    channels: ['imessage'],
    extra_events: [],
    routes: {},
    created_at: 0,
    updated_at: 0,
  }),
  listServedChannels: async () => ['imessage'],
  findServedGroup: async () => undefined,
  useApiKey: async () => true,
};

const ingest = createIngest({ store, messageTtl: 86_400_000, log });
const http = serveRoutes({
  routes: [clientRoute((request) => handleClientMessage(request, ingest), createMetrics())],
  authorize: async () => ({ actor: 'bench', userId: undefined, scope: undefined }),
  log,
  isStopping: () => false,
  publicUrl: () => 'http://localhost',
});
process.send?.(await http.listen('127.0.0.1', 0));
