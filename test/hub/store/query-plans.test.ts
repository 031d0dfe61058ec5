import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pickDevice } from '../../../hub/routing/pick-device.ts';
import { SqliteConnection } from '../../../hub/store/sqlite/database.ts';
import { migrate } from '../../../hub/store/sqlite/migrate.ts';
import { createSqliteStore } from '../../../hub/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../hub/store/store.ts';
import { openVault } from '../../../hub/store/vault.ts';
import { EXTRA_EVENTS } from '../../../shared/extra-events.ts';
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
  await store.releaseSends(line.device_id, 'hub-1');
  await store.unrouteDevice(line.device_id);
  await store.unrouteExcept([]);
  await exerciseHubs(store, line.device_id);
  await store.expireQueued(NOW + 2 * HOUR, 10);
  await store.updateWorkspace(line.location_id, { extra_events: [...EXTRA_EVENTS] }, NOW);
  const origin = { guid: 'R1', from: '+12145550100', from_me: false, channel: 'imessage', at: NOW } as const;
  const reaction = {
    kind: 'reaction',
    ...origin,
    target: 'G',
    part: 0,
    reaction: 'love',
    removed: false,
  } as const;
  const group = { id: 'chat1', participants: [] };
  await store.recordJournal(
    line.device_id,
    journal.batch(messageEntry({ group, reply_to: 'G' }), reaction),
    NOW,
  );
  await store.recordSeen(line.device_id, undefined, NOW);
  await store.expireDispatched({ silentSince: NOW, limit: 9 }, NOW + 2 * HOUR);
  await store.readSettings(line.device_id);
  const enough = new Map([[line.device_id, 1]]);
  await store.routeQueued({ online: [line.device_id], enough, pick: pickDevice, limit: 1 }, NOW);
  await exerciseFiles(store);
  await exerciseRetention(store);
  await exerciseAdmin(store, line);
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

/** A hub that comes, has a device, and is taken over. */
async function exerciseHubs(store: Store, device_id: string): Promise<void> {
  await store.registerHub('hub-2', 'a', NOW);
  await store.registerHub('hub-3', 'c', NOW);
  await store.connectDevice({ device_id, hub: 'hub-2', id: 'connection' });
  await store.listConnections();
  await store.beatHub('hub-2', 'b');
  await store.takeOverHub({ id: 'hub-2', beat: 'b' });
  await store.endConnections(['connection']);
  await store.leaveHub('hub-3');
}

/** Files both ways, from the fetch to their end. */
async function exerciseFiles(store: Store): Promise<void> {
  const line = await addLine(store);
  const file = { sha256: 'a'.repeat(64), name: 'a.jpg', mime_type: 'image/jpeg', size: 7 };
  const attachments = ['https://a.example/1', 'https://b.example/2', 'https://c.example/3'];
  await store.acceptMessages(
    [newMessage(line.location_id, { attachments }), newMessage(line.location_id)],
    NOW,
  );
  const places = { total: 8, per_workspace: 4, per_host: 2 };
  const [first, second] = await store.claimFetches({ owner: 'hub-1', lease_until: NOW, places }, NOW);
  await store.settleFetch('hub-1', first!, { kind: 'stored', file }, NOW);
  const retry = { kind: 'retry', at: NOW, counts: true, reason: 'slow.' } as const;
  await store.settleFetch('hub-1', second!, retry, NOW);
  await store.releaseFetches('hub-1');
  const [last] = await store.claimFetches({ owner: 'hub-1', lease_until: NOW, places }, NOW);
  await store.settleFetch('hub-1', last!, { kind: 'unavailable', reason: 'gone.' }, NOW);
  await store.recordFile(file, NOW);
  await store.recordJournal(line.device_id, new Journal().batch(messageEntry({ attachments: [file] })), NOW);
  await store.findGrantedFile(line.device_id, file.sha256);
  await store.touchFile(file.sha256, NOW);
  await store.listUnneededFiles({ before: NOW, limit: 10 }, NOW);
  await store.forgetFile(file.sha256, NOW, NOW);
}

