import { Client } from 'pg';
import { expect, test } from 'vitest';
import { describeWithPostgres } from '../../kit/describe-with-postgres.ts';
import { NOW, newWorkspace } from './contract/fixtures.ts';
import { exercise } from './exercise.ts';
import { openUrl } from './postgres-fixtures.ts';

const ROWS = 50_000;

/** Ended messages and deliveries of a workspace and a device that the steps have nothing to do with. */
const PAST = `
INSERT INTO messages (seq, id, direction, location_id, message_id, phone, text, attachments, channel, status, device_id,
                      guid, expires_at, offered_at, created_at, updated_at)
SELECT n, 'm' || n, CASE n % 2 WHEN 0 THEN 'out' ELSE 'in' END, 'past', 'c' || n, '+1' || n, 'text', '[]', 'imessage',
       'DELIVERED', 'gone', 'g' || n, 9000000000000 + n, n, 9000000000000 + n, 9000000000000 + n
FROM generate_series(1, ${ROWS}) AS n;
INSERT INTO timeline (message_seq, n, at, status, source)
SELECT n, 1, n, 'DELIVERED', 'device' FROM generate_series(1, ${ROWS}) AS n;
INSERT INTO attachments (message_seq, n, state, tries, sha256)
SELECT n, 0, 'ready', 0, 'f' || n FROM generate_series(1, ${ROWS}) AS n;
INSERT INTO files (sha256, size, mime_type, used_at, needed_until)
SELECT 'f' || n, 1, 'image/png', 9000000000000 + n, 9000000000000 FROM generate_series(1, ${ROWS}) AS n;
INSERT INTO conversations (phone, location_id, device_id, last_at)
SELECT '+1' || n, 'past', 'gone', n FROM generate_series(1, ${ROWS}) AS n;
INSERT INTO deliveries (seq, id, location_id, phone, message_seq, type, body, status, attempts, tries, created_at)
SELECT n, 'd' || n, 'past', '+1' || n, n, 'MESSAGE', '{}', 'delivered', 1, 1, 9000000000000 + n
FROM generate_series(1, ${ROWS}) AS n;
INSERT INTO attempts (delivery_seq, n, at, latency_ms, http_status)
SELECT n, 1, n, 1, 200 FROM generate_series(1, ${ROWS}) AS n;
SELECT setval(pg_get_serial_sequence(name, 'seq'), ${ROWS}) FROM (VALUES ('messages'), ('deliveries')) AS t (name);
ANALYZE;`;

/** Statements whose index the planner must find, by a part of their text that no other has. */
const SERVED: [part: string, index: RegExp][] = [
  ['WITH RECURSIVE waiting', /deliveries_due/],
  ['WITH due AS', /deliveries_due[\s\S]*deliveries_pkey|deliveries_pkey[\s\S]*deliveries_due/],
  [
    'UPDATE messages SET owner = NULL, lease_until = NULL\n\tWHERE owner IS NOT NULL AND lease_until <=',
    /messages_(leased|asked)/,
  ],
  ['FROM deliveries\n\t       WHERE owner IS NOT NULL AND lease_until <=', /deliveries_leased/],
  ['(location_id, channel, only_device) >', /messages_unrouted/],
  ['AND owner IS NULL AND expires_at >', /messages_offerable/],
  ['"direction" = \'out\' and "seq" <', /messages_client_id/],
];

const BIG = 'messages|deliveries|timeline|attempts|attachments|conversations|files';

describeWithPostgres(
  'on Postgres, with many ended rows',
  (postgres) => {
    test('no step goes through a big table', async () => {
      await using database = await postgres().createDatabase();
      await using store = await openUrl(database.url);
      await store.createWorkspace(newWorkspace({ location_id: 'past' }), NOW);
      const client = new Client({ connectionString: database.url });
      await client.connect();
      await client.query(PAST);
      await client.end();
      const before = postgres().log.length;
      // Twice, and again: from the sixth time on a connection plans a statement once for all values.
      for (let round = 0; round < 7; round += 1) await exercise(store);

      const plans = postgres()
        .log.slice(before)
        .split(/LOG: {2}duration: [\d.]+ ms {2}plan:/)
        .slice(1);
      expect(plans.length).toBeGreaterThan(500);
      for (const [part, index] of SERVED) {
        const found = plans.filter((plan) => plan.includes(part));
        expect(found.length, part).toBeGreaterThan(0);
        for (const plan of found) expect(plan).toMatch(index);
      }
      const scans = plans.filter((plan) => new RegExp(`Seq Scan on (${BIG})\\b`).test(plan));
      expect([...new Set(scans.map(shorten))]).toEqual([]);
    });
  },
  {
    settings: {
      session_preload_libraries: 'auto_explain',
      'auto_explain.log_min_duration': '0',
      max_connections: '60',
    },
  },
);

/** Without the numbers that differ from run to run. */
function shorten(plan: string): string {
  return plan
    .replace(/\d{4}-\d\d-\d\d .*$/gms, '')
    .replace(/\(cost=.*?\)/g, '')
    .trim();
}
