import type { Selectable } from 'kysely';
import type { Channel } from '../../shared/channels.ts';
import type { ExtraEvent } from '../../shared/extra-events.ts';
import { failure } from '../../shared/failure-codes.ts';
import type { Finding } from '../../shared/wire/health.ts';
import type { Pace } from '../../shared/wire/settings.ts';
import type {
  Attempt,
  AttemptError,
  Delivery,
  Device,
  Header,
  Message,
  Routes,
  Workspace,
} from './records.ts';
import type { AttemptRow, DeliveryRow, DeviceRow, MessageRow, WorkspaceRow } from './schema.ts';
import type { Vault } from './vault.ts';

/** Where a workspace's sealed values lie: the vault binds each to its row and column. */
function sealPlace(locationId: string, column: 'headers' | 'signing_secret' | 'previous_secret'): string {
  return `workspaces/${locationId}/${column}`;
}

export function sealHeaders(vault: Vault, locationId: string, headers: Header[]): string {
  return vault.seal(JSON.stringify(headers), sealPlace(locationId, 'headers'));
}

export function sealSigningSecret(vault: Vault, locationId: string, secret: string): string {
  return vault.seal(secret, sealPlace(locationId, 'signing_secret'));
}

export function sealPreviousSecret(vault: Vault, locationId: string, secret: string): string {
  return vault.seal(secret, sealPlace(locationId, 'previous_secret'));
}

export function toWorkspace(row: Selectable<WorkspaceRow>, vault: Vault): Workspace {
  const {
    seq: _,
    headers,
    signing_secret,
    previous_secret,
    connected,
    require_api_key,
    webhook_enabled,
    channels,
    extra_events,
    routes,
    deleted_at: _gone,
    ...rest
  } = row;
  return {
    ...rest,
    headers: JSON.parse(vault.open(headers, sealPlace(row.location_id, 'headers'))) as Header[],
    signing_secret: vault.open(signing_secret, sealPlace(row.location_id, 'signing_secret')),
    previous_secret:
      previous_secret === null
        ? null
        : vault.open(previous_secret, sealPlace(row.location_id, 'previous_secret')),
    connected: connected === 1,
    require_api_key: require_api_key === 1,
    webhook_enabled: webhook_enabled === 1,
    channels: JSON.parse(channels) as Channel[],
    extra_events: JSON.parse(extra_events) as ExtraEvent[],
    routes: JSON.parse(routes) as Routes,
  };
}

export function toDevice(row: Selectable<DeviceRow>): Device {
  const { seq: _, token_hash: __, channels, findings, pace, paused, ...rest } = row;
  return {
    ...rest,
    channels: JSON.parse(channels) as Channel[],
    findings: JSON.parse(findings) as Finding[],
    pace: JSON.parse(pace) as Pace,
    paused: paused === 1,
  };
}

export function toMessage(row: Selectable<MessageRow>): Message {
  return {
    id: row.id,
    direction: row.direction,
    location_id: row.location_id,
    message_id: row.message_id,
    user_id: row.user_id,
    phone: row.phone,
    text: row.text,
    attachments: JSON.parse(row.attachments) as string[],
    channel: row.channel,
    status: row.status,
    device_id: row.device_id,
    group_id: row.group_id,
    from_me: row.from_me === 1,
    only_device: row.only_device === '' ? null : row.only_device,
    offered: row.offered_at !== null,
    resend_of: row.resend_of,
    waits_for_files: row.held > 0,
    error: row.error_code
      ? { code: row.error_code, message: row.error_message ?? failure(row.error_code).message }
      : null,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

/** What receivers know an event by, the same at every attempt. */
export function webhookId(deliveryId: string): string {
  return `msg_${deliveryId}`;
}

export function toDelivery(
  row: Omit<Selectable<DeliveryRow>, 'body'> & { message: string | null; told: string | null },
): Delivery {
  return {
    id: row.id,
    webhook_id: webhookId(row.id),
    location_id: row.location_id,
    message: row.message,
    phone: row.phone,
    type: row.type,
    event_status: row.told === null ? null : (JSON.parse(row.told) as { status: string }).status,
    status: row.status,
    attempts: row.attempts,
    next_attempt_at: row.next_attempt_at,
    last_error: row.last_error,
    created_at: row.created_at,
  };
}

export function toAttempt(row: Selectable<AttemptRow>): Attempt {
  const { delivery_seq: _, n, error, ...rest } = row;
  return { attempt: n, ...rest, error: error as AttemptError | null };
}
