import type { OverviewView } from '../../shared/api/overview.ts';
import type { MessageTraffic, WebhookCounts } from '../store/traffic.ts';
import { Latencies } from './latencies.ts';

type Point = OverviewView['series'][number];
type DeviceTraffic = OverviewView['devices'][number];

/** What a message counts as, in the totals. */
const KIND_OF_STATUS = {
  QUEUED: 'queued',
  DISPATCHED: 'dispatched',
  SENT: 'sent',
  DELIVERED: 'delivered',
  READ: 'read',
  FAILED: 'failed',
  RECEIVED: 'received',
} as const;
type Kind = (typeof KIND_OF_STATUS)[keyof typeof KIND_OF_STATUS];

const KIND_IN_SERIES: Record<Kind, keyof Omit<Point, 'at'>> = {
  queued: 'queued',
  dispatched: 'queued',
  sent: 'sent',
  delivered: 'delivered',
  read: 'delivered',
  failed: 'failed',
  received: 'received',
};

const KIND_OF_DEVICE: Record<Kind, keyof Omit<DeviceTraffic, 'device_id'>> = {
  queued: 'queued',
  dispatched: 'queued',
  sent: 'sent',
  delivered: 'sent',
  read: 'sent',
  failed: 'failed',
  received: 'received',
};

/** Counts what it is shown of messages and attempts. */
export class Tally {
  readonly #since: number;
  readonly #stepMs: number;
  readonly #totals = {
    queued: 0,
    dispatched: 0,
    sent: 0,
    delivered: 0,
    read: 0,
    failed: 0,
    canceled: 0,
    received: 0,
  };
  readonly #series: Point[];
  readonly #devices = new Map<string, DeviceTraffic>();
  readonly #toSent = new Latencies();
  readonly #toDelivered = new Latencies();
  readonly #webhook = new Latencies();

  /** Steps of `stepMs` from `since` to `now`. */
  constructor(since: number, now: number, stepMs: number) {
    this.#since = since;
    this.#stepMs = stepMs;
    const steps = Math.max(1, Math.ceil((now - since) / stepMs));
    this.#series = Array.from({ length: steps }, (_, index) => ({
      at: new Date(since + index * stepMs).toISOString(),
      queued: 0,
      sent: 0,
      delivered: 0,
      failed: 0,
      received: 0,
    }));
  }

  addMessage(message: MessageTraffic): void {
    if (message.from_me === 1) return;
    const kind = KIND_OF_STATUS[message.status];
    this.#totals[kind] += 1;
    if (kind === 'failed' && message.error_code === 'canceled') this.#totals.canceled += 1;
    const point = this.#pointOf(message.created_at);
    if (point) point[KIND_IN_SERIES[kind]] += 1;
    if (message.device_id !== null) this.#trafficOf(message.device_id)[KIND_OF_DEVICE[kind]] += 1;
    const { created_at, sent_at, delivered_at } = message;
    if (sent_at !== null) this.#toSent.add(sent_at - created_at);
    if (sent_at !== null && delivered_at !== null) this.#toDelivered.add(delivered_at - sent_at);
  }

  addAttempt(latencyMs: number): void {
    this.#webhook.add(latencyMs);
  }

  view(webhooks: WebhookCounts, truncated: boolean): OverviewView {
    return {
      since: new Date(this.#since).toISOString(),
      totals: { ...this.#totals },
      series: this.#series,
      latency: {
        to_sent: this.#toSent.view(),
        to_delivered: this.#toDelivered.view(),
        webhook: this.#webhook.view(),
      },
      devices: [...this.#devices.values()],
      webhooks,
      truncated,
    };
  }

  /** Around a moment when the clock was set back a message may lie a little outside: it counts at the end nearby. */
  #pointOf(at: number): Point | undefined {
    const index = Math.floor((at - this.#since) / this.#stepMs);
    return this.#series[Math.min(Math.max(index, 0), this.#series.length - 1)];
  }

  #trafficOf(device_id: string): DeviceTraffic {
    const known = this.#devices.get(device_id);
    if (known) return known;
    const traffic = { device_id, queued: 0, sent: 0, failed: 0, received: 0 };
    this.#devices.set(device_id, traffic);
    return traffic;
  }
}
