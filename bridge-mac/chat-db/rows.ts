import { fromAppleTime } from './apple-time.ts';
import { asBlob, asInteger, asText } from './cells.ts';

/** A row of `message`. `at` is epoch milliseconds. */
export interface MessageRow {
  rowId: number;
  guid: string;
  text: string | null;
  body: Uint8Array | null;
  at: number;
  /** The row's date as it is stored: tells twins apart to the nanosecond. */
  date: bigint;
  handle: string | null;
  service: string | null;
  /** The owner's account that it came through, as `E:anna@example.com` or `p:+12145550100`. */
  account: string | null;
  fromMe: boolean;
  /** 0 for a message; renamings, joinings and the like have other numbers. */
  itemType: number;
  /** 0 for a message; tapbacks, stickers and votes have other numbers. */
  associatedType: number;
  associatedGuid: string | null;
  associatedEmoji: string | null;
  balloon: string | null;
  scheduled: boolean;
  hasAttachments: boolean;
  replyTo: string | null;
  effect: string | null;
  /** Nanoseconds since 2001, 0 for never. */
  dateEdited: bigint;
  /** The history of its edits, a binary property list. */
  summary: Uint8Array | null;
}

export interface Chat {
  guid: string;
  isGroup: boolean;
  identifier: string | null;
  name: string | null;
  participants: string[];
}

/** A row of `attachment`. */
export interface AttachmentRow {
  guid: string;
  /** As Messages notes it: beginning with `~/`, or absolute. */
  path: string | null;
  name: string | null;
  mimeType: string | null;
  /** 0 where Messages noted none. */
  size: number;
  /** 5 once the file is there whole. */
  transferState: number;
  /** Neither hidden nor the payload of a plug-in. */
  counts: boolean;
}

type Raw = Record<string, unknown>;

const MAX_TEXT = 16_000_000;
const MAX_PARTICIPANTS = 1_000;
const GROUP_STYLE = 43n;
const PLUGIN_PAYLOAD = '.pluginpayloadattachment';

export function toMessageRow(raw: Raw): MessageRow {
  const rowId = Number(asInteger(raw.row_id));
  const date = asInteger(raw.date);
  return {
    rowId,
    guid: asText(raw.guid) || `row ${rowId} without a guid`,
    text: asText(raw.text, MAX_TEXT),
    body: asBlob(raw.body),
    at: fromAppleTime(date),
    date,
    handle: asText(raw.handle),
    service: asText(raw.service),
    account: asText(raw.account),
    fromMe: asInteger(raw.is_from_me) === 1n,
    itemType: Number(asInteger(raw.item_type)),
    associatedType: Number(asInteger(raw.associated_type)),
    associatedGuid: asText(raw.associated_guid),
    associatedEmoji: asText(raw.associated_emoji, 64),
    balloon: asText(raw.balloon),
    scheduled: asInteger(raw.schedule_state) !== 0n,
    hasAttachments: asInteger(raw.has_attachments) === 1n,
    replyTo: asText(raw.reply_to),
    effect: asText(raw.effect),
    dateEdited: asInteger(raw.date_edited),
    summary: asBlob(raw.summary),
  };
}

export function toChat(raw: Raw, members: readonly Raw[]): Chat {
  const guid = asText(raw.guid) ?? '';
  const identifier = asText(raw.identifier);
  const style = asInteger(raw.style);
  const joined = members
    .slice(0, MAX_PARTICIPANTS)
    .map((member) => asText(member.id, 320))
    .filter((id) => id !== null);
  // One person may have a handle per service: only where Messages says nothing does the number of members tell.
  const isGroup = style === GROUP_STYLE || guid.includes(';+;') || (style === 0n && joined.length > 1);
  const participants = joined.length === 0 && !isGroup && identifier ? [identifier] : joined;
  return { guid, isGroup, identifier, name: asText(raw.name), participants };
}

export function toAttachmentRow(raw: Raw): AttachmentRow {
  const name = asText(raw.name);
  const path = asText(raw.path, 4_096);
  const isPayload = [name, path].some((text) => text?.toLowerCase().endsWith(PLUGIN_PAYLOAD));
  return {
    guid: asText(raw.guid) || `attachment ${asInteger(raw.row_id)}`,
    path,
    name,
    mimeType: asText(raw.mime_type),
    size: Number(asInteger(raw.total_bytes)),
    transferState: Number(asInteger(raw.transfer_state)),
    counts: asInteger(raw.hide_attachment) !== 1n && !isPayload,
  };
}
