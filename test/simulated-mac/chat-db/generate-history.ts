import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { encodeAttributedBody } from '../typedstream.ts';
import { appleNanoseconds } from './chat-database.ts';
import { type MacosVersion, majorOf } from './columns.ts';
import { createTables } from './create-tables.ts';

export interface HistoryOptions {
  readonly macos: MacosVersion;
  readonly messages: number;
  /** Every tenth of them is a group of three. */
  readonly conversations: number;
  /** Date of the latest message, epoch milliseconds; without it an hour ago. */
  readonly until?: number;
}

interface Conversation {
  readonly chat: number;
  /** Who may write in it. */
  readonly handles: readonly number[];
}

const HOUR_MS = 3_600_000;
/** Time between two messages, so that a million of them fill some five years. */
const STEP_MS = 160_000;
const BODIES = 400;
const OWN_NUMBER = '+12145550199';
const OWN_LOGIN = 'E:simulated.mac@example.com';
const ACCOUNT_GUID = 'B0B5CA1E-0000-4000-8000-000000000001';
const WORDS =
  'the quick brown fox jumps over a lazy dog while nobody looks grüezi 日本 🎉 invoice tomorrow'.split(' ');

interface Body {
  readonly text: string;
  readonly blob: Buffer;
}

/** Texts of 2 to 90 words; encoding each row's own would take longer than writing it. */
function makeBodies(): Body[] {
  return Array.from({ length: BODIES }, (_, index) => {
    const length = 2 + ((index * index) % (index % 17 === 0 ? 89 : 12));
    const text = Array.from({ length }, (_word, at) => WORDS[(index * 7 + at * 3) % WORDS.length]).join(' ');
    return { text, blob: encodeAttributedBody(`${text} ${index}`) };
  });
}

function makeConversations(db: Database.Database, options: HistoryOptions): Conversation[] {
  const prefix = majorOf(options.macos) >= 26 ? 'any' : 'iMessage';
  const handle = db.prepare("INSERT INTO handle (id, service, country) VALUES (?, 'iMessage', 'us')");
  const chat =
    db.prepare(`INSERT INTO chat (guid, style, state, account_id, account_login, chat_identifier, service_name,
    room_name, display_name) VALUES (?, ?, 3, '${ACCOUNT_GUID}', '${OWN_LOGIN}', ?, 'iMessage', ?, '')`);
  const member = db.prepare('INSERT INTO chat_handle_join (chat_id, handle_id) VALUES (?, ?)');
  return Array.from({ length: options.conversations }, (_, index) => {
    const group = index % 10 === 9;
    const handles = Array.from({ length: group ? 3 : 1 }, (_member, at) =>
      Number(handle.run(`+1312${String(index).padStart(6, '0')}${at}`).lastInsertRowid),
    );
    const identifier = group ? `chat${7_000_000_000 + index}` : `+1312${String(index).padStart(6, '0')}0`;
    const guid = `${prefix};${group ? '+' : '-'};${identifier}`;
    const id = Number(chat.run(guid, group ? 43 : 45, identifier, group ? identifier : null).lastInsertRowid);
    for (const one of handles) member.run(id, one);
    return { chat: id, handles };
  });
}

/** Column → SQL of its value; a column that this macOS version lacks is left out. */
function messageCells(db: Database.Database): Record<string, string> {
  const known = new Set(db.prepare("SELECT name FROM pragma_table_info('message')").pluck().all());
  const cells = {
    guid: '@guid',
    text: '@text',
    attributedBody: '@body',
    handle_id: '@handle',
    version: '10',
    service: "'iMessage'",
    account: `'${OWN_LOGIN}'`,
    account_guid: `'${ACCOUNT_GUID}'`,
    date: '@date',
    date_read: '0',
    date_delivered: '@delivered',
    is_from_me: '@fromMe',
    is_sent: '@fromMe',
    is_delivered: '1',
    is_finished: '1',
    is_read: '1',
    part_count: '1',
    destination_caller_id: `'${OWN_NUMBER}'`,
  };
  return Object.fromEntries(Object.entries(cells).filter(([column]) => known.has(column)));
}

function fillMessages(db: Database.Database, options: HistoryOptions): void {
  const conversations = makeConversations(db, options);
  const bodies = makeBodies();
  const withText = majorOf(options.macos) < 26;
  const cells = messageCells(db);
  const message = db.prepare(
    `INSERT INTO message (${Object.keys(cells).join(', ')}) VALUES (${Object.values(cells).join(', ')})`,
  );
  const join = db.prepare(
    'INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (?, ?, ?)',
  );
  const first = (options.until ?? Date.now() - HOUR_MS) - options.messages * STEP_MS;
  for (let index = 0; index < options.messages; index += 1) {
    const { chat, handles } = conversations[(index * 31) % conversations.length] ?? { chat: 0, handles: [] };
    const body = bodies[index % BODIES];
    const date = appleNanoseconds(first + (index + 1) * STEP_MS);
    const fromMe = index % 5 < 2 ? 1 : 0;
    const delivered = fromMe === 1 ? date + 1_500_000_000n : 0n;
    const row = message.run({
      guid: crypto.randomUUID().toUpperCase(),
      text: withText && index % 4 !== 0 ? (body?.text ?? null) : null,
      body: body?.blob ?? null,
      handle: fromMe === 1 && handles.length > 1 ? 0 : handles[index % handles.length],
      date,
      delivered,
      fromMe,
    });
    join.run(chat, row.lastInsertRowid, date);
  }
}

/**
 * Writes a chat.db with a long past, as a simulated Mac of that version goes on with it: a million messages in some
 * twenty seconds. A database that is there already is replaced.
 */
export function generateHistory(path: string, options: HistoryOptions): void {
  mkdirSync(dirname(path), { recursive: true });
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  const db = new Database(path);
  try {
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.pragma('cache_size = -262144');
    createTables(db, options.macos);
    // Indexes and triggers come back after the rows: one sort each instead of a million insertions.
    const later = db
      .prepare(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL",
      )
      .all() as { type: string; name: string; sql: string }[];
    for (const { type, name } of later) db.exec(`DROP ${type} "${name}"`);
    db.transaction(() => fillMessages(db, options))();
    for (const { sql } of later) db.exec(sql);
    db.pragma('journal_mode = WAL');
  } finally {
    db.close();
  }
}
