import type { FailureCode } from '../../shared/failure-codes.ts';
import type { Message } from './records.ts';

/** Rows by their `seq`: from this one on, and below that one. */
export interface TrafficSpan {
  from: number;
  before: number;
}

/** A step of a walk from the newest row of a span down. */
export interface TrafficWalk extends TrafficSpan {
  /** Of this workspace alone; undefined: of all. */
  workspace: string | undefined;
  /** Messages, or deliveries, looked at. */
  limit: number;
}

export interface TrafficSlice<Row> {
  rows: Row[];
  /** Below which `seq` the walk goes on; undefined at its end. */
  next: number | undefined;
}

/** What an overview counts of a message. */
export interface MessageTraffic {
  status: Message['status'];
  /** 1 where the device's owner wrote it. */
  from_me: number;
  error_code: FailureCode | null;
  device_id: string | null;
  created_at: number;
  /** When the device first saw it sent, and delivered, by its own clock. */
  sent_at: number | null;
  delivered_at: number | null;
}

export interface WebhookCounts {
  /** Workspaces whose webhook fails, or is switched off. */
  failing: number;
  disabled: number;
  /** Deliveries, counted up to 100,000 each. */
  pending: number;
  dead: number;
  recorded: number;
}

/** What an overview is made of, in steps so short that nothing waits for them. */
export interface TrafficStore {
  /** Where messages, and deliveries, from `since` on lie; nearby, where the clock was set back. */
  findTrafficSince(since: number): Promise<{ messages: TrafficSpan; deliveries: TrafficSpan }>;
  readMessageTraffic(walk: TrafficWalk): Promise<TrafficSlice<MessageTraffic>>;
  /** Milliseconds that each attempt to deliver took. */
  readAttemptTraffic(walk: TrafficWalk): Promise<TrafficSlice<number>>;
  /** Of these workspaces; undefined: of all. */
  countWebhooks(workspaces: readonly string[] | undefined): Promise<WebhookCounts>;
}
