import type { Channel, DeviceKind } from '../../shared/channels.ts';
import type { ExtraEvent } from '../../shared/extra-events.ts';
import type { Failure } from '../../shared/failure-codes.ts';
import type { MessageStatus } from '../../shared/status-ladder.ts';
import type { WireFile } from '../../shared/wire/files.ts';
import type { Finding } from '../../shared/wire/health.ts';
import type { JournalEntry } from '../../shared/wire/journal.ts';
import type { Pace } from '../../shared/wire/settings.ts';

export type { Acceptance } from '../../shared/wire/acceptance.ts';
export type {
  Attempt,
  AttemptError,
  ClaimedDelivery,
  Delivery,
  DeliveryFilter,
  DeliveryStatus,
  DeliveryWithBody,
  KeptCounts,
  QueueCounts,
  SettledDelivery,
} from './delivery-records.ts';

/** `limit` 1–200; `cursor` is what the page before answered as `next_cursor`. Newest first. */
export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export interface Header {
  key: string;
  value: string;
}

export interface Workspace {
  location_id: string;
  name: string;
  address: string | null;
  email: string | null;
  phone: string | null;
  url: string | null;
  headers: Header[];
  /** `whsec_…` */
  signing_secret: string;
  connected: boolean;
  require_api_key: boolean;
  webhook_enabled: boolean;
  webhook_disabled_reason: string | null;
  /** The signing secret before the last rotation, and until when events are signed with it as well. */
  previous_secret: string | null;
  previous_secret_until: number | null;
  /** When the webhook began to fail without a success since; null while it works, or was never tried. */
  failing_since: number | null;
  /** What it uses: its devices serve it on no other. */
  channels: Channel[];
  /** What it is told of beyond statuses and inbound one-to-one messages. */
  extra_events: ExtraEvent[];
  routes: Routes;
  created_at: number;
  updated_at: number;
}

/** For a channel that a client asks for: the channels to try, in turn, beginning with itself. Unnamed: itself alone. */
export type Routes = Partial<Record<Channel, Channel[]>>;

export type NewWorkspace = Pick<
  Workspace,
  | 'location_id'
  | 'name'
  | 'address'
  | 'email'
  | 'phone'
  | 'url'
  | 'headers'
  | 'signing_secret'
  | 'connected'
  | 'require_api_key'
> &
  Partial<Pick<Workspace, 'channels' | 'extra_events' | 'routes'>>;

export type WorkspaceChanges = Partial<
  Omit<Workspace, 'location_id' | 'failing_since' | 'created_at' | 'updated_at'>
>;

/** Device X serves workspace Y on this channel. */
export interface Assignment {
  location_id: string;
  device_id: string;
  channel: Channel;
}

export interface ApiKey {
  id: string;
  name: string;
  created_at: number;
  last_used_at: number | null;
}

export interface NewApiKey {
  id: string;
  location_id: string;
  name: string;
  /** SHA-256, hex. */
  hash: string;
  created_at: number;
}

export interface Device {
  id: string;
  kind: DeviceKind;
  name: string;
  /** Its own number or e-mail address. */
  address: string | null;
  channels: Channel[];
  paired_at: number | null;
  paused: boolean;
  last_seen_at: number | null;
  bridge_version: string | null;
  os_version: string | null;
  hostname: string | null;
  findings: Finding[];
  pace: Pace;
  created_at: number;
  /** Id of the user who announced it. */
  enrolled_by: string | null;
}

export type DeviceChanges = Partial<Pick<Device, 'name' | 'address' | 'channels' | 'paused' | 'pace'>>;

/** Of a list: only what has one of these ids. */
export interface Within {
  within?: readonly string[] | undefined;
}

export interface Enrollment {
  device: Pick<Device, 'id' | 'kind' | 'name' | 'address' | 'channels'> & { enrolled_by?: string | null };
  /** SHA-256 of the one-time code, hex. */
  code_hash: string;
  expires_at: number;
}

