import type { GeneratedAlways } from 'kysely';
import type { AuditAction, AuditTarget } from '../../shared/api/audit.ts';
import type { NoticeKind } from '../../shared/api/notices.ts';
import type { Channel, DeviceKind } from '../../shared/channels.ts';
import type { FailureCode } from '../../shared/failure-codes.ts';
import type { AccountTables } from './account-rows.ts';
import type { DeliveryStatus, Message } from './records.ts';

/**
 * The rows, the same on every database: times are epoch milliseconds, truth values 0 or 1, lists and objects JSON text.
 * `seq` orders rows as they came and never leaves the store except as a cursor.
 */
export interface Schema extends AccountTables {
  meta: { name: string; value: string };
  workspaces: WorkspaceRow;
  api_keys: ApiKeyRow;
  devices: DeviceRow;
  enrollments: EnrollmentRow;
  assignments: AssignmentRow;
  journals: JournalRow;
  set_aside: SetAsideRow;
  conversations: ConversationRow;
  groups: GroupRow;
  /** Reactions, edits and unsends that a device has reported: each is told once. */
  extras: { device_id: string; guid: string; kind: string; at: number };
  opt_outs: { location_id: string; phone: string; at: number };
  messages: MessageRow;
  timeline: TimelineRow;
  deliveries: DeliveryRow;
  attempts: AttemptRow;
  files: FileRow;
  attachments: AttachmentRow;
  file_grants: { device_id: string; sha256: string };
  /** Files that a device handed over and that no message has named yet. */
  uploads: { device_id: string; sha256: string; size: number };
  notices: NoticeRow;
  audit: AuditRow;
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
  channels: string;
  extra_events: string;
  routes: string;
  created_at: number;
  updated_at: number;
  /** From then on nobody sees it; the row goes when all that belongs to it is gone. */
  deleted_at: number | null;
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
  pace: string;
  created_at: number;
  /** Id of the user who announced it; null for an admin's, and once that user is gone. */
  enrolled_by: string | null;
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

interface JournalRow {
  device_id: string;
  journal_id: string;
  acked_seq: number;
  /** When the hub first heard of it: what it tells from before may have been told by one before it. */
  created_at: number;
  seen_at: number;
}

/** A journal entry that the database would not take, as it came. */
interface SetAsideRow {
  device_id: string;
  journal_id: string;
  seq: number;
  entry: string;
  error: string;
  at: number;
}

/** The latest message, either way, between a workspace and a phone: where it went and when. */
interface ConversationRow {
  phone: string;
  location_id: string;
  device_id: string;
  last_at: number;
}

/** A group chat as one device sees it; `id` without the `group:` that clients write before it. */
interface GroupRow {
  id: string;
  device_id: string;
  /** What the device calls it. */
  wire_id: string;
  channel: Channel;
  name: string | null;
  participants: string;
  seen_at: number;
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
  /** Messages' guid; of an outgoing message once the device has reported it. */
  guid: string | null;
  /** The group it was written in, as clients name it: `group:<uuid>`. */
  group_id: string | null;
  /** Of an outgoing message to a group: the one device that is in it. Else empty. */
  only_device: string;
  /** Of a message that a device reported: its owner wrote it. */
  from_me: number;
  error_code: FailureCode | null;
  error_message: string | null;
  content_hash: string | null;
  /** Of one that was sent again: the id of the message that it all began with. */
  resend_of: string | null;
  expires_at: number | null;
  /** When it was first offered to its device: from then on no other device may have it. */
  offered_at: number | null;
  owner: string | null;
  lease_until: number | null;
  /** Not to be routed yet: 2 while it waits for its own files, 1 behind one of its conversation that does. */
  held: number;
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
  /** Null when it is about a message that the hub does not know. */
  message_seq: number | null;
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

/** Content that the hub has whole, by its SHA-256. */
interface FileRow {
  sha256: string;
  size: number;
  /** What the content shows itself to be. */
  mime_type: string;
  /** When a message last came to need it. */
  used_at: number;
  /** Kept until then at least: the end of the last link to it, or of the last message that waits with it. */
  needed_until: number;
}

/** One file of a message, in its place among them. */
interface AttachmentRow {
  message_seq: number;
  n: number;
  /** Outgoing: whose fetch it is. */
  location_id: string | null;
  state: 'waiting' | 'ready' | 'unavailable';
  /** Outgoing: where it is fetched from. */
  url: string | null;
  host: string | null;
  /** Fetches begun. */
  tries: number;
  next_try_at: number | null;
  owner: string | null;
  lease_until: number | null;
  sha256: string | null;
  name: string | null;
  mime_type: string | null;
  size: number | null;
}

/** Something about a workspace that an operator should know of, until it is resolved. */
interface NoticeRow {
  seq: GeneratedAlways<number>;
  id: string;
  location_id: string;
  kind: NoticeKind;
  since: number;
  detail: string;
  created_at: number;
  resolved_at: number | null;
}

/** A change that somebody made through the admin API. It outlives what it was about. */
interface AuditRow {
  seq: GeneratedAlways<number>;
  id: string;
  at: number;
  actor: string;
  action: AuditAction;
  target_kind: AuditTarget['kind'];
  target_id: string;
  location_id: string | null;
  /** JSON without secrets, header values and message texts. */
  changes: string;
  request_id: string;
  source: string;
}
