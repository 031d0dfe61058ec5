import type { ClaimedFetch, FetchPlaces } from '../files.ts';
import type { SqliteContext } from './context.ts';

interface DueRow extends ClaimedFetch {
  message_seq: number;
}

/** Fetches that run, by workspace and host. */
type Running = Map<string, Map<string, number>>;

const FREE_EXPIRED = `
UPDATE attachments SET owner = NULL, lease_until = NULL
WHERE state = 'waiting' AND owner IS NOT NULL AND lease_until <= ?`;

// Hops from workspace to workspace and from host to host through the index, whatever waits in each.
const NEXT_WORKSPACE = `
SELECT location_id FROM attachments WHERE state = 'waiting' AND owner IS NULL AND location_id > ?
ORDER BY location_id LIMIT 1`;

const NEXT_HOST = `
SELECT host FROM attachments WHERE state = 'waiting' AND owner IS NULL AND location_id = ? AND host > ?
ORDER BY host LIMIT 1`;

const DUE = `
SELECT a.message_seq, m.id, a.n, a.location_id, a.url, a.tries + 1 AS attempt
FROM attachments a JOIN messages m ON m.seq = a.message_seq
WHERE a.state = 'waiting' AND a.owner IS NULL AND a.location_id = ? AND a.host = ? AND a.next_try_at <= ?
ORDER BY a.next_try_at LIMIT ?`;

const LEASE = `
UPDATE attachments SET owner = ?, lease_until = ?, tries = tries + 1 WHERE message_seq = ? AND n = ?`;

export function claimFetches(
  context: SqliteContext,
  { owner, lease_until, places }: { owner: string; lease_until: number; places: FetchPlaces },
  now: number,
): ClaimedFetch[] {
  const { db } = context;
  db.run(FREE_EXPIRED, now);
  const running = countRunning(context);
  let free = places.total - running.values().reduce((sum, hosts) => sum + sumOf(hosts), 0);
  const claimed: ClaimedFetch[] = [];
  let workspace = db.get<{ location_id: string }>(NEXT_WORKSPACE, '');
  while (workspace) {
    const { location_id } = workspace;
    const hosts = running.get(location_id) ?? new Map<string, number>();
    const own = sumOf(hosts);
    const room = Math.min(places.per_workspace - own, Math.max(free, own === 0 ? 1 : 0));
    const due =
      room > 0 ? listDue(context, location_id, hosts, { room, per_host: places.per_host }, now) : [];
    for (const { message_seq, ...fetch } of due) {
      db.run(LEASE, owner, lease_until, message_seq, fetch.n);
      claimed.push(fetch);
    }
    free -= due.length;
    workspace = db.get<{ location_id: string }>(NEXT_WORKSPACE, location_id);
  }
  return claimed;
}

function listDue(
  { db }: SqliteContext,
  location_id: string,
  running: ReadonlyMap<string, number>,
  { room, per_host }: { room: number; per_host: number },
  now: number,
): DueRow[] {
  const due: DueRow[] = [];
  let lane = db.get<{ host: string }>(NEXT_HOST, location_id, '');
  while (lane && due.length < room) {
    const { host } = lane;
    const limit = Math.min(per_host - (running.get(host) ?? 0), room - due.length);
    if (limit > 0) due.push(...db.all<DueRow>(DUE, location_id, host, now, limit));
    lane = db.get<{ host: string }>(NEXT_HOST, location_id, host);
  }
  return due;
}

function countRunning({ db }: SqliteContext): Running {
  const rows = db.all<{ location_id: string; host: string; fetches: number }>(
    `SELECT location_id, host, count(*) AS fetches FROM attachments
     WHERE state = 'waiting' AND owner IS NOT NULL GROUP BY location_id, host`,
  );
  const running: Running = new Map();
  for (const { location_id, host, fetches } of rows) {
    const hosts = running.get(location_id) ?? new Map<string, number>();
    running.set(location_id, hosts.set(host, fetches));
  }
  return running;
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return counts.values().reduce((sum, count) => sum + count, 0);
}

/** Gives back what this owner did not settle: it does not count as a try. */
export function releaseFetches({ db }: SqliteContext, owner: string): void {
  db.run(
    `UPDATE attachments SET owner = NULL, lease_until = NULL, tries = tries - 1
     WHERE state = 'waiting' AND owner IS NOT NULL AND owner = ?`,
    owner,
  );
}

/** Leases of a process that is gone; its fetches stay counted. */
export function freeAllFetches({ db }: SqliteContext): void {
  db.run(
    `UPDATE attachments SET owner = NULL, lease_until = NULL WHERE state = 'waiting' AND owner IS NOT NULL`,
  );
}
