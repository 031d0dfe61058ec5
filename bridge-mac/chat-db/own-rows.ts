import type { Database, Statement } from 'better-sqlite3';
import type { Channel } from '../../shared/channels.ts';
import { fromAppleTime } from './apple-time.ts';
import { readMessageText } from './message-text.ts';
import { columnsOf } from './queries.ts';
import { channelOf } from './services.ts';

/** The row of a message sent from here, as far as it tells which one it is. */
export interface OwnRow {
  rowId: number;
  guid: string;
  /** Plain text. */
  text: string;
  isMessage: boolean;
  /** Its files: the path as Messages noted it, the name as it shows it. */
  files: OwnFile[];
}

export interface OwnFile {
  path: string;
  name: string;
}

/** What a row tells about a message sent from here. Times are epoch milliseconds; undefined: none was noted. */
export interface RowStatus {
  rowId: number;
  guid: string;
  /** The way it really took. */
  channel: Channel;
  error: number;
  sent: boolean;
  delivered: boolean;
  deliveredAt: number | undefined;
  readAt: number | undefined;
}

/** A chat that a script may address by its guid. */
export interface KnownChat {
  guid: string;
  members: string[];
  /** The service that the next message would take. */
  channel: Channel;
}

interface RawOwn {
  row_id: bigint;
  guid: string;
  text: string | null;
  body: Uint8Array | null;
  item_type: bigint | null;
  associated_message_type: bigint | null;
  schedule_state: bigint | null;
}

interface RawStatus {
  row_id: bigint;
  guid: string;
  service: string | null;
  error: bigint | null;
  is_sent: bigint | null;
  is_delivered: bigint | null;
  date: bigint | null;
  date_delivered: bigint | null;
  date_read: bigint | null;
  was_downgraded: bigint | null;
}

interface RawChat {
  chat_id: bigint;
  guid: string;
  style: bigint | null;
  service: string | null;
}

const GROUP_STYLE = 43n;
// Messages writes this where it means no date at all.
const NO_DATE = 9_223_372_036_854_775_807n;

/** What chat.db tells of messages sent from here, and of the chats to send to. */
export class OwnRows {
  readonly #after: Statement<[number], RawOwn>;
  readonly #files: Statement<[number], OwnFile>;
  readonly #statuses: Statement<[string], RawStatus>;
  readonly #statusByGuid: Statement<[string], RawStatus>;
  readonly #ghosts: Statement<[number], { guid: string; handle: string | null; body: unknown }>;
  readonly #handles: Statement<[], { row_id: bigint; id: string }>;
  readonly #chatsWith: Statement<[string], RawChat>;
  readonly #groups: Statement<[string, string], RawChat>;
  readonly #members: Statement<[bigint], { id: string }>;
  readonly #newestService: Statement<[bigint], { service: string | null }>;

