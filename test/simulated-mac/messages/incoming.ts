import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Behaviour } from '../behaviours.ts';
import { appleNanoseconds, appleSeconds, type ChatSpec, type Row } from '../chat-db/chat-database.ts';
import { type MacosVersion, majorOf } from '../chat-db/columns.ts';
import { encodeAttributedBody, OBJECT_REPLACEMENT } from '../typedstream.ts';
import { type Account, OWN_NUMBER } from './accounts.ts';
import { mimeTypeOf } from './outgoing.ts';
import type { Step } from './steps.ts';

/** A file of a message that arrives. Milliseconds are real ones and count from the message's row. */
interface IncomingFile {
  readonly path: string;
  /** `transfer_name`, and the name in Messages' own folder; without it the path's last part. */
  readonly name?: string | undefined;
  /** `transfer_state` at which it stays instead of 5; the happening `finish-transfer` brings the rest. */
  readonly endsAt?: number | undefined;
  readonly namedAfterMs?: number | undefined;
  readonly doneAfterMs?: number | undefined;
  /** What the column `filename` says, whatever is true; null: nothing, ever. */
  readonly filename?: string | null | undefined;
  /** `hide_attachment` = 1, and no mark in the text. */
  readonly hidden?: boolean | undefined;
}

/** A message that arrives. `date` is epoch milliseconds: its own time, which a replay keeps. */
export interface Incoming {
  readonly guid: string;
  readonly from: string;
  readonly account: Account;
  /** A message may be joined to more than one chat. */
  readonly chats: readonly ChatSpec[];
  readonly text: string;
  readonly files: readonly IncomingFile[];
  readonly date: number;
  readonly joinAfterMs: number | undefined;
  /** Cells of the row that are to be as given, whatever Messages would write. */
  readonly cells: Row;
}

const JOIN_AFTER = 40;
const ATTACH_AFTER = 110;
const NAMED_AFTER = 200;
const HALF_AFTER = 260;
const DONE_AFTER = 420;

const WAITING = 0;
const TRANSFERRING = 3;
const DONE = 5;

/** No chat.db has so many handles. */
const MISSING_HANDLE = 987_654_321;

const TEXTLESS: readonly Behaviour['name'][] = ['null-text', 'undecodable-body', 'half-body'];

/** On macOS 26 `text` stays empty; before, in about a quarter of the inbound rows (here by the guid's first digit). */
function textIsNull(version: MacosVersion, message: Incoming, behaviour: Behaviour): boolean {
  return (
    TEXTLESS.includes(behaviour.name) || majorOf(version) >= 26 || '0123'.includes(message.guid.charAt(0))
  );
}

function damaged(body: Buffer, behaviour: Behaviour): Buffer {
  if (behaviour.name === 'half-body') return body.subarray(0, body.length >> 1);
  if (behaviour.name !== 'undecodable-body') return body;
  // Mangled by a text conversion: every byte from 0x80 up has become a question mark.
  return Buffer.from(body.map((byte) => (byte >= 0x80 ? 0x3f : byte)));
}

function attachmentGuid(messageGuid: string, index: number): string {
  return `at_${index}_${messageGuid}`;
}

function rowOf(version: MacosVersion, message: Incoming, behaviour: Behaviour): Row {
  const shown = message.files.flatMap(({ hidden }, index) =>
    hidden ? [] : [attachmentGuid(message.guid, index)],
  );
  // The marks stand before the words unless the text has them in their places already.
  const missing = shown.length - (message.text.split(OBJECT_REPLACEMENT).length - 1);
  const text = OBJECT_REPLACEMENT.repeat(Math.max(0, missing)) + message.text;
  const body = encodeAttributedBody(text, { files: shown });
  return {
    guid: message.guid,
    text: textIsNull(version, message, behaviour) ? null : text,
    attributedBody: damaged(body, behaviour),
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
    part_count: shown.length + (message.text === '' ? 0 : 1),
    ck_sync_state: 0,
    ...(behaviour.name === 'no-handle' ? { handle_id: MISSING_HANDLE } : {}),
    ...message.cells,
  };
}

