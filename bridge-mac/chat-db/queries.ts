import type { Database, Statement } from 'better-sqlite3';

/** Rows as SQLite gives them, integers as bigint: a date in nanoseconds does not fit a double. */
type Raw = Record<string, unknown>;

const REQUIRED: Record<string, readonly string[]> = {
  message: ['guid', 'text', 'date', 'is_from_me', 'handle_id', 'is_sent', 'error'],
  handle: ['id'],
  chat: ['guid'],
  chat_message_join: ['chat_id', 'message_id'],
};

/** Columns that a version of macOS may lack; NULL stands in for them. */
const OPTIONAL_OF_MESSAGE = {
  body: 'attributedBody',
  service: 'service',
  account: 'account',
  item_type: 'item_type',
  associated_type: 'associated_message_type',
  associated_guid: 'associated_message_guid',
  associated_emoji: 'associated_message_emoji',
  balloon: 'balloon_bundle_id',
  schedule_state: 'schedule_state',
  has_attachments: 'cache_has_attachments',
  reply_to: 'thread_originator_guid',
  effect: 'expressive_send_style_id',
  date_edited: 'date_edited',
  summary: 'message_summary_info',
};
const OPTIONAL_OF_CHAT = { style: 'style', identifier: 'chat_identifier', name: 'display_name' };
const OPTIONAL_OF_ATTACHMENT = {
  path: 'filename',
  name: 'transfer_name',
  mime_type: 'mime_type',
  total_bytes: 'total_bytes',
  transfer_state: 'transfer_state',
  hide_attachment: 'hide_attachment',
};

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
  schemaVersion: Statement<[], { schema_version: bigint }>;
  maxRowId: Statement<[], Raw>;
  lastInserted: Statement<[], Raw>;
  firstDated: Statement<[bigint], Raw>;
  guidAt: Statement<[number], Raw>;
  rowAt: Statement<[number], Raw>;
  after: Statement<[number, number], Raw>;
  byGuid: Statement<[string], Raw>;
  ownBetween: Statement<[bigint, bigint], Raw>;
  sameMoment: Statement<[bigint, number], Raw>;
  editedSince: Statement<[bigint], Raw>;
  datedSince: Statement<[bigint], Raw>;
  accountsAfter: Statement<[number], Raw>;
  chatsOf: Statement<[number], Raw>;
  participants: Statement<[number], Raw>;
  attachmentsOf: Statement<[number], Raw>;
}

/** Prepares every query against the columns that this database really has: they differ between versions of macOS. */
export function prepareQueries(db: Database): Queries {
  const exact = <Parameters extends unknown[], Row>(sql: string): Statement<Parameters, Row> =>
    db.prepare<Parameters, Row>(sql).safeIntegers();
  const sql = queryTexts(db);
  return {
    dataVersion: exact('PRAGMA data_version'),
    schemaVersion: exact('PRAGMA schema_version'),
    maxRowId: exact(sql.maxRowId),
    lastInserted: exact(sql.lastInserted),
    firstDated: exact(sql.firstDated),
    guidAt: exact(sql.guidAt),
    rowAt: exact(sql.rowAt),
    after: exact(sql.after),
    byGuid: exact(sql.byGuid),
    ownBetween: exact(sql.ownBetween),
    sameMoment: exact(sql.sameMoment),
    editedSince: exact(sql.editedSince),
    datedSince: exact(sql.datedSince),
    accountsAfter: exact(sql.accountsAfter),
    chatsOf: exact(sql.chatsOf),
    participants: exact(sql.participants),
    attachmentsOf: exact(sql.attachmentsOf),
  };
}

/** The text of every query of the way in, for the columns that this database has. */
export function queryTexts(db: Database) {
  const message = columnsOf(db, 'message');
  const optional = (table: Set<string>, prefix: string, columns: Record<string, string>): string =>
    Object.entries(columns)
      .map(([name, column]) => `${table.has(column) ? `${prefix}.${column}` : 'NULL'} AS ${name}`)
      .join(', ');
  const hasEdits = message.has('date_edited');
  const hasMembers = columnsOf(db, 'chat_handle_join').has('handle_id');
  const hasFiles =
    columnsOf(db, 'message_attachment_join').has('attachment_id') && columnsOf(db, 'attachment').has('guid');
  const rows = `SELECT m.ROWID AS row_id, m.guid AS guid, m.text AS text, m.date AS date,
    m.is_from_me AS is_from_me, h.id AS handle, ${optional(message, 'm', OPTIONAL_OF_MESSAGE)}
    FROM message m LEFT JOIN handle h ON h.ROWID = m.handle_id`;
  return {
    maxRowId: 'SELECT max(ROWID) AS row_id FROM message',
    lastInserted: columnsOf(db, 'sqlite_sequence').has('seq')
      ? "SELECT seq AS row_id FROM sqlite_sequence WHERE name = 'message'"
      : 'SELECT NULL AS row_id',
    // The + keeps SQLite from walking all rows in order of ROWID instead of using the index on date.
    firstDated: 'SELECT min(+ROWID) AS row_id FROM message WHERE date >= ?',
    guidAt: 'SELECT guid FROM message WHERE ROWID = ?',
    rowAt: `${rows} WHERE m.ROWID = ?`,
    after: `${rows} WHERE m.ROWID > ? ORDER BY m.ROWID LIMIT ?`,
    byGuid: `${rows} WHERE m.guid = ?`,
    ownBetween: `${rows} WHERE m.date BETWEEN ? AND ? AND +m.is_from_me = 1`,
    sameMoment: `${rows} WHERE m.date = ? AND +m.ROWID < ?`,
    // There is no index on date_edited: a window on date is.
    editedSince: `${rows} WHERE m.date >= ? AND ${hasEdits ? 'm.date_edited > 0' : '0'} ORDER BY m.date`,
    datedSince: 'SELECT ROWID AS row_id FROM message WHERE date >= ? ORDER BY date',
    accountsAfter: `SELECT DISTINCT ${message.has('account') ? 'm.account' : 'NULL'} AS account FROM message m
      WHERE m.ROWID > ? AND +m.is_from_me = 1`,
    chatsOf: `SELECT c.ROWID AS chat_id, c.guid AS guid, ${optional(columnsOf(db, 'chat'), 'c', OPTIONAL_OF_CHAT)}
      FROM chat_message_join j JOIN chat c ON c.ROWID = j.chat_id WHERE j.message_id = ? ORDER BY c.ROWID`,
    participants: hasMembers
      ? `SELECT DISTINCT h.id AS id FROM chat_handle_join j JOIN handle h ON h.ROWID = j.handle_id
         WHERE j.chat_id = ? ORDER BY h.ROWID`
      : 'SELECT NULL AS id WHERE ? IS NULL',
    attachmentsOf: hasFiles
      ? `SELECT a.ROWID AS row_id, a.guid AS guid, ${optional(columnsOf(db, 'attachment'), 'a', OPTIONAL_OF_ATTACHMENT)}
         FROM message_attachment_join j JOIN attachment a ON a.ROWID = j.attachment_id
         WHERE j.message_id = ? ORDER BY a.ROWID`
      : 'SELECT NULL AS guid WHERE ? IS NULL',
  };
}

export function columnsOf(db: Database, table: string): Set<string> {
  const columns = db.prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)').all(table);
  return new Set(columns.map((column) => column.name));
}
