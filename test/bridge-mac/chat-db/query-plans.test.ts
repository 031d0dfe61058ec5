import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { queryTexts } from '../../../bridge-mac/chat-db/queries.ts';
import { openBridgeStore } from '../../../bridge-mac/store/open-store.ts';
import { MACOS_VERSIONS } from '../../simulated-mac/chat-db/columns.ts';
import { temporaryFolder } from '../kit/inbox-rig.ts';
import { MessagesDb } from '../kit/messages-db.ts';

type Plan = { detail: string }[];

/** What a query may cost: a search by this index or key, on the table that grows. */
const SERVED: Record<keyof ReturnType<typeof queryTexts>, RegExp> = {
  maxRowId: /SEARCH message$/,
  lastInserted: /SCAN sqlite_sequence/,
  firstDated: /SEARCH message USING COVERING INDEX message_idx_date/,
  guidAt: /SEARCH message USING INTEGER PRIMARY KEY/,
  rowAt: /SEARCH m USING INTEGER PRIMARY KEY \(rowid=\?\)/,
  after: /SEARCH m USING INTEGER PRIMARY KEY \(rowid>\?\)/,
  byGuid: /SEARCH m USING INDEX sqlite_autoindex_message_1/,
  ownBetween: /SEARCH m USING INDEX message_idx_date/,
  sameMoment: /SEARCH m USING INDEX message_idx_date \(date=\?/,
  editedSince: /SEARCH m USING INDEX message_idx_date \(date>\?\)/,
  datedSince: /SEARCH message USING COVERING INDEX message_idx_date \(date>\?\)/,
  accountsAfter: /SEARCH m USING INTEGER PRIMARY KEY \(rowid>\?\)/,
  chatsOf: /SEARCH j USING (COVERING )?INDEX chat_message_join_idx_message_id_only/,
  participants: /SEARCH j USING (COVERING )?INDEX sqlite_autoindex_chat_handle_join_1/,
  attachmentsOf: /SEARCH j USING (COVERING )?INDEX (message_attachment_join_idx_message_id|sqlite_autoindex)/,
};

test.each(MACOS_VERSIONS)('in a chat.db of %s every look is served by an index, none scans', (version) => {
  using messages = MessagesDb.create({ version });
  for (const [name, sql] of Object.entries(queryTexts(messages.db))) {
    if (name === 'editedSince' && version === 'monterey-12') continue;
    const parameters = Array.from({ length: sql.split('?').length - 1 }, () => 1);
    const plan = messages.db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as Plan;
    const details = plan.map(({ detail }) => detail).join('\n');
    expect(details, name).toMatch(SERVED[name as keyof typeof SERVED]);
    // That table has a row per table.
    expect(details, name).not.toMatch(/\bSCAN (?!sqlite_sequence)/);
    if (name === 'after' || name === 'editedSince') expect(details, name).not.toContain('TEMP B-TREE');
  }
});

test('what is known of a million messages is found by index in the bridge’s own database too', () => {
  using home = temporaryFolder();
  const path = join(home.path, 'bridge.db');
  openBridgeStore(path, 'device')[Symbol.dispose]();
  const db = new Database(path);
  const lookups = [
    'SELECT 1 FROM seen_messages WHERE guid = ?',
    'SELECT 1 FROM seen_messages WHERE twin = ?',
    'SELECT 1 FROM seen_messages WHERE twin BETWEEN ? AND ? LIMIT 1',
    'DELETE FROM seen_messages WHERE seen_at < ?',
    'SELECT 1 FROM pending_rows WHERE conversation = ? ORDER BY position LIMIT 1',
    'SELECT 1 FROM pending_rows WHERE guid = ?',
    'SELECT result FROM incoming_files WHERE message = ? AND file = ?',
  ];
  for (const sql of lookups) {
    const parameters = Array.from({ length: sql.split('?').length - 1 }, () => 1);
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as Plan;
    const details = plan.map(({ detail }) => detail).join('\n');
    expect(details, sql).toContain('SEARCH');
    expect(details, sql).not.toMatch(/\bSCAN\b|TEMP B-TREE/);
  }
  db.close();
});
