import type { Header } from './records.ts';

export type DeliveryStatus = 'pending' | 'delivered' | 'dead' | 'recorded';

export interface Delivery {
  id: string;
  webhook_id: string;
  location_id: string;
  /** Id of the message that it is about; null when the hub does not know that one. */
  message: string | null;
  /** Of its conversation: a phone, an e-mail address or a group. */
  phone: string;
  type: string;
  /** The status that a STATUS-UPDATE tells. */
  event_status: string | null;
  status: DeliveryStatus;
  attempts: number;
  next_attempt_at: number | null;
  last_error: string | null;
  created_at: number;
}

/** With the JSON that is POSTed. */
export interface DeliveryWithBody extends Delivery {
  body: string;
}

export interface DeliveryFilter {
  workspace?: string | undefined;
  /** location_ids of the workspaces whose events may be listed; undefined: of all. */
  within?: readonly string[] | undefined;
  status?: DeliveryStatus | undefined;
  type?: string | undefined;
  /** Id of the message that they are about. */
  message?: string | undefined;
  /** Epoch milliseconds: not from before, and from before. */
  since?: number | undefined;
  until?: number | undefined;
}

/** Deliveries that a replay would send again, counted up to 100,000 each. */
export interface KeptCounts {
  dead: number;
  recorded: number;
}

export interface ClaimedDelivery {
  id: string;
  webhook_id: string;
  location_id: string;
  type: string;
  /** The JSON to POST, byte for byte the same at every attempt. */
  body: string;
  /** Number of this attempt, 1 for the first. */
  attempt: number;
  created_at: number;
  url: string;
  headers: Header[];
  signing_secret: string;
  /** Signs too, while receivers change over after a rotation. */
  previous_secret: string | null;
  /** Since when every attempt to reach this workspace's webhook failed; null when the last did not. */
  failing_since: number | null;
}

export type AttemptError =
  | 'dns_error'
  | 'connection_refused'
  | 'connection_reset'
  | 'timeout'
  | 'tls_error'
  | 'http_status'
  | 'blocked_address'
  | 'other';

/** One POST of a delivery. */
export interface Attempt {
  attempt: number;
  at: number;
  latency_ms: number;
  http_status: number | null;
  error: AttemptError | null;
  error_message: string | null;
  /** The first 4 KiB of the answer. */
  response: string | null;
}

export interface SettledDelivery {
  id: string;
  /** Where the attempt went, so that what it says is not held against another address that was set meanwhile. */
  url?: string;
  attempt: Attempt;
  outcome:
    | { kind: 'delivered' }
    | { kind: 'retry'; at: number }
    | { kind: 'dead' }
    /** The endpoint asked not to be called again (410), or failed for five days: `reason` is shown to the admin. */
    | { kind: 'disable'; reason: string };
}

export interface QueueCounts {
  messages_queued: number;
  messages_dispatched: number;
  deliveries_pending: number;
  deliveries_dead: number;
  /** Age of the oldest delivery that is due, milliseconds; 0 when none is. */
  oldest_due_ms: number;
}
