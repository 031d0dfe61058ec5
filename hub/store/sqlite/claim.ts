import type { ClaimedDelivery, Workspace } from '../records.ts';
import { webhookId } from '../rows.ts';
import type { SqliteContext } from './context.ts';
import { recordPending } from './deliveries.ts';

interface Due {
  location_id: string;
  next_attempt_at: number;
}

interface DueRow {
  seq: number;
  id: string;
  type: string;
  body: string;
  tries: number;
  created_at: number;
}

const FREE_EXPIRED = `
UPDATE deliveries SET owner = NULL, lease_until = NULL
WHERE status = 'pending' AND owner IS NOT NULL AND lease_until <= ?`;

// Hops from workspace to workspace through the index, whatever backlog lies between.
const NEXT_WORKSPACE = `
SELECT location_id, next_attempt_at FROM deliveries
WHERE status = 'pending' AND owner IS NULL AND next_attempt_at IS NOT NULL AND location_id > ?
ORDER BY location_id, next_attempt_at LIMIT 1`;

const DUE = `
SELECT seq, id, type, body, tries, created_at FROM deliveries
WHERE status = 'pending' AND owner IS NULL AND location_id = ? AND next_attempt_at <= ?
ORDER BY next_attempt_at, seq LIMIT ?`;

const LEASE = `
UPDATE deliveries SET owner = ?, lease_until = ?, attempts = attempts + 1, tries = tries + 1 WHERE seq = ?`;

/** Takes what is due, an equal share from each workspace, so that the backlog of one holds up no other. */
export function claimDeliveries(
  context: SqliteContext,
  request: { owner: string; lease_until: number; limit: number; busy: string[] },
  now: number,
): ClaimedDelivery[] {
  context.db.run(FREE_EXPIRED, now);
  const waiting = listWaiting(context, request.busy).filter(({ next_attempt_at }) => next_attempt_at <= now);
  const claimed: ClaimedDelivery[] = [];
  for (const [index, { location_id }] of waiting.entries()) {
    const share = Math.ceil((request.limit - claimed.length) / (waiting.length - index));
    if (share <= 0) break;
    const workspace = context.directory.workspace(location_id);
    if (!workspace?.url || !workspace.webhook_enabled) recordPending(context, location_id);
    else claimed.push(...claimFrom(context, { ...workspace, url: workspace.url }, request, share, now));
  }
  return claimed;
}

/** When the next delivery comes due that nobody is attempting. */
export function nextDeliveryAt(context: SqliteContext, busy: string[]): number | undefined {
  const times = listWaiting(context, busy).map(({ next_attempt_at }) => next_attempt_at);
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
}

/** Every workspace with something to send, with the time of its earliest. */
function listWaiting({ db }: SqliteContext, busy: string[]): Due[] {
  const aside = new Set(busy);
  const waiting: Due[] = [];
  let due = db.get<Due>(NEXT_WORKSPACE, '');
  while (due) {
    if (!aside.has(due.location_id)) waiting.push(due);
    due = db.get<Due>(NEXT_WORKSPACE, due.location_id);
  }
  return waiting;
}

function claimFrom(
  { db }: SqliteContext,
  workspace: Workspace & { url: string },
  { owner, lease_until }: { owner: string; lease_until: number },
  limit: number,
  now: number,
): ClaimedDelivery[] {
  const due = db.all<DueRow>(DUE, workspace.location_id, now, limit);
  for (const { seq } of due) db.run(LEASE, owner, lease_until, seq);
  return due.map(({ id, type, body, tries, created_at }) => ({
    id,
    webhook_id: webhookId(id),
    location_id: workspace.location_id,
    type,
    body,
    attempt: tries + 1,
    created_at,
    url: workspace.url,
    headers: workspace.headers,
    signing_secret: workspace.signing_secret,
  }));
}
