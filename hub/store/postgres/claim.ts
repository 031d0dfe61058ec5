import type { ClaimedDelivery, Workspace } from '../records.ts';
import { webhookId } from '../rows.ts';
import type { ClaimRequest } from '../steps/claim.ts';
import { IS_OVER, type StoreContext } from '../steps/context.ts';
import { freeLeases, recordPending } from '../steps/deliveries.ts';
import { listDeleted } from '../steps/purge.ts';

interface Waiting {
  location_id: string;
  next_attempt_at: number;
}

const IS_WAITING = 'owner IS NULL AND next_attempt_at IS NOT NULL';

// Hops from workspace to workspace through the index, whatever backlog lies between.
const WAITING = `
WITH RECURSIVE waiting AS (
  (SELECT location_id, next_attempt_at FROM deliveries WHERE ${IS_WAITING}
   ORDER BY location_id, next_attempt_at LIMIT 1)
  UNION ALL
  SELECT following.location_id, following.next_attempt_at FROM waiting CROSS JOIN LATERAL (
    SELECT location_id, next_attempt_at FROM deliveries
    WHERE ${IS_WAITING} AND location_id > waiting.location_id
    ORDER BY location_id, next_attempt_at LIMIT 1
  ) AS following
)
SELECT location_id, next_attempt_at FROM waiting`;

// Round by round: the first of each workspace, then the second of each, so that what some leave goes to the others.
// Another hub that claims at the same moment locks its rows: those are passed over. The rows are met by their key: were the
// status written plainly, the planner would go through the whole queue for them.
const CLAIM = `
WITH due AS (
  SELECT first.seq, open.turn, row_number() OVER (PARTITION BY open.location_id ORDER BY first.next_attempt_at, first.seq) AS round
  FROM json_to_recordset(CAST(? AS JSON)) AS open (location_id TEXT COLLATE "C", most BIGINT, turn BIGINT)
  CROSS JOIN LATERAL (
    SELECT seq, next_attempt_at FROM deliveries
    WHERE ${IS_WAITING} AND location_id = open.location_id AND next_attempt_at <= CAST(? AS BIGINT)
    ORDER BY next_attempt_at LIMIT open.most
  ) AS first
), picked AS (
  SELECT seq FROM due ORDER BY round, turn LIMIT ?
), free AS (
  SELECT seq FROM deliveries
  WHERE seq = ANY (ARRAY(SELECT seq FROM picked)) AND owner IS NULL AND status || '' = 'pending'
  FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE deliveries SET owner = ?, lease_until = ?, attempts = attempts + 1, tries = tries + 1
FROM free WHERE deliveries.seq = free.seq
RETURNING deliveries.seq, id, location_id, type, body, tries, created_at`;

interface ClaimedRow {
  seq: number;
  id: string;
  location_id: string;
  type: string;
  body: string;
  tries: number;
  created_at: number;
}

/** As the step of the same name does, in one statement that several hubs run side by side. */
export async function claimDeliveries(
  context: StoreContext,
  request: ClaimRequest,
  now: number,
): Promise<ClaimedDelivery[]> {
  await freeLeases(context, IS_OVER, now, request.owner);
  const waiting = await listWaiting(context, request.busy);
  const due = waiting.filter(({ next_attempt_at }) => next_attempt_at <= now);
  const workspaces = new Map<string, Workspace>();
  const open = [];
  for (const { location_id } of rotate(due, context.turns.lastServed)) {
    if (workspaces.size >= request.limit) break;
    const listens = await context.directory.listens(location_id);
    const workspace = await context.directory.workspace(location_id);
    if (listens && workspace) {
      const most = Math.min(request.limit, request.mostFor?.(location_id) ?? request.limit);
      open.push({ location_id, most, turn: workspaces.size });
      workspaces.set(location_id, workspace);
    } else if (workspace) {
      await recordPending(context, location_id);
    }
  }
  if (open.length === 0) return [];
  const { owner, lease_until, limit } = request;
  const rows = await context.db.all<ClaimedRow>(CLAIM, JSON.stringify(open), now, limit, owner, lease_until);
  context.turns.lastServed = open.at(-1)?.location_id ?? '';
  return rows
    .sort((a, b) => a.seq - b.seq)
    .flatMap((row) => {
      const workspace = workspaces.get(row.location_id);
      return workspace ? [toClaimed(row, workspace, now)] : [];
    });
}

/** When the next delivery comes due that nobody is attempting. */
export async function nextDeliveryAt(context: StoreContext, busy: string[]): Promise<number | undefined> {
  const waiting = await listWaiting(context, busy);
  const times = waiting.map(({ next_attempt_at }) => next_attempt_at);
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
}

async function listWaiting({ db }: StoreContext, busy: string[]): Promise<Waiting[]> {
  const aside = new Set([...busy, ...(await listDeleted({ db }))]);
  return (await db.all<Waiting>(WAITING)).filter(({ location_id }) => !aside.has(location_id));
}

function rotate(due: Waiting[], lastServed: string): Waiting[] {
  const next = due.findIndex(({ location_id }) => location_id > lastServed);
  return next > 0 ? [...due.slice(next), ...due.slice(0, next)] : due;
}

function toClaimed(
  { id, location_id, type, body, tries, created_at }: ClaimedRow,
  { url, headers, signing_secret, previous_secret, previous_secret_until, failing_since }: Workspace,
  now: number,
): ClaimedDelivery {
  if (url === null) throw new Error('a workspace without a URL was claimed for');
  return {
    id,
    webhook_id: webhookId(id),
    location_id,
    type,
    body,
    attempt: tries,
    created_at,
    url,
    headers,
    signing_secret,
    previous_secret: (previous_secret_until ?? 0) > now ? previous_secret : null,
    failing_since,
  };
}
