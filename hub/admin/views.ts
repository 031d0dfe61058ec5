import type { ApiKeyView } from '../../shared/api/api-keys.ts';
import type { DeliveryView, DeliveryWithAttemptsView } from '../../shared/api/deliveries.ts';
import type { DeviceView } from '../../shared/api/devices.ts';
import type { MessageView } from '../../shared/api/messages.ts';
import { MASK, type WorkspaceView } from '../../shared/api/workspaces.ts';
import { blocksSending } from '../../shared/wire/health.ts';
import type { Scope } from '../api/route.ts';
import type {
  ApiKey,
  Assignment,
  Attempt,
  Delivery,
  DeliveryWithBody,
  Device,
  Message,
  Page,
  Workspace,
} from '../store/records.ts';
import { maySeeDevice } from './lookups.ts';

/** Epoch milliseconds as RFC 3339 in UTC. */
export function showTime(at: number): string {
  return new Date(at).toISOString();
}

/** The same, or null for what has not happened. */
export function showTimeOrNull(at: number | null): string | null {
  return at === null ? null : showTime(at);
}

/** A page with each item as callers see it. */
export function showPage<Item, View>(page: Page<Item>, show: (item: Item) => View): Page<View> {
  return { items: page.items.map(show), next_cursor: page.next_cursor };
}

/**
 * A workspace without its secrets: header values are masked, the signing secret is absent. So are devices that the
 * caller does not see.
 */
export function showWorkspace(
  workspace: Workspace,
  assignments: Assignment[],
  scope: Scope | undefined,
): WorkspaceView {
  const seen = assignments.filter(({ device_id }) => maySeeDevice(scope, device_id));
  const byDevice = Map.groupBy(seen, (assignment) => assignment.device_id);
  return {
    location_id: workspace.location_id,
    name: workspace.name,
    address: workspace.address,
    email: workspace.email,
    phone: workspace.phone,
    url: workspace.url,
    headers: workspace.headers.map(({ key }) => ({ key, value: MASK })),
    connected: workspace.connected,
    require_api_key: workspace.require_api_key,
    channels: workspace.channels,
    extra_events: workspace.extra_events,
    webhook_enabled: workspace.webhook_enabled,
    webhook_disabled_reason: workspace.webhook_disabled_reason,
    webhook_failing_since: showTimeOrNull(workspace.failing_since),
    previous_secret_until: showTimeOrNull(workspace.previous_secret_until),
    devices: [...byDevice].map(([device_id, ofDevice]) => ({
      device_id,
      channels: ofDevice.map((assignment) => assignment.channel),
    })),
    served_channels: [...new Set(assignments.map(({ channel }) => channel))],
    created_at: showTime(workspace.created_at),
    updated_at: showTime(workspace.updated_at),
  };
}

export function showApiKey({ id, name, created_at, last_used_at }: ApiKey): ApiKeyView {
  return { id, name, created_at: showTime(created_at), last_used_at: showTimeOrNull(last_used_at) };
}

export function showDevice(
  device: Device,
  { online, manageable }: Pick<DeviceView, 'online' | 'manageable'>,
): DeviceView {
  return {
    id: device.id,
    kind: device.kind,
    name: device.name,
    address: device.address,
    channels: device.channels,
    status: statusOf(device, online),
    online,
    paused: device.paused,
    paired_at: showTimeOrNull(device.paired_at),
    last_seen_at: showTimeOrNull(device.last_seen_at),
    bridge_version: device.bridge_version,
    os_version: device.os_version,
    hostname: device.hostname,
    findings: device.findings,
    pace: device.pace,
    created_at: showTime(device.created_at),
    manageable,
  };
}

function statusOf(device: Device, online: boolean): DeviceView['status'] {
  if (device.paired_at === null) return 'unpaired';
  if (device.paused) return 'paused';
  if (!online) return 'offline';
  return blocksSending(device.findings) ? 'blocked' : 'online';
}

export function showMessage({ text, ...message }: Message): MessageView {
  return {
    id: message.id,
    direction: message.direction,
    location_id: message.location_id,
    message_id: message.message_id,
    user_id: message.user_id,
    phone: message.phone,
    message: text,
    attachments: message.attachments,
    channel: message.channel,
    status: message.status,
    device_id: message.device_id,
    group_id: message.group_id,
    from_me: message.from_me,
    error: message.error,
    resend_of: message.resend_of,
    created_at: showTime(message.created_at),
    updated_at: showTime(message.updated_at),
  };
}

export function showDelivery(delivery: Delivery): DeliveryView {
  return {
    id: delivery.id,
    webhook_id: delivery.webhook_id,
    location_id: delivery.location_id,
    message: delivery.message,
    phone: delivery.phone,
    type: delivery.type,
    event_status: delivery.event_status,
    status: delivery.status,
    attempts: delivery.attempts,
    next_attempt_at: showTimeOrNull(delivery.next_attempt_at),
    last_error: delivery.last_error,
    created_at: showTime(delivery.created_at),
  };
}

export function showDeliveryWithAttempts(
  delivery: DeliveryWithBody,
  attempts: Attempt[],
): DeliveryWithAttemptsView {
  return {
    ...showDelivery(delivery),
    payload: JSON.parse(delivery.body) as Record<string, unknown>,
    attempt_log: attempts.map((attempt) => ({ ...attempt, at: showTime(attempt.at) })),
  };
}