/** The steps of one file, and those that wait until somebody says that its transfer ends after all. */
function fileSteps(
  message: Incoming,
  index: number,
  behaviour: Behaviour,
  home: string,
  pace: number,
): { steps: Step[]; parked: Step[] } {
  const file = message.files[index];
  if (file === undefined) return { steps: [], parked: [] };
  const guid = attachmentGuid(message.guid, index);
  const name = file.name ?? basename(file.path);
  const digit = message.guid.slice(-2).toLowerCase();
  const folders = ['Library/Messages/Attachments', digit, digit.charAt(1).padStart(2, '0'), guid];
  const to = join(home, ...folders, basename(name));
  const filename = file.filename === undefined ? `~/${folders.join('/')}/${basename(name)}` : file.filename;
  const update = (afterMs: number, cells: Row): Step => ({
    afterMs,
    action: { do: 'update', table: 'attachment', guid, cells },
  });
  const row: Row = {
    guid,
    original_guid: guid,
    created_date: appleSeconds(message.date),
    start_date: appleSeconds(message.date),
    mime_type: mimeTypeOf(name),
    transfer_state: WAITING,
    transfer_name: name,
    total_bytes: statSync(file.path).size,
    hide_attachment: file.hidden ? 1 : 0,
  };
  const copy = (afterMs: number, half: boolean): Step => ({
    afterMs,
    action: { do: 'file', from: file.path, to, half },
  });
  const attach: Step = { afterMs: ATTACH_AFTER * pace, action: { do: 'attach', guid: message.guid, row } };
  const named = file.namedAfterMs ?? NAMED_AFTER * pace;
  const endsAt = file.endsAt ?? (behaviour.name === 'transfer-ends' ? behaviour.amount : DONE);
  if (endsAt !== DONE) {
    const steps = [attach, update(named, { filename, transfer_state: endsAt })];
    return { steps, parked: [copy(0, false), update(0, { transfer_state: DONE })] };
  }
  const done = file.doneAfterMs ?? DONE_AFTER * pace;
  const steps = [
    attach,
    update(named, { filename, transfer_state: TRANSFERRING }),
    copy(Math.min(HALF_AFTER * pace, done), true),
    copy(done, false),
    update(Math.max(done, named), { transfer_state: DONE }),
  ];
  return { steps, parked: [] };
}

/** The name under which the end of a transfer waits to be told. */
export function transferName(attachment: string): string {
  return `transfer ${attachment}`;
}

export interface Arrival {
  readonly steps: Step[];
  /** Steps that wait for a word, by the name to release them with. */
  readonly parked: ReadonlyMap<string, Step[]>;
}

/** The steps by which a message arrives: its row, then its chat in a later commit, then its files. */
export function planIncoming(
  version: MacosVersion,
  message: Incoming,
  behaviour: Behaviour,
  home: string,
  pace: number,
): Arrival {
  const { guid } = message;
  const row = rowOf(version, message, behaviour);
  const handle = { address: message.from, service: message.account.service };
  const wait = message.joinAfterMs ?? (behaviour.name === 'late-join' ? behaviour.amount : JOIN_AFTER * pace);
  const steps: Step[] = [
    { afterMs: 0, action: { do: 'message', row, ...(row.handle_id === undefined ? { handle } : {}) } },
  ];
  if (behaviour.name !== 'no-chat') {
    for (const chat of message.chats)
      steps.push({ afterMs: wait, action: { do: 'join', guid, chat, load: true } });
  }
  const parked = new Map<string, Step[]>();
  for (const index of message.files.keys()) {
    const file = fileSteps(message, index, behaviour, home, pace);
    steps.push(...file.steps);
    if (file.parked.length > 0) parked.set(transferName(attachmentGuid(guid, index)), file.parked);
  }
  return { steps, parked };
}
