import type { Database } from 'better-sqlite3';
import { type MacosVersion, tablesOf } from './columns.ts';

const CONSTRAINTS: Record<string, string> = {
  _SqliteDatabaseProperties: 'UNIQUE(key)',
  chat_handle_join: 'UNIQUE(chat_id, handle_id)',
  chat_message_join: 'PRIMARY KEY(chat_id, message_id)',
  chat_recoverable_message_join: 'PRIMARY KEY(chat_id, message_id), CHECK(delete_date != 0)',
  chat_lookup: 'UNIQUE(identifier, domain)',
  chat_service: 'UNIQUE(service, chat)',
  handle: 'UNIQUE(id, service)',
  kvtable: 'UNIQUE(key)',
  message_attachment_join: 'UNIQUE(message_id, attachment_id)',
  recoverable_message_part: 'PRIMARY KEY(chat_id, message_id, part_index), CHECK(delete_date != 0)',
};

const UNIQUE_COLUMNS = new Set(['message.guid', 'chat.guid', 'attachment.guid', 'attachment.original_guid']);

const TYPES: Record<string, string> = {
  int: 'INTEGER',
  int0: 'INTEGER DEFAULT 0',
  blob: 'BLOB',
  blobnull: 'BLOB DEFAULT NULL',
  text: 'TEXT',
  textnull: 'TEXT DEFAULT NULL',
};

function columnSql(table: string, spec: string): string {
  const [name = '', type = 'text'] = spec.split(':');
  if (name === 'ROWID') return 'ROWID INTEGER PRIMARY KEY AUTOINCREMENT';
  const bare = name.replace('!', '');
  const [sqlType, ...rest] = (TYPES[type] ?? 'TEXT').split(' ');
  const unique = UNIQUE_COLUMNS.has(`${table}.${bare}`) ? 'UNIQUE' : '';
  const notNull = name.endsWith('!') ? 'NOT NULL' : '';
  return [`"${bare}"`, sqlType, unique, notNull, ...rest].filter(Boolean).join(' ');
}

function tableSql(table: string, columns: string): string {
  const lines = columns.split(/\s+/).map((spec) => columnSql(table, spec));
  const constraint = CONSTRAINTS[table];
  return `CREATE TABLE "${table}" (${[...lines, ...(constraint ? [constraint] : [])].join(', ')})`;
}

/** Apple's indexes that queries may lean on; there is none on date_delivered, date_read or date_edited. */
const INDEXES: readonly (readonly [name: string, on: string])[] = [
  ['message_idx_date', 'message(date)'],
  ['message_idx_failed', 'message(is_finished, is_from_me, error)'],
  ['message_idx_handle', 'message(handle_id, date)'],
  ['message_idx_handle_id', 'message(handle_id)'],
  ['message_idx_is_read', 'message(is_read, is_from_me, is_finished)'],
  ['message_idx_was_downgraded', 'message(was_downgraded)'],
  ['message_attachment_join_idx_message_id', 'message_attachment_join(message_id)'],
  ['message_attachment_join_idx_attachment_id', 'message_attachment_join(attachment_id)'],
  ['chat_message_join_idx_chat_id', 'chat_message_join(chat_id)'],
  ['chat_message_join_idx_message_id_only', 'chat_message_join(message_id)'],
  ['chat_message_join_idx_message_date_id_chat_id', 'chat_message_join(chat_id, message_date, message_id)'],
  ['chat_idx_chat_identifier', 'chat(chat_identifier)'],
  ['chat_idx_chat_identifier_service_name', 'chat(chat_identifier, service_name)'],
  ['chat_handle_join_idx_handle_id', 'chat_handle_join(handle_id)'],
];

/** The triggers whose effects can be seen from outside; some call functions that only Apple's process has. */
function triggers(has: (table: string) => boolean): string[] {
  const roomNames = `CREATE TRIGGER after_insert_on_chat_message_join AFTER INSERT ON chat_message_join BEGIN
    UPDATE message SET cache_roomnames = (SELECT group_concat(c.room_name) FROM chat c
      JOIN chat_message_join j ON j.chat_id = c.ROWID WHERE j.message_id = NEW.message_id)
    WHERE ROWID = NEW.message_id; END`;
  const hasFiles = `CREATE TRIGGER after_insert_on_message_attachment_join AFTER INSERT ON message_attachment_join BEGIN
    UPDATE message SET cache_has_attachments = 1 WHERE ROWID = NEW.message_id; END`;
  const joinDate = `CREATE TRIGGER update_message_date_after_update_on_message AFTER UPDATE OF date ON message BEGIN
    UPDATE chat_message_join SET message_date = NEW.date WHERE message_id = NEW.ROWID; END`;
  const deletePath = `CREATE TRIGGER before_delete_on_attachment BEFORE DELETE ON attachment BEGIN
    SELECT delete_attachment_path(OLD.filename); END`;
  const deletePlugin = `CREATE TRIGGER after_delete_on_message_plugin AFTER DELETE ON message
    WHEN OLD.balloon_bundle_id IS NOT NULL BEGIN
    SELECT after_delete_message_plugin(OLD.ROWID, OLD.guid); END`;
  const lastFailed = `CREATE TRIGGER update_last_failed_message_date AFTER UPDATE OF error ON message
    WHEN NEW.error != 0 AND NEW.date > coalesce((SELECT value FROM kvtable WHERE key = 'lastFailedMessageDate'), 0)
    BEGIN INSERT OR REPLACE INTO kvtable (key, value) VALUES ('lastFailedMessageDate', NEW.date);
    INSERT OR REPLACE INTO kvtable (key, value) VALUES ('lastFailedMessageRowID', NEW.ROWID); END`;
  const deleted = `CREATE TRIGGER add_to_deleted_messages AFTER DELETE ON message BEGIN
    INSERT INTO deleted_messages (guid) VALUES (OLD.guid); END`;
  return [
    roomNames,
    hasFiles,
    joinDate,
    deletePath,
    deletePlugin,
    ...(has('kvtable') ? [lastFailed] : []),
    ...(has('deleted_messages') ? [deleted] : []),
  ];
}

/** Adds the columns that a table lacks, at its end; makes the whole table where there is none. */
export function addColumns(db: Database, table: string, columns: string): void {
  const known = new Set(db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table));
  if (known.size === 0) {
    db.exec(tableSql(table, columns));
    return;
  }
  for (const spec of columns.split(/\s+/)) {
    const name = (spec.split(':')[0] ?? '').replace('!', '');
    // A new column that must not be NULL needs a default for the rows that are there.
    const sql = columnSql(table, spec).replace('NOT NULL', 'NOT NULL DEFAULT 0');
    if (!known.has(name)) db.exec(`ALTER TABLE "${table}" ADD COLUMN ${sql}`);
  }
}

/** Creates an empty chat.db of the given macOS version in an open, empty database. */
export function createTables(db: Database, version: MacosVersion): void {
  const tables = tablesOf(version);
  db.transaction(() => {
    for (const [table, columns] of Object.entries(tables)) db.exec(tableSql(table, columns));
    for (const [name, on] of INDEXES) db.exec(`CREATE INDEX ${name} ON ${on}`);
    for (const trigger of triggers((table) => table in tables)) db.exec(trigger);
    if ('_SqliteDatabaseProperties' in tables) {
      db.prepare('INSERT INTO _SqliteDatabaseProperties (key, value) VALUES (?, ?)').run(
        'counter_in_all',
        '0',
      );
    }
  })();
}