  constructor(db: Database) {
    const message = columnsOf(db, 'message');
    const chat = columnsOf(db, 'chat');
    const attachment = columnsOf(db, 'attachment');
    const column = (name: string, as = name): string =>
      `${message.has(name) ? `m.${name}` : 'NULL'} AS ${as}`;
    const ofChat = (name: string, as: string): string => `${chat.has(name) ? `c.${name}` : 'NULL'} AS ${as}`;
    const exact = <Parameters extends unknown[], Row>(sql: string): Statement<Parameters, Row> =>
      db.prepare<Parameters, Row>(sql).safeIntegers();

    this.#after = exact(
      `SELECT m.ROWID AS row_id, m.guid AS guid, m.text AS text, ${column('attributedBody', 'body')},
         ${column('item_type')}, ${column('associated_message_type')}, ${column('schedule_state')}
       FROM message m WHERE m.ROWID > ? AND m.is_from_me = 1 ORDER BY m.ROWID`,
    );
    const hasFiles = attachment.has('filename') && attachment.has('transfer_name');
    this.#files = exact(
      hasFiles && columnsOf(db, 'message_attachment_join').size > 0
        ? `SELECT coalesce(a.filename, '') AS path, coalesce(a.transfer_name, '') AS name
           FROM message_attachment_join j JOIN attachment a ON a.ROWID = j.attachment_id
           WHERE j.message_id = ? ORDER BY a.ROWID`
        : "SELECT '' AS path, '' AS name WHERE ? IS NULL",
    );
    const statuses = `SELECT m.ROWID AS row_id, m.guid AS guid, m.error AS error, m.is_sent AS is_sent, m.date AS date,
      ${column('service')}, ${column('is_delivered')}, ${column('date_delivered')}, ${column('date_read')},
      ${column('was_downgraded')} FROM message m`;
    this.#statuses = exact(`${statuses} WHERE m.ROWID IN (SELECT value FROM json_each(?))`);
    this.#statusByGuid = exact(`${statuses} WHERE m.guid = ?`);
    this.#ghosts = exact(
      `SELECT m.guid AS guid, h.id AS handle, ${column('attributedBody', 'body')}
       FROM message m LEFT JOIN handle h ON h.ROWID = m.handle_id
       WHERE m.ROWID > ? AND m.is_from_me = 1 AND coalesce(m.text, '') = ''
         AND NOT EXISTS (SELECT 1 FROM chat_message_join j WHERE j.message_id = m.ROWID) ORDER BY m.ROWID`,
    );
    this.#handles = exact('SELECT ROWID AS row_id, id FROM handle');
    const chats = `SELECT c.ROWID AS chat_id, c.guid AS guid, ${ofChat('style', 'style')},
      ${ofChat('service_name', 'service')} FROM chat c`;
    const hasMembers = columnsOf(db, 'chat_handle_join').has('handle_id');
    this.#chatsWith = exact(
      hasMembers
        ? `${chats} WHERE c.ROWID IN (SELECT chat_id FROM chat_handle_join
             WHERE handle_id IN (SELECT value FROM json_each(?))) ORDER BY c.ROWID DESC`
        : `${chats} WHERE ? IS NULL`,
    );
    this.#groups = exact(
      `${chats} WHERE ${chat.has('chat_identifier') ? 'c.chat_identifier' : 'c.guid'} = ? OR c.guid = ? ORDER BY c.ROWID DESC`,
    );
    this.#members = exact(
      hasMembers
        ? 'SELECT DISTINCT h.id AS id FROM chat_handle_join j JOIN handle h ON h.ROWID = j.handle_id WHERE j.chat_id = ?'
        : 'SELECT NULL AS id WHERE ? IS NULL',
    );
    // An own message that Messages downgraded says nothing of what the chat takes next.
    this.#newestService = exact(
      `SELECT ${column('service')} FROM chat_message_join j JOIN message m ON m.ROWID = j.message_id
       WHERE j.chat_id = ?${message.has('was_downgraded') ? ' AND coalesce(m.was_downgraded, 0) = 0' : ''}
       ORDER BY j.message_id DESC LIMIT 1`,
    );
  }

  /** Rows of messages sent from this account above `rowId`, oldest first. */
  after(rowId: number): OwnRow[] {
    return this.#after.all(rowId).map((raw) => ({
      rowId: Number(raw.row_id),
      guid: String(raw.guid),
      text: readMessageText({
        text: typeof raw.text === 'string' ? raw.text : null,
        body: raw.body instanceof Uint8Array ? raw.body : null,
      }).text,
      isMessage: !raw.item_type && !raw.associated_message_type && !raw.schedule_state,
      files: this.#files.all(Number(raw.row_id)).map(({ path, name }) => ({
        path: String(path),
        name: String(name),
      })),
    }));
  }

  /** The status of each row that is still there, by guid: ROWIDs are a hint that a rebuilt database breaks. */
  statusesOf(rows: readonly { rowId: number; guid: string }[]): Map<string, RowStatus> {
    const ids = JSON.stringify(rows.map((row) => row.rowId));
    const found = new Map(this.#statuses.all(ids).map((raw) => [raw.guid, toRowStatus(raw)]));
    for (const { guid } of rows) {
      if (found.has(guid)) continue;
      const moved = this.#statusByGuid.get(guid);
      if (moved !== undefined) found.set(guid, toRowStatus(moved));
    }
    return found;
  }

  /** Own rows above `rowId` that are empty and in no chat, with the address they were meant for. */
  emptyRowsAfter(rowId: number): { guid: string; handle: string | null }[] {
    const empty = this.#ghosts.all(rowId).filter(({ body }) => {
      return !(body instanceof Uint8Array) || body.byteLength === 0;
    });
    return empty.map(({ guid, handle }) => ({ guid: String(guid), handle }));
  }

  /**
   * One-to-one chats with somebody whose address `isWanted`, newest first. Chats without a message are left out:
   * Messages keeps them as empty shells, and scripts cannot reach them.
   */
  directChats(isWanted: (address: string) => boolean): KnownChat[] {
    const wanted = this.#handles.all().filter(({ id }) => typeof id === 'string' && isWanted(id));
    if (wanted.length === 0) return [];
    const chats = this.#chatsWith.all(JSON.stringify(wanted.map(({ row_id }) => Number(row_id))));
    return chats
      .filter((chat) => !isGroup(chat))
      .flatMap((chat) => {
        const newest = this.#newestService.get(chat.chat_id);
        if (newest === undefined) return [];
        const members = this.#members.all(chat.chat_id).map(({ id }) => id);
        return [{ guid: chat.guid, members, channel: channelOf(newest.service ?? chat.service) }];
      })
      .filter(({ members }) => members.every(isWanted));
  }

  /** Group chats by their identifier, or by a guid of theirs, newest first. */
  groupChats(identifier: string): KnownChat[] {
    const chats = this.#groups.all(identifier, identifier).filter(isGroup);
    return chats.map((chat) => ({
      guid: chat.guid,
      members: this.#members.all(chat.chat_id).map(({ id }) => id),
      channel: channelOf(this.#newestService.get(chat.chat_id)?.service ?? chat.service),
    }));
  }
}

function isGroup(chat: RawChat): boolean {
  return chat.style === GROUP_STYLE || chat.guid.includes(';+;');
}

function toRowStatus(raw: RawStatus): RowStatus {
  const deliveredAt = raw.date_delivered ?? 0n;
  const readAt = raw.date_read ?? 0n;
  const isRead = readAt !== 0n && readAt !== NO_DATE && readAt >= (raw.date ?? 0n);
  return {
    rowId: Number(raw.row_id),
    guid: raw.guid,
    channel: raw.was_downgraded === 1n ? 'sms' : channelOf(raw.service),
    error: Number(raw.error ?? 0),
    sent: raw.is_sent === 1n,
    delivered: raw.is_delivered === 1n || deliveredAt !== 0n,
    deliveredAt: deliveredAt === 0n ? undefined : fromAppleTime(deliveredAt),
    readAt: isRead ? fromAppleTime(readAt) : undefined,
  };
}
