import { appleNanoseconds, type Cell, type ChatSpec, type Row } from '../../chat-db/chat-database.ts';
import { majorOf } from '../../chat-db/columns.ts';
import { encodeAttributedBody } from '../../typedstream.ts';
import { type Account, canonicalAddress, directChat, OWN_NUMBER, type Service } from '../accounts.ts';
import type { Step } from '../steps.ts';
import type { Asked, HappeningWorld } from './happening.ts';

const JOIN_AFTER = 40;

/** Where a row belongs. */
export interface Place {
  readonly address: string;
  readonly account: Account;
  readonly chat: ChatSpec;
}

export interface Found extends Place {
  readonly row: Readonly<Record<string, Cell>>;
}

export function accountFor(world: HappeningWorld, service: Service): Account {
  const account = world.accounts.find((candidate) => candidate.service === service);
  if (account === undefined) throw new Error(`There is no ${service} account.`);
  return account;
}

/** The one-to-one conversation with the person a happening names. */
export function placeWith(world: HappeningWorld, asked: Asked): Place {
  const address = canonicalAddress(asked.with);
  const account = accountFor(world, 'iMessage');
  return { address, account, chat: directChat(world.version, account, address) };
}

/** A group that is there already. */
export function groupOf(world: HappeningWorld, asked: Asked): ChatSpec {
  const [chat] = world.db.chats('c.chat_identifier = ? AND c.style = 43', asked.chat);
  if (chat === undefined) throw new Error(`There is no group "${asked.chat}" yet.`);
  return chat;
}

/** Latest rows first: of the person, or the one with the guid. */
export function findRows(world: HappeningWorld, asked: Asked, fromMe: 0 | 1, limit = 1): Found[] {
  const address = canonicalAddress(asked.with);
  const rows = world.db.all(
    `SELECT m.*, h.id AS sender FROM message m LEFT JOIN handle h ON h.ROWID = m.handle_id
     WHERE (h.id = ? AND m.is_from_me = ? AND m.associated_message_type = 0 AND m.item_type = 0 AND ? IS NULL) OR m.guid = ?
     ORDER BY m.ROWID DESC LIMIT ?`,
    address,
    fromMe,
    asked.guid ?? null,
    asked.guid ?? null,
    limit,
  );
  return rows.map((row) => {
    const account =
      world.accounts.find((candidate) => candidate.service === row.service) ?? accountFor(world, 'iMessage');
    const joined = 'c.ROWID IN (SELECT chat_id FROM chat_message_join WHERE message_id = ?)';
    const [chat] = world.db.chats(joined, row.ROWID ?? 0);
    const sender = row.sender === null ? address : String(row.sender);
    return { row, address: sender, account, chat: chat ?? directChat(world.version, account, sender) };
  });
}

export function lastRow(world: HappeningWorld, asked: Asked, fromMe: 0 | 1): Found {
  const [found] = findRows(world, asked, fromMe);
  if (found !== undefined) return found;
  throw new Error(`There is no message ${fromMe === 1 ? 'to' : 'from'} ${asked.with || asked.guid} yet.`);
}

/** The cells that every new row has. */
export function commonCells(world: HappeningWorld, place: Place, text: string, date: number): Row {
  return {
    text: majorOf(world.version) >= 26 ? null : text,
    attributedBody: encodeAttributedBody(text),
    version: 10,
    service: place.account.service,
    account: place.account.login,
    account_guid: place.account.guid,
    date: appleNanoseconds(date),
    date_read: 0,
    date_delivered: 0,
    is_finished: 1,
    destination_caller_id: OWN_NUMBER,
    part_count: 1,
  };
}

/** Plans a new row and its join, and answers its guid. */
export function insertRow(world: HappeningWorld, place: Place, cells: Row, afterMs = 0): string {
  const guid = crypto.randomUUID().toUpperCase();
  const handle = { address: place.address, service: place.account.service };
  const row = { ...cells, guid };
  const steps: Step[] = [
    { afterMs, action: { do: 'message', row, ...(place.address === '' ? {} : { handle }) } },
    {
      afterMs: afterMs + JOIN_AFTER * world.pace,
      action: { do: 'join', guid, chat: place.chat, load: cells.is_from_me !== 1 },
    },
  ];
  world.steps.plan(steps);
  return guid;
}

/** Changes the cells of a message at once; `now` names date columns that get the moment. */
export function changeRow(world: HappeningWorld, guid: string, cells: Row, now: readonly string[]): string[] {
  world.steps.plan([{ afterMs: 0, action: { do: 'update', table: 'message', guid, cells, now } }]);
  return [guid];
}
