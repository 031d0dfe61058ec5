import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';
import { boundTime } from '../search-window.ts';
import type {
  MessageTraffic,
  TrafficSlice,
  TrafficSpan,
  TrafficStore,
  TrafficWalk,
  WebhookCounts,
} from '../traffic.ts';
import type { StoreContext } from './context.ts';

/** The two looks into the timeline cost less than the row itself. */
const MESSAGES = `
SELECT seq, status, from_me, error_code, device_id, created_at,
       (SELECT min(at) FROM timeline WHERE message_seq = m.seq AND status = 'SENT') AS sent_at,
       (SELECT min(at) FROM timeline WHERE message_seq = m.seq AND status = 'DELIVERED') AS delivered_at
FROM messages m`;
const NEWEST = 'seq < ? AND seq >= ? ORDER BY seq DESC LIMIT ?';

export async function readMessageTraffic(
  { db }: StoreContext,
  { workspace, from, before, limit }: TrafficWalk,
): Promise<TrafficSlice<MessageTraffic>> {
  type Row = MessageTraffic & { seq: number };
  const rows =
    workspace === undefined
      ? await db.all<Row>(`${MESSAGES} WHERE ${NEWEST}`, before, from, limit)
      : await db.all<Row>(`${MESSAGES} WHERE location_id = ? AND ${NEWEST}`, workspace, before, from, limit);
  return { rows, next: rows.length < limit ? undefined : rows.at(-1)?.seq };
}

const ATTEMPTS = `SELECT latency_ms FROM attempts WHERE delivery_seq < ? AND delivery_seq >= ?`;
const ATTEMPTS_OF_WORKSPACE = `
SELECT d.seq, a.latency_ms FROM (
  SELECT seq FROM deliveries WHERE location_id = ? AND ${NEWEST}
) AS d LEFT JOIN attempts a ON a.delivery_seq = d.seq ORDER BY d.seq DESC`;

export async function readAttemptTraffic(
  { db }: StoreContext,
  { workspace, from, before, limit }: TrafficWalk,
): Promise<TrafficSlice<number>> {
  if (workspace === undefined) {
    const low = Math.max(from, before - limit);
    const rows = await db.all<{ latency_ms: number }>(ATTEMPTS, before, low);
    return { rows: rows.map(({ latency_ms }) => latency_ms), next: low > from ? low : undefined };
  }
  type Row = { seq: number; latency_ms: number | null };
  const rows = await db.all<Row>(ATTEMPTS_OF_WORKSPACE, workspace, before, from, limit);
  const isLast = new Set(rows.map(({ seq }) => seq)).size < limit;
  return {
    rows: rows.map(({ latency_ms }) => latency_ms).filter((latency) => latency !== null),
    next: isLast ? undefined : rows.at(-1)?.seq,
  };
}

/** Where the rows from `since` on lie that are there now. */
export async function findTrafficSince(
  db: Kysely<Schema>,
  since: number,
): ReturnType<TrafficStore['findTrafficSince']> {
  const [messages, deliveries] = [await spanOf(db, 'messages', since), await spanOf(db, 'deliveries', since)];
  return { messages, deliveries };
}

async function spanOf(
  db: Kysely<Schema>,
  table: 'messages' | 'deliveries',
  since: number,
): Promise<TrafficSpan> {
  const newest = await db
    .selectFrom(table)
    .select('seq')
    .where('seq', '>=', 0)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return boundTime(db, table, { since }, (newest?.seq ?? 0) + 1);
}

/** More than anybody reads off a tile; each count is answered by the partial index of its queue. */
const MOST_COUNTED = 100_000;
const NOT_DELETED = 'location_id NOT IN (SELECT location_id FROM workspaces WHERE deleted_at IS NOT NULL)';
const OF_SCOPE = 'location_id IN (SELECT value FROM json_each(?))';

function countsOf(scope: string): string {
  const events = (which: string): string =>
    `(SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE ${which} AND ${scope} LIMIT ${MOST_COUNTED}) AS counted)`;
  return `
SELECT count(*) FILTER (WHERE webhook_enabled = 0) AS disabled,
       count(*) FILTER (WHERE webhook_enabled = 1 AND failing_since IS NOT NULL) AS failing,
       ${events("status = 'pending'")} AS pending,
       ${events("status = 'dead' AND status IN ('dead', 'recorded')")} AS dead,
       ${events("status = 'recorded' AND status IN ('dead', 'recorded')")} AS recorded
FROM workspaces WHERE url IS NOT NULL AND deleted_at IS NULL AND ${scope}`;
}

const COUNTS = countsOf(NOT_DELETED);
const COUNTS_OF_SCOPE = countsOf(OF_SCOPE);

export async function countWebhooks(
  { db }: StoreContext,
  workspaces: readonly string[] | undefined,
): Promise<WebhookCounts> {
  const scope = JSON.stringify(workspaces);
  const counts =
    workspaces === undefined
      ? await db.get<WebhookCounts>(COUNTS)
      : await db.get<WebhookCounts>(COUNTS_OF_SCOPE, scope, scope, scope, scope);
  if (counts === undefined) throw new Error('a SELECT of counts answered no row');
  return counts;
}
