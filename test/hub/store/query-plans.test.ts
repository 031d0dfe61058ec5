import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SqliteConnection } from '../../../hub/store/sqlite/database.ts';
import { migrate } from '../../../hub/store/sqlite/migrate.ts';
import { createSqliteStore } from '../../../hub/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../hub/store/store.ts';
import { openVault } from '../../../hub/store/vault.ts';
import { NOW } from './contract/fixtures.ts';
import { exercise } from './exercise.ts';
import { linkTo, makeFolder, SECRET, silent } from './sqlite-fixtures.ts';

/** Remembers every statement that ran. */
class RecordingConnection extends SqliteConnection {
  readonly seen = new Set<string>();

  override prepare(sql: string) {
    this.seen.add(sql);
    return super.prepare(sql);
  }

  planOf(sql: string): string[] {
    const parameters = Array.from({ length: sql.split('?').length - 1 }, () => 1);
    return this.db
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...parameters)
      .map(({ detail }) => detail);
  }
}

/** Statements whose index the planner must find, by a part of their text that no other has. */
const SERVED: [part: string, index: string][] = [
  ['(location_id, channel, only_device) > (?, ?, ?)', 'messages_unrouted'],
  ['device_id IS NULL AND held = 0 AND location_id = ? AND channel = ?', 'messages_unrouted'],
  ["status = 'QUEUED' AND device_id = ? AND owner IS NULL AND expires_at > ?", 'messages_offerable'],
  ['lease_until = NULL\nWHERE owner IS NOT NULL AND lease_until <= ?', 'messages_leased'],
  ['SELECT phone FROM messages WHERE owner IS NOT NULL', 'messages_asked'],
  ["status = 'DISPATCHED' AND device_id = ? AND expires_at <= ?", 'messages_dispatched'],
  ["direction = 'out' AND guid IS NOT NULL AND device_id = ?", 'messages_sent_guid'],
  ["owner IS NULL AND direction = 'out' AND expires_at <= ?", 'messages_expiring'],
  ['next_attempt_at IS NOT NULL AND location_id > ?', 'deliveries_due'],
  ['location_id = ? AND next_attempt_at <= ?', 'deliveries_due'],
  ['FROM deliveries\n       WHERE owner IS NOT NULL AND lease_until <= ?', 'deliveries_leased'],
  ["CASE WHEN EXISTS (SELECT 1 FROM deliveries WHERE status = 'pending'", 'deliveries_conversation'],
  [
    "status = 'pending' AND location_id = CAST(? AS TEXT) AND phone = CAST(? AS TEXT) ORDER BY seq LIMIT 1",
    'deliveries_conversation',
  ],
  ['next_try_at IS NULL AND location_id > ?', 'attachments_due'],
  ['next_try_at IS NULL AND location_id = ? AND host > ?', 'attachments_due'],
  ['next_try_at IS NULL AND location_id = ? AND host = ?', 'attachments_due'],
  ['next_try_at IS NOT NULL AND next_try_at <= ?', 'attachments_resting'],
  ['"message_id" = ? and "direction" = \'out\'', 'messages_client_id'],
  ['GROUP BY location_id, host', 'attachments_leased'],
  ['SET held = 0', 'messages_held'],
  ['used_at < ? AND needed_until < ?', 'files'],
  ['(created_at, seq) > (?, ?) AND created_at <= ?', 'deliveries_replayable'],
  ['phone = value AND next_attempt_at IS NOT NULL', 'deliveries_conversation'],
  ['phone = value ORDER BY seq LIMIT 1', 'deliveries_conversation'],
  ['FROM messages WHERE resend_of = ?', 'messages_resends'],
  ['"message_seq" = (select', 'deliveries_message'],
  ["kind = 'webhook_failing' ORDER BY seq DESC", 'notices_workspace'],
  ['FROM conversations WHERE phone = ? AND location_id = ?', 'PRIMARY KEY'],
  ["updated_at < ? AND status NOT IN ('QUEUED', 'DISPATCHED')", 'SEARCH m USING INTEGER PRIMARY KEY'],
  ["updated_at < ? AND status NOT IN ('QUEUED', 'DISPATCHED')", 'deliveries_message'],
  ["created_at < ? AND status <> 'pending'", 'SEARCH m USING INTEGER PRIMARY KEY'],
  ['FROM deliveries m WHERE location_id = ? ORDER BY seq', 'deliveries_workspace'],
  ['seq, status FROM messages WHERE location_id = ? AND seq > ?', 'messages_workspace'],
  ['FROM attempts WHERE delivery_seq < ? AND delivery_seq >= ?', 'PRIMARY KEY'],
  ['FROM messages m WHERE location_id = ? AND seq < ?', 'messages_workspace'],
  ['count(*) as "counted" from (select "seq"', 'COVERING INDEX deliveries_kept_of_workspace'],
  ['FROM extras WHERE at < ?', 'extras_at'],
  ['FROM set_aside WHERE at < ?', 'set_aside_at'],
  ['location_id NOT IN (SELECT location_id FROM workspaces', 'workspaces_deleted'],
  ['select seq from (select "seq" from "messages" where "location_id" = ? and "seq"', 'messages_workspace'],
];

const BIG = [
  'messages',
  'deliveries',
  'timeline',
  'attempts',
  'conversations',
  'assignments',
  'attachments',
  'files',
  'extras',
  'audit',
];
/** Scanning these is scanning a queue: they hold nothing that is finished. */
const QUEUES =
  /USING (COVERING )?INDEX (attachments_(due|leased|resting)|messages_(unrouted|held|offerable|asked|leased|dispatched|expiring)|deliveries_(due|leased|conversation|kept))/;

/** Statements that put in order what an index found of what one user may see: a page of each workspace, or a few rows. */
const MEANT_SORTS = [
  'DISTINCT',
  ') as found order by seq',
  '"location_id" in (?',
  '"devices" where "id" in (?',
];

describe('with a million rows behind it', () => {
  test('every claim is served by the index of its queue, and nothing scans a big table', async () => {
    await using folder = await makeFolder();
    const db = new RecordingConnection(join(folder.path, 'hub.db'));
    migrate(db.db, 'hub.db');
    const store: Store = {
      ...createSqliteStore(db, { vault: openVault(SECRET), log: silent, linkTo, clock: () => NOW }),
      async [Symbol.asyncDispose]() {},
    };
    await exercise(store);
    const statements = [...db.seen].filter((sql) => /^\s*(select|insert|update|delete)/i.test(sql));
    const plans = new Map(statements.map((sql) => [sql, db.planOf(sql)]));

    for (const [part, index] of SERVED) {
      const found = [...plans].filter(([sql]) => sql.includes(part));
      expect(found.length, `a statement with ${part}`).toBeGreaterThan(0);
      for (const [sql, plan] of found) expect(plan.join('\n'), sql).toContain(index);
    }
    const scans = [...plans].flatMap(([sql, plan]) =>
      plan
        .filter((detail) => BIG.some((table) => detail.startsWith(`SCAN ${table}`)) && !QUEUES.test(detail))
        .map((detail) => `${detail}: ${sql}`),
    );
    expect(scans).toEqual([]);
    const sorts = [...plans].filter(([, plan]) => plan.some((detail) => detail.includes('TEMP B-TREE')));
    const isMeant = (sql: string): boolean => MEANT_SORTS.some((part) => sql.includes(part));
    expect(sorts.map(([sql]) => sql).filter((sql) => !isMeant(sql))).toEqual([]);
    db.close();
  });
});