export interface CodeRenewal extends Pick<Enrollment, 'code_hash' | 'expires_at'> {
  device_id: string;
}

export interface RedeemRequest {
  code_hash: string;
  kind: DeviceKind;
  /** SHA-256 of the new device token, hex. */
  token_hash: string;
  bridge_version: string;
  os_version: string;
  hostname: string;
}

export interface NewMessage {
  id: string;
  location_id: string;
  message_id: string;
  user_id: string;
  /** E.164 or a lower-case e-mail address. */
  phone: string;
  text: string;
  attachments: string[];
  channel: Channel;
  /** SHA-256 over everything that makes the content, hex: tells a repetition from a conflict. */
  content_hash: string;
  expires_at: number;
  /** Of a message to a group: the one device that is in it; `phone` is then the group's name among clients. */
  only_device?: string | undefined;
}

/** A group chat of one device. `id` is what clients write: `group:<uuid>`. */
export interface Group {
  id: string;
  device_id: string;
  channel: Channel;
  name: string | null;
  participants: string[];
}

export interface Message {
  id: string;
  direction: 'out' | 'in';
  /** null for an inbound message that no connected workspace was there for. */
  location_id: string | null;
  message_id: string;
  user_id: string | null;
  phone: string;
  text: string;
  attachments: string[];
  channel: Channel;
  /** Inbound messages are RECEIVED. */
  status: MessageStatus | 'RECEIVED';
  device_id: string | null;
  /** `group:<uuid>` of the group it was written in. */
  group_id: string | null;
  /** The owner of the device wrote it there: neither a client nor somebody else did. */
  from_me: boolean;
  /** Of an outgoing message to a group: the one device that is in it. */
  only_device: string | null;
  /** Of one that was sent again: the id of the message that it all began with. */
  resend_of: string | null;
  /** Whether it was offered to its device: from then on no other may have it. */
  offered: boolean;
  /** Queued, and not to be routed before its files, or those of one before it, are there. */
  waits_for_files: boolean;
  error: Failure | null;
  created_at: number;
  updated_at: number;
}

export interface MessageFilter {
  workspace?: string | undefined;
  /** location_ids of the workspaces whose messages may be listed; undefined: of all, and those of none. */
  within?: readonly string[] | undefined;
  phone?: string | undefined;
  /** Phone, without what was written in groups, or `group:<uuid>`: both ways. */
  conversation?: string | undefined;
  device?: string | undefined;
  /** Any of these. */
  status?: readonly Message['status'][] | undefined;
  channel?: Channel | undefined;
  direction?: 'out' | 'in' | undefined;
  /** Written on the device by its owner. */
  from_me?: boolean | undefined;
  /** The id that a client gave its message, whole. An index serves it within a workspace alone. */
  message_id?: string | undefined;
  /** Part of the client's message_id, the hub's id or the phone. */
  q?: string | undefined;
  /** Epoch milliseconds: not from before, and from before. */
  since?: number | undefined;
  until?: number | undefined;
}

/** One step of a message's way. `source` says who learnt it: `hub`, or `device`. */
export interface TimelineEvent {
  at: number;
  status: string;
  source: string;
  detail: string | null;
}

export interface ClaimedSend {
  id: string;
  location_id: string;
  phone: string;
  /** What the device is to write to: the phone, or with `to_group` the group as the device calls it. */
  to: string;
  to_group: boolean;
  text: string;
  attachments: WireFile[];
  channel: Channel;
  fallbacks: Channel[];
  expires_at: number;
}

/** `more`: the device has further messages waiting, behind what this claim offers or left unanswered. */
export interface ClaimedSends {
  sends: ClaimedSend[];
  more: boolean;
}

/** A device's journal batch once each entry was judged alone: one that nobody can read is passed over. */
export interface JudgedBatch {
  journal_id: string;
  entries: { seq: number; entry: JournalEntry | undefined }[];
}
