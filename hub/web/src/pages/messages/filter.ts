import type { MessageFilter } from '../../api/messages.ts';
import { CHANNEL_NAMES, CHANNELS } from '../../words.ts';

export const FILTERS = [
  'q',
  'phone',
  'conversation',
  'workspace',
  'status',
  'direction',
  'channel',
  'device',
  'since',
  'until',
] as const;
export type FilterValues = Partial<Record<(typeof FILTERS)[number], string>>;

/** What the API is asked for. A whole number has an index; a part of one has none. */
export function readFilter({ q, phone, ...rest }: FilterValues): MessageFilter {
  const number = wholeNumber(q ?? '');
  const asked = number === undefined ? { q, phone } : { phone: number };
  return Object.fromEntries(
    Object.entries({ ...asked, ...rest }).filter(([, value]) => value !== undefined),
  ) as MessageFilter;
}

/** E.164, however it is typed: "+1 (214) 555-0100". */
function wholeNumber(text: string): string | undefined {
  const digits = text.replaceAll(/[\s().-]/g, '');
  return /^\+\d{8,15}$/.test(digits) ? digits : undefined;
}

export const STATUSES = [
  { value: 'QUEUED', label: 'Queued' },
  { value: 'DISPATCHED', label: 'Dispatched' },
  { value: 'SENT', label: 'Sent' },
  { value: 'DELIVERED', label: 'Delivered' },
  { value: 'READ', label: 'Read' },
  { value: 'FAILED', label: 'Failed' },
  { value: 'RECEIVED', label: 'Received' },
];

export const DIRECTIONS = [
  { value: 'out', label: 'Sent by clients' },
  { value: 'in', label: 'Received' },
];

export const CHANNEL_CHOICES = CHANNELS.map((value) => ({ value, label: CHANNEL_NAMES[value] }));
