import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EndpointChange, EndpointCounts } from './store/record-keeping.ts';
import type { QueueCounts } from './store/records.ts';

/** What is counted when it is asked for. */
interface Figures {
  queues: QueueCounts;
  endpoints: EndpointCounts;
  devicesOnline: number;
}

const ENDPOINT_CHANGES: EndpointChange['change'][] = ['failing', 'disabled', 'recovered'];

/** What the hub counts about itself. Names are part of the outside: dashboards build on them. */
export interface Metrics {
  messagesAccepted: Counter;
  requestsRejected: Counter<'code'>;
  sends: Counter<'outcome'>;
  fetches: Counter<'outcome'>;
  journalEntries: Counter<'kind'>;
  deliveryAttempts: Counter<'outcome'>;
  deliverySeconds: Histogram;
  endpointChanges: Counter<'change'>;
  /** Everything in Prometheus' text format, with the figures of this moment. */
  scrape: (now: Figures) => Promise<string>;
  /** Content type of what `scrape` answers. */
  contentType: string;
}

const QUEUE_GAUGES: Record<keyof QueueCounts, string> = {
  messages_queued: 'Messages waiting for a device.',
  messages_dispatched: 'Messages on a device that have no result yet.',
  deliveries_pending: 'Webhook events waiting to be delivered.',
  deliveries_dead: 'Webhook events given up.',
  oldest_due_ms: 'Age of the oldest webhook event that is due, in milliseconds.',
};

/** Makes a set of metrics with a registry of its own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `bluewire_${name}`, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name: `bluewire_${name}`, help, registers });

  const online = gauge('devices_online', 'Devices connected now.');
  const memory = gauge('resident_memory_bytes', 'Memory of the hub process.');
  const queueGauges = Object.entries(QUEUE_GAUGES).map(
    ([name, help]) => [name as keyof QueueCounts, gauge(name, help)] as const,
  );
  const endpointGauge = new Gauge({
    name: 'bluewire_webhook_endpoints',
    help: 'Workspaces by the state of their webhook; unset: without a URL.',
    labelNames: ['state'],
    registers,
  });
  const endpointChanges = counter(
    'webhook_endpoint_changes_total',
    'Webhooks that began to fail, were switched off, or recovered, as this hub noticed.',
    ['change'],
  );
  // There from the start, so that the first one is an increase.
  for (const change of ENDPOINT_CHANGES) endpointChanges.inc({ change }, 0);
  return {
    messagesAccepted: counter('messages_accepted_total', 'Messages taken from client systems.'),
    requestsRejected: counter('client_requests_rejected_total', 'POST /webhook refused, by code.', ['code']),
    sends: counter('sends_total', 'Messages offered to devices, by what came of it.', ['outcome']),
    fetches: counter('attachment_fetches_total', 'Downloads of attachments, by what came of it.', [
      'outcome',
    ]),
    journalEntries: counter('journal_entries_total', 'Journal entries taken from devices.', ['kind']),
    deliveryAttempts: counter('webhook_attempts_total', 'POSTs to webhooks, by outcome.', ['outcome']),
    deliverySeconds: new Histogram({
      name: 'bluewire_webhook_attempt_seconds',
      help: 'How long receivers took to answer.',
      buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
      registers,
    }),
    endpointChanges,
    scrape: ({ queues, endpoints, devicesOnline }) => {
      online.set(devicesOnline);
      memory.set(process.memoryUsage.rss());
      for (const [name, queueGauge] of queueGauges) queueGauge.set(queues[name]);
      for (const [state, count] of Object.entries(endpoints)) endpointGauge.set({ state }, count);
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
