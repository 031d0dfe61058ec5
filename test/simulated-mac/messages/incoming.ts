import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Behaviour } from '../behaviours.ts';
import { appleNanoseconds, appleSeconds, type ChatSpec, type Row } from '../chat-db/chat-database.ts';
import { type MacosVersion, majorOf } from '../chat-db/columns.ts';
import { encodeAttributedBody, OBJECT_REPLACEMENT } from '../typedstream.ts';
import { type Account, OWN_NUMBER } from './accounts.ts';
import { mimeTypeOf } from './outgoing.ts';
import type { Step } from './steps.ts';

/** A message that arrives. `date` is epoch milliseconds: its own time, which a replay keeps. */
export interface Incoming {
  readonly guid: string;
  readonly from: string;
  readonly account: Account;
  readonly chat: ChatSpec;
  readonly text: string;
  readonly file: string | undefined;
  readonly date: number;
  readonly joinAfterMs: number | undefined;
}

const JOIN_AFTER = 40;
const ATTACH_AFTER = 110;
const NAMED_AFTER = 200;
const HALF_AFTER = 260;
const DONE_AFTER = 420;

const WAITING = 0;
const TRANSFERRING = 3;
const DONE = 5;

/** On macOS 26 `text` stays empty; before, in about a quarter of the inbound rows (here by the guid's first digit). */
function textIsNull(version: MacosVersion, message: Incoming, behaviour: Behaviour): boolean {
  if (behaviour.name === 'null-text' || behaviour.name === 'undecodable-body') return true;
  return majorOf(version) >= 26 || '0123'.includes(message.guid.charAt(0));
}

/** A body mangled by a text conversion: every byte from 0x80 up has become a question mark. */
function damaged(body: Buffer): Buffer {
  return Buffer.from(body.map((byte) => (byte >= 0x80 ? 0x3f : byte)));
}

function rowOf(version: MacosVersion, message: Incoming, behaviour: Behaviour): Row {
  const marks = message.file === undefined ? '' : OBJECT_REPLACEMENT;
  const files = message.file === undefined ? [] : [`at_0_${message.guid}`];
  const text = `${marks}${message.text}`;
  const body = encodeAttributedBody(text, { files });
  return {
    guid: message.guid,
    text: textIsNull(version, message, behaviour) ? null : text,
    attributedBody: behaviour.name === 'undecodable-body' ? damaged(body) : body,
    version: 10,
    service: message.account.service,
    account: message.account.login,
    account_guid: message.account.guid,
    date: appleNanoseconds(message.date),
    date_read: 0,
    date_delivered: 0,
    is_delivered: 1,
    is_finished: 1,
    is_from_me: 0,
    destination_caller_id: OWN_NUMBER,
    part_count: marks.length + (message.text === '' ? 0 : 1),
    ck_sync_state: 0,
  };
}

/** Where Messages puts a file, and what it writes into `filename`: the path from the home folder's `~`. */
function fileSteps(
  message: Incoming,
  file: string,
  behaviour: Behaviour,
  home: string,
  pace: number,
): Step[] {
  const attachment = `at_0_${message.guid}`;
  const digit = message.guid.slice(-2).toLowerCase();
  const inside = join(
    'Library/Messages/Attachments',
    digit,
    digit.charAt(1).padStart(2, '0'),
    attachment,
    basename(file),
  );
  const to = join(home, inside);
  const update = (afterMs: number, cells: Row): Step => ({
    afterMs: afterMs * pace,
    action: { do: 'update', table: 'attachment', guid: attachment, cells },
  });
  const row: Row = {
    guid: attachment,
    original_guid: attachment,
    created_date: appleSeconds(message.date),
    start_date: appleSeconds(message.date),
    mime_type: mimeTypeOf(file),
    transfer_state: WAITING,
    transfer_name: basename(file),
    total_bytes: statSync(file).size,
  };
  const attach: Step = { afterMs: ATTACH_AFTER * pace, action: { do: 'attach', guid: message.guid, row } };
  if (behaviour.name === 'transfer-ends') {
    return [attach, update(NAMED_AFTER, { filename: `~/${inside}`, transfer_state: behaviour.amount })];
  }
  return [
    attach,
    update(NAMED_AFTER, { filename: `~/${inside}`, transfer_state: TRANSFERRING }),
    { afterMs: HALF_AFTER * pace, action: { do: 'file', from: file, to, half: true } },
    { afterMs: DONE_AFTER * pace, action: { do: 'file', from: file, to, half: false } },
    update(DONE_AFTER, { transfer_state: DONE }),
  ];
}

/** The steps by which a message arrives: its row, then its chat in a later commit, then its file. */
export function planIncoming(
  version: MacosVersion,
  message: Incoming,
  behaviour: Behaviour,
  home: string,
  pace: number,
): Step[] {
  const { guid, chat } = message;
  const handle = { address: message.from, service: message.account.service };
  const wait = message.joinAfterMs ?? (behaviour.name === 'late-join' ? behaviour.amount : JOIN_AFTER * pace);
  const steps: Step[] = [
    { afterMs: 0, action: { do: 'message', row: rowOf(version, message, behaviour), handle } },
  ];
  if (behaviour.name !== 'no-chat')
    steps.push({ afterMs: wait, action: { do: 'join', guid, chat, load: true } });
  if (message.file !== undefined) steps.push(...fileSteps(message, message.file, behaviour, home, pace));
  return steps;
}