/** What only an admin asks for. */
async function exerciseAdmin(store: Store, line: { location_id: string; device_id: string }): Promise<void> {
  const message = newMessage(line.location_id, { phone: '+12145550177' });
  await store.acceptMessages([message], NOW);
  await store.cancelMessage(message.id, NOW);
  await store.resendMessage({ id: message.id, expires_at: NOW + HOUR, force: false }, NOW);
  const [failed] = await claimDue(store);
  await store.settleDeliveries('hub-1', [settled(failed!, { kind: 'dead' })], NOW);
  const statuses: ('dead' | 'recorded')[] = ['dead', 'recorded'];
  const request = { location_id: line.location_id, statuses, since: 0, until: NOW, limit: 1 };
  await store.replayDeliveries(request, NOW);
  await store.listMessageDeliveries(message.id);
  const page = { limit: 5 };
  await store.listDeliveries({ message: message.id }, page);
  await store.listDeliveries({ workspace: line.location_id, status: 'dead' }, page);
  await store.listDeliveries({ workspace: line.location_id, type: 'MESSAGE', since: NOW }, page);
  await store.listMessages({ workspace: line.location_id, channel: 'sms', until: NOW }, page);
  await store.listAuditEntries({ workspace: line.location_id }, page);
  await store.listAuditEntries({ actor: 'admin token' }, page);
  await store.listAuditEntries({ action: 'message.cancel' }, page);
  await store.listNotices({ workspace: line.location_id, open: false }, page);
}

/** Everything that grows old, and a workspace that is deleted. */
async function exerciseRetention(store: Store): Promise<void> {
  const line = await addLine(store);
  await store.recordJournal(line.device_id, new Journal().batch(messageEntry(), messageEntry()), NOW);
  await store.deleteWorkspace(line.location_id);
  await store.purgeDeleted({ after: undefined, limit: 10 }, NOW);
  await store.purgeDeleted({ after: undefined, limit: 10 }, NOW);
  await store.forgetDeliveries({ before: NOW + 1, after: 0, limit: 1 });
  await store.forgetMessages({ before: NOW + 1, after: 0, limit: 1 });
  await store.forgetReports({ before: NOW + 1, limit: 10 }, NOW);
}

/** Statements whose index the planner must find, by a part of their text that no other has. */
const SERVED: [part: string, index: string][] = [
  ['(location_id, channel, only_device) > (?, ?, ?)', 'messages_unrouted'],
  ['device_id IS NULL AND held = 0 AND location_id = ? AND channel = ?', 'messages_unrouted'],
  ["status = 'QUEUED' AND device_id = ? AND owner IS NULL AND expires_at > ?", 'messages_offerable'],
  ["status = 'QUEUED' AND owner IS NOT NULL AND lease_until <= ?", 'messages_leased'],
  ["SELECT phone FROM messages WHERE status = 'QUEUED' AND owner IS NOT NULL", 'messages_asked'],
  ["status = 'DISPATCHED' AND device_id = ? AND expires_at <= ?", 'messages_dispatched'],
  ["direction = 'out' AND guid IS NOT NULL AND device_id = ?", 'messages_sent_guid'],
  ['owner IS NULL AND expires_at <= ?', 'messages_expiring'],
  ['next_attempt_at IS NOT NULL AND location_id > ?', 'deliveries_due'],
  ['location_id = ? AND next_attempt_at <= ?', 'deliveries_due'],
  ["status = 'pending' AND owner IS NOT NULL AND lease_until <= ?", 'deliveries_leased'],
  ["CASE WHEN EXISTS (SELECT 1 FROM deliveries WHERE status = 'pending'", 'deliveries_conversation'],
  [
    "status = 'pending' AND location_id = CAST(? AS TEXT) AND phone = CAST(? AS TEXT) ORDER BY seq LIMIT 1",
    'deliveries_conversation',
  ],
  ['next_try_at IS NULL AND location_id > ?', 'attachments_due'],
  ['next_try_at IS NULL AND location_id = ? AND host > ?', 'attachments_due'],
  ['next_try_at IS NULL AND location_id = ? AND host = ?', 'attachments_due'],
  ['next_try_at IS NOT NULL AND next_try_at <= ?', 'attachments_resting'],
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
  ['FROM extras WHERE at < ?', 'extras_at'],
  ['FROM set_aside WHERE at < ?', 'set_aside_at'],
  ['location_id NOT IN (SELECT location_id FROM workspaces', 'workspaces_deleted'],
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
