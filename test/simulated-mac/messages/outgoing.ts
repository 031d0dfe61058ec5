import { basename, extname } from 'node:path';
import type { Behaviour } from '../behaviours.ts';
import { appleNanoseconds, appleSeconds, type ChatSpec, type Row } from '../chat-db/chat-database.ts';
import { encodeAttributedBody, OBJECT_REPLACEMENT } from '../typedstream.ts';
import { type Account, isReachable, OWN_NUMBER } from './accounts.ts';
import type { Step } from './steps.ts';

/** A message that Messages has taken from a script. `fileReadable` is false outside the folders of its sandbox. */
export interface Outgoing {
  readonly guid: string;
  readonly account: Account;
  readonly chat: ChatSpec;
  readonly text: string;
  readonly file: { readonly path: string; readonly bytes: number; readonly readable: boolean } | undefined;
  readonly at: number;
}

/** When things happen after `send`, in milliseconds at pace 1. */
const ROW_AFTER = 40;
const JOIN_AFTER = 80;
const ATTACH_AFTER = 130;
const SENT_AFTER = 320;
const DELIVERED_AFTER = 1250;
const READ_AFTER = 1450;
const FAILED_AFTER = 2000;

const TRANSCODING_FAILED = 25;
const USER_DOES_NOT_EXIST = 22;
const FILE_MISSING = 41;

function recipientOf(message: Outgoing): string {
  return message.chat.identifier;
}

function newRow(message: Outgoing): Row {
  const files = message.file === undefined ? [] : [`at_0_${message.guid}`];
  const text = message.file === undefined ? message.text : OBJECT_REPLACEMENT;
  return {
    guid: message.guid,
    text: null,
    attributedBody: encodeAttributedBody(text, { mutable: true, files }),
    version: 10,
    service: message.account.service,
    account: message.account.login,
    account_guid: message.account.guid,
    date: appleNanoseconds(message.at),
    date_read: 0,
    date_delivered: 0,
    is_from_me: 1,
    is_prepared: 1,
    destination_caller_id: OWN_NUMBER,
    part_count: 1,
    ck_sync_state: 0,
  };
}

function attachmentRow(message: Outgoing, path: string, bytes: number): Row {
  const guid = `at_0_${message.guid}`;
  return {
    guid,
    original_guid: guid,
    created_date: appleSeconds(message.at),
    start_date: appleSeconds(message.at),
    filename: path,
    transfer_name: basename(path),
    mime_type: mimeTypeOf(path),
    transfer_state: 0,
    is_outgoing: 1,
    total_bytes: bytes,
  };
}

const MIME_TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.gif': 'image/gif',
  '.heic': 'image/heic',
  '.pdf': 'application/pdf',
  '.txt': 'text/plain',
  '.mov': 'video/quicktime',
  '.mp4': 'video/mp4',
  '.caf': 'audio/x-caf',
};

export function mimeTypeOf(path: string): string | null {
  return MIME_TYPES[extname(path).toLowerCase()] ?? null;
}

/** The fate of a message after its row is there. */
function fate(message: Outgoing, behaviour: Behaviour, pace: number): Step[] {
  const { account } = message;
  if (message.file?.readable === false) return failed(message, TRANSCODING_FAILED, pace);
  if (behaviour.name === 'sent-error') return failed(message, behaviour.amount, pace);
  const unreachable = message.chat.style === 45 && !isReachable(recipientOf(message), account.service);
  if (unreachable || (behaviour.name === 'not-on-imessage' && account.service === 'iMessage'))
    return failed(message, USER_DOES_NOT_EXIST, pace);
  if (message.file === undefined) return later(success(message, behaviour, pace), SENT_AFTER * pace);
  // The file is read when the message is uploaded, some time after its row appeared.
  const afterMs = behaviour.name === 'reads-file-late' ? behaviour.amount : SENT_AFTER * pace;
  const there = [attachmentState(message, 5), ...success(message, behaviour, pace)];
  const gone = [attachmentState(message, 6), update(message, 0, { error: FILE_MISSING, is_finished: 1 })];
  return [{ afterMs, action: { do: 'read-file', path: message.file.path, there, gone } }];
}

