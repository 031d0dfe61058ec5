import type { MessageFilter } from '../../api/messages.ts';
import { CHANNEL_NAMES, CHANNELS } from '../../words.ts';

export const FILTERS = [
  'q',
  'phone',
  'conversation',
  'workspace',
  'status',
  'direction',
  'from_me',
  'channel',
  'device',
  'since',
  'until',
] as const;
export type FilterValues = Partial<Record<(typeof FILTERS)[number], string>>;

/** What the API is asked for. A whole number has an index; a part of one has none. */
export function readFilter({ q, phone, ...rest }: FilterValues): MessageFilter {
  const number = wholeNumber(q ?? '');
  const asked = number === undefined ? { q: q && bare(q), phone } : { phone: number };
  return Object.fromEntries(
    Object.entries({ ...asked, ...rest }).filter(([, value]) => value !== undefined),
  ) as MessageFilter;
}

/** E.164, however it is typed: "+1 (214) 555-0100". */
function wholeNumber(text: string): string | undefined {
  const digits = text.replaceAll(/[\s().-]/g, '');
  return /^\+\d{8,15}$/.test(digits) ? digits : undefined;
}

/** Digits that are set as a phone number is, "(214) 555-0100", without what is between them. */
function bare(text: string): string {
  return /^[\d\s().-]+$/.test(text) && /[\s()]/.test(text) ? text.replaceAll(/\D/g, '') : text;
}

const STATUSES = [
  { value: 'QUEUED', label: 'Queued' },
  { value: 'DISPATCHED', label: 'Dispatched' },
  { value: 'SENT', label: 'Sent' },
  { value: 'SENT,DELIVERED,READ', label: 'Sent or later' },
  { value: 'DELIVERED', label: 'Delivered' },
  { value: 'DELIVERED,READ', label: 'Delivered or read' },
  { value: 'READ', label: 'Read' },
  { value: 'FAILED', label: 'Failed' },
  { value: 'RECEIVED', label: 'Received' },
];

/** With the one that an address asks for, whichever statuses it puts together. */
export function statusChoices(asked = ''): { value: string; label: string }[] {
  if (STATUSES.some(({ value }) => value === asked)) return STATUSES;
  const labels = asked.split(',').map((one) => STATUSES.find(({ value }) => value === one)?.label);
  return labels.includes(undefined) ? STATUSES : [...STATUSES, { value: asked, label: labels.join(', ') }];
}

export const DIRECTIONS = [
  { value: 'out', label: 'Sent by clients' },
  { value: 'in', label: 'Received' },
];

/** Of what the owner of a device typed on it. */
export const ECHOES = [
  { value: 'false', label: 'Left out' },
  { value: 'true', label: 'Nothing else' },
];

export const CHANNEL_CHOICES = CHANNELS.map((value) => ({ value, label: CHANNEL_NAMES[value] }));
