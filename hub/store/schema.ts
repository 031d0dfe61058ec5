import type { GeneratedAlways } from 'kysely';
import type { Channel, DeviceKind } from '../../shared/channels.ts';
import type { FailureCode } from '../../shared/failure-codes.ts';
import type { DeliveryStatus, Message } from './records.ts';

/**
 * The rows, the same on every database: times are epoch milliseconds, truth values 0 or 1, lists and objects JSON text.
 * `seq` orders rows as they came and never leaves the store except as a cursor.
 */
export interface Schema {
  meta: { name: string; value: string };
  workspaces: WorkspaceRow;
  api_keys: ApiKeyRow;
  devices: DeviceRow;
  enrollments: EnrollmentRow;
  assignments: AssignmentRow;
  journals: { device_id: string; journal_id: string; acked_seq: number; seen_at: number };
  conversations: ConversationRow;
  opt_outs: { location_id: string; phone: string; at: number };
  messages: MessageRow;
  timeline: TimelineRow;
  deliveries: DeliveryRow;
  attempts: AttemptRow;
}

export interface WorkspaceRow {
  seq: GeneratedAlways<number>;
  location_id: string;
  name: string;
  address: string | null;
  email: string | null;
  phone: string | null;
  url: string | null;
  /** Sealed JSON. */
  headers: string;
  /** Sealed. */
  signing_secret: string;
  connected: number;
  require_api_key: number;
  webhook_enabled: number;
  webhook_disabled_reason: string | null;
  /** Sealed. */
  previous_secret: string | null;
  previous_secret_until: number | null;
  failing_since: number | null;
  created_at: number;
  updated_at: number;
}

interface ApiKeyRow {
  seq: GeneratedAlways<number>;
  id: string;
  location_id: string;
  name: string;
  hash: string;
  created_at: number;
  last_used_at: number | null;
}

export interface DeviceRow {
  seq: GeneratedAlways<number>;
  id: string;
  kind: DeviceKind;
  name: string;
  address: string | null;
  channels: string;
  token_hash: string | null;
  paired_at: number | null;
  paused: number;
  last_seen_at: number | null;
  bridge_version: string | null;
  os_version: string | null;
  hostname: string | null;
  findings: string;
  created_at: number;
}

interface EnrollmentRow {
  code_hash: string;
  device_id: string;
  expires_at: number;
}

interface AssignmentRow {
  /** Order of assigning: kept when a replacement of the whole set names the same assignment again. */
  seq: GeneratedAlways<number>;
  location_id: string;
  device_id: string;
  channel: Channel;
}

/** The latest message, either way, between a workspace and a phone: where it went and when. */
interface ConversationRow {
  phone: string;
  location_id: string;
  device_id: string;
  last_at: number;
}

export interface MessageRow {
  seq: GeneratedAlways<number>;
  id: string;
  direction: 'out' | 'in';
  location_id: string | null;
  message_id: string;
  user_id: string | null;
  phone: string;
  text: string;
  attachments: string;
  channel: Channel;
  status: Message['status'];
  device_id: string | null;
  /** Messages' guid, of inbound messages. */
  guid: string | null;
  /** JSON of the group chat an inbound message was in. */
  group_chat: string | null;
  error_code: FailureCode | null;
  error_message: string | null;
  content_hash: string | null;
  expires_at: number | null;
  /** When it was first offered to its device: from then on no other device may have it. */
  offered_at: number | null;
  owner: string | null;
  lease_until: number | null;
  /** Rows of its timeline. */
  steps: number;
  created_at: number;
  updated_at: number;
}

interface TimelineRow {
  message_seq: number;
  n: number;
  at: number;
  status: string;
  source: string;
  detail: string | null;
}

export interface DeliveryRow {
  seq: GeneratedAlways<number>;
  id: string;
  location_id: string;
  phone: string;
  message_seq: number;
  type: string;
  body: string;
  status: DeliveryStatus;
  /** Attempts begun, in all. */
  attempts: number;
  /** Attempts begun since it was last made due by hand: where it stands in the retry schedule. */
  tries: number;
  /** Null while an older delivery of the conversation is pending, and when nothing more is due. */
  next_attempt_at: number | null;
  owner: string | null;
  lease_until: number | null;
  last_error: string | null;
  created_at: number;
}

export interface AttemptRow {
  delivery_seq: number;
  n: number;
  at: number;
  latency_ms: number;
  http_status: number | null;
  error: string | null;
  error_message: string | null;
  response: string | null;
}
