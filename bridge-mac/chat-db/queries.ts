import type { Database, Statement } from 'better-sqlite3';

/** Rows as SQLite gives them, integers as bigint: a date in nanoseconds does not fit a double. */
export interface RawMessage {
  row_id: bigint;
  guid: string;
  text: unknown;
  body: unknown;
  date: bigint | null;
  handle: string | null;
  service: string | null;
  item_type: bigint | null;
  associated_message_type: bigint | null;
  balloon_bundle_id: string | null;
  schedule_state: bigint | null;
  has_attachments: bigint | null;
  is_from_me: bigint | null;
}

export interface RawChat {
  chat_id: bigint;
  guid: string;
  style: bigint | null;
  identifier: string | null;
  name: string | null;
}

const REQUIRED: Record<string, readonly string[]> = {
  message: ['guid', 'text', 'date', 'is_from_me', 'handle_id', 'is_sent', 'error'],
  handle: ['id'],
  chat: ['guid'],
  chat_message_join: ['chat_id', 'message_id'],
};

/** Columns that a version of macOS may lack; NULL stands in for them. */
const OPTIONAL = {
  body: 'attributedBody',
  service: 'service',
  item_type: 'item_type',
  associated_message_type: 'associated_message_type',
  balloon_bundle_id: 'balloon_bundle_id',
  schedule_state: 'schedule_state',
  has_attachments: 'cache_has_attachments',
} as const;

/** What this database lacks of the tables and columns that the bridge cannot do without; undefined for nothing. */
export function findLacking(db: Database): string | undefined {
  for (const [table, columns] of Object.entries(REQUIRED)) {
    const present = columnsOf(db, table);
    if (present.size === 0) return `the table ${table}`;
    const lacking = columns.find((column) => !present.has(column));
    if (lacking !== undefined) return `the column ${table}.${lacking}`;
  }
  return undefined;
}

export interface Queries {
  dataVersion: Statement<[], { data_version: bigint }>;
  maxRowId: Statement<[], { row_id: bigint | null }>;
  firstDated: Statement<[bigint], { row_id: bigint | null }>;
  guidAt: Statement<[number], { guid: string }>;
  after: Statement<[number, number], RawMessage>;
  byGuid: Statement<[string], RawMessage>;
  chatsOf: Statement<[number], RawChat>;
  participants: Statement<[number], { id: string }>;
}

/** Prepares every query against the columns that this database really has: they differ between versions of macOS. */
export function prepareQueries(db: Database): Queries {
  const message = columnsOf(db, 'message');
  const chat = columnsOf(db, 'chat');
  const optional = (name: keyof typeof OPTIONAL): string =>
    `${message.has(OPTIONAL[name]) ? `m.${OPTIONAL[name]}` : 'NULL'} AS ${name}`;
  const ofChat = (column: string, name: string): string =>
    `${chat.has(column) ? `c.${column}` : 'NULL'} AS ${name}`;

  const columns = `m.ROWID AS row_id, m.guid AS guid, m.text AS text, m.date AS date, m.is_from_me AS is_from_me,
    h.id AS handle, ${optional('body')}, ${optional('service')}, ${optional('item_type')},
    ${optional('associated_message_type')}, ${optional('balloon_bundle_id')}, ${optional('schedule_state')},
    ${optional('has_attachments')}`;
  const messages = `SELECT ${columns} FROM message m LEFT JOIN handle h ON h.ROWID = m.handle_id`;
  const hasHandleJoin = columnsOf(db, 'chat_handle_join').has('handle_id');
  const exact = <Parameters extends unknown[], Row>(sql: string): Statement<Parameters, Row> =>
    db.prepare<Parameters, Row>(sql).safeIntegers();

  return {
    dataVersion: exact('PRAGMA data_version'),
    maxRowId: exact('SELECT max(ROWID) AS row_id FROM message'),
    // The + keeps SQLite from walking all rows in order of ROWID instead of using the index on date.
    firstDated: exact('SELECT min(+ROWID) AS row_id FROM message WHERE date >= ?'),
    guidAt: exact('SELECT guid FROM message WHERE ROWID = ?'),
    after: exact(`${messages} WHERE m.ROWID > ? ORDER BY m.ROWID LIMIT ?`),
    byGuid: exact(`${messages} WHERE m.guid = ?`),
    chatsOf: exact(
      `SELECT c.ROWID AS chat_id, c.guid AS guid, ${ofChat('style', 'style')},
         ${ofChat('chat_identifier', 'identifier')}, ${ofChat('display_name', 'name')}
       FROM chat_message_join j JOIN chat c ON c.ROWID = j.chat_id WHERE j.message_id = ? ORDER BY c.ROWID`,
    ),
    participants: exact(
      hasHandleJoin
        ? 'SELECT DISTINCT h.id AS id FROM chat_handle_join j JOIN handle h ON h.ROWID = j.handle_id WHERE j.chat_id = ? ORDER BY h.ROWID'
        : 'SELECT NULL AS id WHERE ? IS NULL',
    ),
  };
}

export function columnsOf(db: Database, table: string): Set<string> {
  const columns = db.prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)').all(table);
  return new Set(columns.map((column) => column.name));
}
