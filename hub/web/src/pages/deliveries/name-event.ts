import type { Delivery } from '../../api/deliveries.ts';

const NAMES: Record<string, string> = {
  'STATUS-UPDATE': 'Status update',
  MESSAGE: 'Message received',
  REACTION: 'Reaction',
  EDIT: 'Edit',
  UNSEND: 'Message taken back',
};

export const EVENT_TYPES = Object.entries(NAMES).map(([value, label]) => ({ value, label }));

/** What an event is, with the status that it tells. */
export function nameEvent({ type, event_status }: Pick<Delivery, 'type' | 'event_status'>): string {
  const name = NAMES[type] ?? type;
  return event_status === null ? name : `${name}: ${event_status}`;
}

/** Classes of failed attempts, as the API names them. */
const ERRORS: Record<string, string> = {
  dns_error: 'Name not found',
  connection_refused: 'Connection refused',
  connection_reset: 'Connection closed',
  timeout: 'Time-out',
  tls_error: 'TLS error',
  http_status: 'No success',
  blocked_address: 'Blocked address',
  other: 'Not sent',
};

export function nameError(error: string): string {
  return ERRORS[error] ?? error;
}
