import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pickDevice } from '../../../hub/routing/pick-device.ts';
import { SqliteConnection } from '../../../hub/store/sqlite/database.ts';
import { migrate } from '../../../hub/store/sqlite/migrate.ts';
import { createSqliteStore } from '../../../hub/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../hub/store/store.ts';
import { openVault } from '../../../hub/store/vault.ts';
import {
  addLine,
  claim,
  claimDue,
  dispatch,
  drain,
  HOUR,
  Journal,
  messageEntry,
  NOW,
  newMessage,
  settled,
  statusEntry,
} from './contract/fixtures.ts';
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

/** Every step a message takes, and every admin act that touches a queue. */
async function exercise(store: Store): Promise<void> {
  const line = await addLine(store);
  const journal = new Journal();
  const messages = ['1', '2', '3'].map((n) => newMessage(line.location_id, { phone: `+1214555010${n}` }));
  await dispatch(store, line, messages);
  const climbed = messages.map(({ id }) => statusEntry(id, 'DELIVERED'));
  await store.recordJournal(line.device_id, journal.batch(...climbed, messageEntry({ text: 'STOP' })), NOW);
  await store.recordJournal(line.device_id, journal.batch(messageEntry({ text: 'START' })), NOW);
  const [retried, dead] = await claimDue(store);
  await store.settleDeliveries(
    'hub-1',
    [settled(retried!, { kind: 'retry', at: NOW }), settled(dead!, { kind: 'dead' })],
    NOW,
  );
  await store.releaseDeliveries('hub-1');
  await store.retryDelivery(dead!.id, NOW);
  await store.nextDeliveryAt(NOW);
  await drain(store);
  await store.acceptMessages([newMessage(line.location_id), newMessage(line.location_id)], NOW);
  await store.routeQueued({ online: [line.device_id], pick: pickDevice, limit: 1 }, NOW);
  await claim(store, line.device_id);
  await store.releaseSends(line.device_id);
  await store.unrouteDevice(line.device_id);
  await store.unrouteAll();
  await store.expireQueued(NOW + 2 * HOUR, 10);
  await store.countQueues(NOW);
  await store.updateWorkspace(line.location_id, { connected: false, url: null }, NOW);
  await store.updateDevice(line.device_id, { paused: true }, NOW);
  await store.deleteDevice(line.device_id, NOW);
  await store.listMessages({ workspace: line.location_id }, { limit: 5 });
  await store.listMessages({ phone: '+12145550101' }, { limit: 5 });
  await store.listMessages({ status: 'FAILED' }, { limit: 5 });
  await store.listDeliveries({ status: 'dead' }, { limit: 5 });
  await store.listDeliveries({ workspace: line.location_id }, { limit: 5 });
}

/** Statements whose index the planner must find, by a part of their text that no other has. */
const SERVED: [part: string, index: string][] = [
  ['(location_id, channel) > (?, ?)', 'messages_unrouted'],
  ['device_id IS NULL AND held = 0 AND location_id = ? AND channel = ?', 'messages_unrouted'],
  ["status = 'QUEUED' AND device_id = ? AND owner IS NULL ORDER BY seq LIMIT ?", 'messages_offerable'],
  ["status = 'QUEUED' AND owner IS NOT NULL AND lease_until <= ?", 'messages_leased'],
  ['owner IS NULL AND expires_at <= ?', 'messages_expiring'],
  ['location_id > ?', 'deliveries_due'],
  ['location_id = ? AND next_attempt_at <= ?', 'deliveries_due'],
  ["status = 'pending' AND owner IS NOT NULL AND lease_until <= ?", 'deliveries_leased'],
  ["CASE WHEN EXISTS (SELECT 1 FROM deliveries WHERE status = 'pending'", 'deliveries_conversation'],
  [
    "status = 'pending' AND location_id = CAST(? AS TEXT) AND phone = CAST(? AS TEXT) ORDER BY seq LIMIT 1",
    'deliveries_conversation',
  ],
  ['FROM conversations WHERE phone = ? AND location_id = ?', 'PRIMARY KEY'],
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
];
/** Scanning these is scanning a queue: they hold nothing that is finished. */
const QUEUES =
  /USING (COVERING )?INDEX (attachments_(due|leased)|messages_(unrouted|held|offerable|leased|dispatched|expiring)|deliveries_(due|leased|conversation|kept))/;

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
    expect(sorts.map(([sql]) => sql).filter((sql) => !sql.includes('DISTINCT'))).toEqual([]);
    db.close();
  });
});
