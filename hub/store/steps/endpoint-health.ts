import { randomUUIDv7 } from 'node:crypto';
import type { NoticeKind } from '../../../shared/api/notices.ts';
import type { EndpointChange, EndpointCounts } from '../record-keeping.ts';
import type { SettledDelivery } from '../records.ts';
import type { StoreContext } from './context.ts';

/** After a webhook recovered, failures are told of again at once only when it held for so long… */
const CALM_MS = 10 * 60_000;
/** …else once they have gone on for this long: one that answers now and then would tell of nothing but itself. */
const STUBBORN_MS = 60_000;

/** What a workspace's webhook is known for, as this step goes on. */
interface Endpoint {
  location_id: string;
  failing_since: number | null;
  /** 1 when events are sent to it. */
  listens: number;
}

/**
 * Read anew by each step that settles: what is remembered of workspaces may lack what another hub has just noted, and a
 * success that misses the failures before it would leave the webhook failing for good.
 */
export async function readHealth(
  { db }: StoreContext,
  locationIds: string[],
): Promise<Map<string, Endpoint>> {
  const endpoints = await db.all<Endpoint>(
    `SELECT location_id, failing_since, CASE WHEN url IS NOT NULL AND webhook_enabled = 1 THEN 1 ELSE 0 END AS listens
     FROM workspaces WHERE deleted_at IS NULL AND location_id IN (SELECT value FROM json_each(?))`,
    JSON.stringify(locationIds),
  );
  return new Map(endpoints.map((endpoint) => [endpoint.location_id, endpoint]));
}

/**
 * Notes what an attempt says of its webhook: failing since the first failure, well again with any success. Called after
 * the outcome was applied. Answers what operators are to hear of it; notices in the database make it once each.
 */
export async function noteHealth(
  context: StoreContext,
  endpoint: Endpoint,
  settled: SettledDelivery,
  now: number,
): Promise<EndpointChange | undefined> {
  const { location_id, failing_since: before } = endpoint;
  const { attempt, outcome } = settled;
  const since = outcome.kind === 'delivered' ? null : (before ?? attempt.at);
  if (before !== since) {
    await context.db.run('UPDATE workspaces SET failing_since = ? WHERE location_id = ?', since, location_id);
    context.directory.forget();
    endpoint.failing_since = since;
  }
  if (outcome.kind === 'disable') return await noteDisabled(context, location_id, outcome.reason, now);
  if (since !== null) return await noteFailure(context, endpoint, { since, detail: describe(settled) }, now);
  return before === null ? undefined : await noteSuccess(context, location_id, before, now);
}

async function noteSuccess(
  context: StoreContext,
  locationId: string,
  since: number,
  now: number,
): Promise<EndpointChange | undefined> {
  if (!(await resolve(context, locationId, 'webhook_failing', now))) return undefined;
  return { location_id: locationId, change: 'recovered', since, detail: 'It answers again.' };
}

async function noteFailure(
  context: StoreContext,
  { location_id, listens }: Endpoint,
  failing: { since: number; detail: string },
  now: number,
): Promise<EndpointChange | undefined> {
  if (listens === 0) return undefined;
  const last = await context.db.get<{ resolved_at: number | null }>(
    `SELECT resolved_at FROM notices WHERE location_id = ? AND kind = 'webhook_failing' ORDER BY seq DESC LIMIT 1`,
    location_id,
  );
  if (last !== undefined) {
    if (last.resolved_at === null) return undefined;
    if (now - last.resolved_at < CALM_MS && now - failing.since < STUBBORN_MS) return undefined;
  }
  if (!(await open(context, location_id, 'webhook_failing', failing, now))) return undefined;
  return { location_id, change: 'failing', ...failing };
}

async function noteDisabled(
  context: StoreContext,
  locationId: string,
  reason: string,
  now: number,
): Promise<EndpointChange | undefined> {
  await resolve(context, locationId, 'webhook_failing', now);
  const disabled = { since: now, detail: reason };
  if (!(await open(context, locationId, 'webhook_disabled', disabled, now))) return undefined;
  return { location_id: locationId, change: 'disabled', ...disabled };
}

/** Whether there was no open notice of this kind. */
async function open(
  { db }: StoreContext,
  locationId: string,
  kind: NoticeKind,
  { since, detail }: { since: number; detail: string },
  now: number,
): Promise<boolean> {
  const opened = await db.run(
    `INSERT INTO notices (id, location_id, kind, since, detail, created_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (location_id, kind) WHERE resolved_at IS NULL DO NOTHING`,
    randomUUIDv7(),
    locationId,
    kind,
    since,
    detail,
    now,
  );
  return opened === 1;
}

/** Whether there was one to resolve. */
async function resolve(
  { db }: StoreContext,
  locationId: string,
  kind: NoticeKind,
  now: number,
): Promise<boolean> {
  const resolved = await db.run(
    'UPDATE notices SET resolved_at = ? WHERE location_id = ? AND kind = ? AND resolved_at IS NULL',
    now,
    locationId,
    kind,
  );
  return resolved > 0;
}

/** Not the message of the error: it may name the address of the endpoint. */
function describe({ attempt: { error, http_status } }: SettledDelivery): string {
  return http_status === null ? `No answer: ${error ?? 'other'}.` : `It answered ${http_status}.`;
}

const COUNTS = `
SELECT count(*) FILTER (WHERE url IS NULL) AS unset,
       count(*) FILTER (WHERE url IS NOT NULL AND webhook_enabled = 0) AS disabled,
       count(*) FILTER (WHERE url IS NOT NULL AND webhook_enabled = 1 AND failing_since IS NOT NULL) AS failing,
       count(*) FILTER (WHERE url IS NOT NULL AND webhook_enabled = 1 AND failing_since IS NULL) AS ok
FROM workspaces WHERE deleted_at IS NULL`;

export async function countEndpoints({ db }: StoreContext): Promise<EndpointCounts> {
  const counts = await db.get<EndpointCounts>(COUNTS);
  if (counts === undefined) throw new Error('a SELECT of counts answered no row');
  return counts;
}