function later(steps: readonly Step[], byMs: number): Step[] {
  return steps.map((step) => ({ ...step, afterMs: step.afterMs + byMs }));
}

function update(message: Outgoing, afterMs: number, cells: Row, now: readonly string[] = []): Step {
  return { afterMs, action: { do: 'update', table: 'message', guid: message.guid, cells, now } };
}

function attachmentState(message: Outgoing, state: number): Step {
  const guid = `at_0_${message.guid}`;
  return {
    afterMs: 0,
    action: { do: 'update', table: 'attachment', guid, cells: { transfer_state: state } },
  };
}

function failed(message: Outgoing, error: number, pace: number): Step[] {
  const attachment = message.file === undefined ? [] : [attachmentState(message, 6)];
  return later([...attachment, update(message, 0, { error, is_finished: 1 })], FAILED_AFTER * pace);
}

/** What happens from the moment at which the message leaves, if it does. */
function success(message: Outgoing, behaviour: Behaviour, pace: number): Step[] {
  const { guid, account, text, file } = message;
  const leave = (service: string): Step => ({
    afterMs: 0,
    action: {
      do: 'leave',
      record: { guid, recipient: recipientOf(message), text, service, file: file?.path ?? null },
    },
  });
  if (behaviour.name === 'downgraded-to-sms' && account.service === 'iMessage') {
    const cells = { service: 'SMS', was_downgraded: 1, is_sent: 1, is_finished: 1 };
    return [leave('SMS'), update(message, 0, cells)];
  }
  const sent = [leave(account.service), update(message, 0, { is_sent: 1, is_finished: 1 })];
  if (behaviour.name === 'never-delivered' || account.service === 'SMS' || message.chat.style === 43)
    return sent;
  const quietly = behaviour.name === 'delivered-quietly' ? 1 : 0;
  const deliveredAfter =
    behaviour.name === 'late-delivery' ? behaviour.amount : (DELIVERED_AFTER - SENT_AFTER) * pace;
  const cells = { is_delivered: 1, was_delivered_quietly: quietly };
  const delivered = update(message, deliveredAfter, cells, ['date_delivered']);
  const readAfter = deliveredAfter + (READ_AFTER - DELIVERED_AFTER) * pace;
  const read = update(message, readAfter, { is_read: 1 }, ['date_read']);
  return behaviour.name === 'read-receipt' ? [...sent, delivered, read] : [...sent, delivered];
}

/** The steps by which an accepted message gets its row, its join, its file and its flags. */
export function planOutgoing(message: Outgoing, behaviour: Behaviour, pace: number): Step[] {
  const delay = behaviour.name === 'late-row' ? behaviour.amount : ROW_AFTER * pace;
  const join = behaviour.name === 'late-join' ? behaviour.amount : JOIN_AFTER * pace;
  const { guid, chat, file } = message;
  const direct = chat.style === 45;
  const handle = direct ? { address: chat.identifier, service: message.account.service } : undefined;
  const steps: Step[] = [
    {
      afterMs: 0,
      action: { do: 'message', row: newRow(message), ...(handle === undefined ? {} : { handle }) },
    },
    { afterMs: join, action: { do: 'join', guid, chat, load: !direct } },
  ];
  if (file !== undefined) {
    const row = attachmentRow(message, file.path, file.bytes);
    steps.push({ afterMs: ATTACH_AFTER * pace, action: { do: 'attach', guid, row } });
  }
  steps.push(...fate(message, behaviour, pace));
  return steps.map((step) => ({ ...step, afterMs: step.afterMs + delay }));
}

/** What macOS 26 leaves behind when it swallows a message: an empty SMS row, no chat, the chat's name as its handle. */
export function planGhost(message: Outgoing, pace: number): Step[] {
  const row: Row = {
    guid: message.guid,
    text: null,
    attributedBody: null,
    service: 'SMS',
    account: message.account.login,
    date: appleNanoseconds(message.at),
    date_read: 0,
    date_delivered: 0,
    is_from_me: 1,
    is_sent: 1,
    is_finished: 1,
    is_empty: 1,
  };
  const handle = { address: message.chat.identifier, service: 'SMS' };
  return [{ afterMs: ROW_AFTER * pace, action: { do: 'message', row, handle } }];
}
