import type { MIN_PASSWORD as API_MIN_PASSWORD } from '../../../shared/api/accounts.ts';
import type { AuditAction } from '../../../shared/api/audit.ts';
import type { MASK as API_MASK } from '../../../shared/api/workspaces.ts';
import type { Channel, DeviceKind } from '../../../shared/channels.ts';
import type { ExtraEvent } from '../../../shared/extra-events.ts';

// The API's own lists, with what people call their items. The compiler holds each to the API's type; the lists themselves
// come with zod, which the panel's first load does without.

export const CHANNEL_NAMES: Record<Channel, string> = {
  imessage: 'iMessage',
  sms: 'SMS',
  rcs: 'RCS',
  whatsapp: 'WhatsApp',
};

export const CHANNELS = Object.keys(CHANNEL_NAMES) as Channel[];

export const KIND_NAMES: Record<DeviceKind, string> = {
  mac: 'Mac',
  android: 'Android SIM',
  whatsapp: 'WhatsApp number',
};

export const KINDS = Object.keys(KIND_NAMES) as DeviceKind[];

export const CHANNELS_OF_KIND: Record<DeviceKind, readonly Channel[]> = {
  mac: ['imessage', 'sms', 'rcs'],
  android: ['sms'],
  whatsapp: ['whatsapp'],
};

export const EXTRA_EVENT_WORDS: Record<ExtraEvent, [name: string, meaning: string]> = {
  echo: ['Echoes', 'Messages typed on the device itself: MESSAGE with isMe true.'],
  read: ['Read receipts', 'READ after DELIVERED, where the recipient lets it be known.'],
  reaction: ['Reactions', 'REACTION: a tapback put on a message or taken away.'],
  edit: ['Edits', 'EDIT: a message got other words.'],
  unsend: ['Unsends', 'UNSEND: a message was taken back.'],
  group: ['Group chats', 'Messages, and all of the above, in groups.'],
};

export const EXTRA_EVENTS = Object.keys(EXTRA_EVENT_WORDS) as ExtraEvent[];

/** Stands for a header's stored value, which the API does not show. */
export const MASK: typeof API_MASK = '••••';

/** Characters. */
export const MIN_PASSWORD: typeof API_MIN_PASSWORD = 12;

export const ACTION_WORDS: Record<AuditAction, string> = {
  'workspace.create': 'Workspace added',
  'workspace.update': 'Workspace changed',
  'workspace.delete': 'Workspace deleted',
  'workspace.connect': 'Workspace connected',
  'workspace.disconnect': 'Workspace disconnected',
  'workspace.devices': 'Devices assigned',
  'workspace.routing': 'Routes changed',
  'workspace.rotate_secret': 'Signing secret rotated',
  'workspace.reveal_headers': 'Header values revealed',
  'workspace.test': 'Test event sent',
  'workspace.replay': 'Events replayed',
  'workspace.retry_pending': 'Pending events tried at once',
  'api_key.create': 'API key created',
  'api_key.revoke': 'API key revoked',
  'enrollment.create': 'Device enrolled',
  'enrollment.renew': 'Code of a device renewed',
  'device.update': 'Device changed',
  'device.pause': 'Device paused',
  'device.resume': 'Device resumed',
  'device.delete': 'Device revoked',
  'message.cancel': 'Message canceled',
  'message.resend': 'Message sent again',
  'delivery.retry': 'Delivery retried',
  'setup_link.create': 'Set-up link made',
  'user.create': 'User added',
  'user.update': 'User changed',
  'user.delete': 'User deleted',
  'user.invite': 'User invited again',
  'user.join': 'User joined',
  'user.login': 'Signed in',
  'user.login_failed': 'Sign-in failed',
  'user.logout': 'Signed out',
  'user.end_sessions': 'Sessions ended',
  'user.change_password': 'Password changed',
  'user.reset_password': 'Password reset',
  'user.enable_two_factor': 'Second factor on',
  'user.disable_two_factor': 'Second factor off',
};

export const ACTIONS = Object.keys(ACTION_WORDS) as AuditAction[];
