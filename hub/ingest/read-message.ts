import { createHash } from 'node:crypto';
import { MAX_ATTACHMENTS, MAX_TEXT_CHARACTERS } from '../../shared/api/client-message.ts';
import { ApiError, type ApiErrorCode, type ErrorDetail } from '../../shared/api/errors.ts';
import { CHANNELS, type Channel } from '../../shared/channels.ts';
import { normalizeRecipient } from '../routing/recipient.ts';

const REQUIRED_FIELDS = ['location_id', 'user_id', 'phone', 'message', 'message_id', 'channel'] as const;

const MAX_ID_CHARACTERS = 128;
const MAX_URL_CHARACTERS = 8_192;
const GROUP = /^group:[0-9a-f-]{36}$/;

/** What a client asked for, as the hub keeps it. */
export interface ClientMessage {
  message_id: string;
  user_id: string;
  phone: string;
  text: string;
  attachments: string[];
  channel: Channel;
  /** SHA-256, hex, over all of the above but the message_id: a repetition has the same, whatever its spelling. */
  content_hash: string;
}

/** The body of a request as an object with none but its own fields. */
export type Fields = ReadonlyMap<string, unknown>;

interface Fault extends ErrorDetail {
  code: ApiErrorCode;
}

/** The fields of a parsed body. Throws invalid_json, and missing_field naming every required one that is not there. */
export function readFields(body: unknown): Fields {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ApiError('invalid_json', 'The body must be a JSON object.');
  const fields = new Map(Object.entries(body));
  const missing = REQUIRED_FIELDS.filter((field) => (fields.get(field) ?? null) === null);
  if (missing.length > 0) {
    const details = missing.map((field) => ({ field, message: `${field} is missing.` }));
    const list = missing.length === 1 ? `${missing[0]} is missing.` : `${missing.join(', ')} are missing.`;
    throw new ApiError('missing_field', list, { details });
  }
  return fields;
}

/**
 * Validates everything but the location. Throws the code of the first fault, in the order of the contract's table, with
 * a detail for each.
 *
 * Characters are Unicode code points. NUL and unpaired surrogates are refused: no UTF-8 text has the latter and Messages
 * carries neither, so they could not arrive unchanged.
 */
export function readMessage(fields: Fields): ClientMessage {
  const faults: Fault[] = [];
  const refuse = (code: ApiErrorCode, field: string, fault: string): void => {
    faults.push({ code, field, message: `${field} ${fault}.` });
  };
  const channel = readChannel(fields.get('channel'));
  if (channel === undefined) refuse('invalid_channel', 'channel', `must be one of ${CHANNELS.join(', ')}`);
  const phone = readPhone(fields.get('phone'), channel ?? 'imessage');
  if ('fault' in phone) refuse('invalid_phone', 'phone', phone.fault);
  const attachments = readAttachments(fields.get('attachments') ?? []);
  for (const { field, fault } of attachments.faults) refuse('invalid_attachment', field, fault);
  const user_id = readUserId(fields.get('user_id'));
  const message_id = fields.get('message_id');
  const text = fields.get('message');
  const faultOf = {
    user_id: faultOfId(user_id, 'must be text or a number'),
    message_id: faultOfId(message_id, 'must be text'),
    message: faultOfText(text, attachments.urls.length + attachments.faults.length > 0),
  };
  for (const [field, fault] of Object.entries(faultOf)) if (fault) refuse('invalid_field', field, fault);
  if (faults.length > 0) throw inOrder(faults);
  const content = {
    user_id: String(user_id),
    phone: 'phone' in phone ? phone.phone : '',
    text: String(text),
    attachments: attachments.urls,
    channel: channel ?? 'imessage',
  };
  return { message_id: String(message_id), ...content, content_hash: hashContent(content) };
}

const ORDER: ApiErrorCode[] = ['invalid_phone', 'invalid_channel', 'invalid_field', 'invalid_attachment'];

function inOrder(faults: Fault[]): ApiError {
  const sorted = faults.toSorted((a, b) => ORDER.indexOf(a.code) - ORDER.indexOf(b.code));
  const [first] = sorted;
  return new ApiError(first?.code ?? 'invalid_field', sorted.map(({ message }) => message).join(' '), {
    details: sorted.map(({ field, message }) => ({ field, message })),
  });
}

function readChannel(value: unknown): Channel | undefined {
  if (typeof value !== 'string') return undefined;
  const lower = value.toLowerCase();
  return CHANNELS.find((channel) => channel === lower);
}

function readPhone(value: unknown, channel: Channel): ReturnType<typeof normalizeRecipient> {
  if (typeof value !== 'string') return { fault: 'must be text, such as "+12145550100"' };
  if (value.startsWith('group:'))
    return GROUP.test(value) ? { phone: value } : { fault: 'is not the id of a group as its events name it' };
  return normalizeRecipient(value, channel);
}

function readUserId(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}

function faultOfId(value: unknown, typeFault: string): string | undefined {
  if (typeof value !== 'string') return typeFault;
  if (value === '') return 'must not be empty';
  if (isLongerThan(value, MAX_ID_CHARACTERS)) return `is longer than ${MAX_ID_CHARACTERS} characters`;
  return faultOfCharacters(value);
}

function faultOfText(value: unknown, hasAttachments: boolean): string | undefined {
  if (typeof value !== 'string') return 'must be text';
  if (value === '' && !hasAttachments) return 'may be empty only when there are attachments';
  if (isLongerThan(value, MAX_TEXT_CHARACTERS)) return `is longer than ${MAX_TEXT_CHARACTERS} characters`;
  return faultOfCharacters(value);
}

function faultOfCharacters(value: string): string | undefined {
  if (value.includes('\0')) return 'contains a NUL character, which cannot be sent';
  if (!value.isWellFormed()) return 'contains half of a surrogate pair, which is no character';
  return undefined;
}

function isLongerThan(value: string, characters: number): boolean {
  if (value.length <= characters) return false;
  if (value.length > 2 * characters) return true;
  return [...value].length > characters;
}

function readAttachments(value: unknown): { urls: string[]; faults: { field: string; fault: string }[] } {
  const field = 'attachments';
  if (!Array.isArray(value)) return { urls: [], faults: [{ field, fault: 'must be a list of URLs' }] };
  if (value.length > MAX_ATTACHMENTS)
    return { urls: [], faults: [{ field, fault: `has more than ${MAX_ATTACHMENTS} entries` }] };
  const read = value.map((entry: unknown, index) => ({ field: `attachments[${index}]`, ...readUrl(entry) }));
  return {
    urls: read.flatMap((one) => ('url' in one ? [one.url] : [])),
    faults: read.flatMap((one) => ('fault' in one ? [{ field: one.field, fault: one.fault }] : [])),
  };
}

function readUrl(value: unknown): { url: string } | { fault: string } {
  if (typeof value !== 'string') return { fault: 'must be a URL' };
  if (value.length > MAX_URL_CHARACTERS) return { fault: `is longer than ${MAX_URL_CHARACTERS} characters` };
  const url = URL.parse(value);
  if (url === null) return { fault: 'is not a URL' };
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return { fault: 'must begin with http:// or https://' };
  if (url.username !== '' || url.password !== '')
    return { fault: 'must not contain a user name or password' };
  return { url: url.href };
}

function hashContent(content: Omit<ClientMessage, 'message_id' | 'content_hash'>): string {
  const { user_id, phone, text, attachments, channel } = content;
  return createHash('sha256')
    .update(JSON.stringify([user_id, phone, text, attachments, channel]))
    .digest('hex');
}
