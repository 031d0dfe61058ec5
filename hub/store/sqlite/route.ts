import type { Channel } from '../../../shared/channels.ts';
import type { PickDevice, RouteRequest } from '../store.ts';
import { type SqliteContext, touchConversation } from './context.ts';

/** Unrouted messages of one workspace on one channel. */
interface Lane {
  location_id: string;
  channel: Channel;
  /** The one device that may carry them; empty where any that serves the workspace may. */
  only_device: string;
}

interface RoutableLane extends Lane {
  candidates: string[];
}

interface Unrouted {
  seq: number;
  phone: string;
  candidates: string[];
}

const NEXT_LANE = `
SELECT location_id, channel, only_device FROM messages
WHERE status = 'QUEUED' AND device_id IS NULL AND held = 0 AND (location_id, channel, only_device) > (?, ?, ?)
ORDER BY location_id, channel, only_device LIMIT 1`;

const CANDIDATES = `
SELECT a.device_id FROM assignments a
JOIN workspaces w ON w.location_id = a.location_id
JOIN devices d ON d.id = a.device_id
WHERE a.location_id = ? AND a.channel = ? AND w.connected = 1 AND d.paused = 0
  AND EXISTS (SELECT 1 FROM json_each(d.channels) WHERE value = a.channel)`;

const UNROUTED = `
SELECT seq, phone FROM messages
WHERE status = 'QUEUED' AND device_id IS NULL AND held = 0 AND location_id = ? AND channel = ?
  AND only_device = ? ORDER BY seq LIMIT ?`;

/**
 * Gives unrouted messages to devices: in order within a workspace, an equal share to each workspace, so that a backlog
 * of one holds up no other. What waits for devices that are away costs one look-up per workspace and channel.
 */
export function routeQueued(context: SqliteContext, request: RouteRequest, now: number): string[] {
  const online = new Set(request.online);
  if (online.size === 0) return [];
  const busy = new Set<string>();
  const room = measureRoom(context, request);
  const workspaces = [...Map.groupBy(listLanes(context, online), (lane) => lane.location_id)];
  let left = request.limit;
  for (const [index, [locationId, lanes]] of workspaces.entries()) {
    const share = Math.ceil(left / (workspaces.length - index));
    const messages = listUnrouted(context, lanes, share);
    for (const message of messages) {
      const device_id = routeOne(context, locationId, message, { pick: request.pick, room }, now);
      busy.add(device_id);
    }
    left -= messages.length;
    if (left <= 0) break;
  }
  return [...busy];
}

function listLanes({ db }: SqliteContext, online: Set<string>): RoutableLane[] {
  const lanes: RoutableLane[] = [];
  let lane: Lane | undefined = db.get<Lane>(NEXT_LANE, '', '', '');
  while (lane) {
    const only = lane.only_device;
    const candidates = db
      .all<{ device_id: string }>(CANDIDATES, lane.location_id, lane.channel)
      .map(({ device_id }) => device_id)
      .filter((id) => online.has(id) && (only === '' || only === id));
    if (candidates.length > 0) lanes.push({ ...lane, candidates });
    lane = db.get<Lane>(NEXT_LANE, lane.location_id, lane.channel, only);
  }
  return lanes;
}

/** The oldest of all the lanes of a workspace, so that a conversation that changes channels keeps its order. */
function listUnrouted({ db }: SqliteContext, lanes: RoutableLane[], limit: number): Unrouted[] {
  const found = lanes.flatMap(({ location_id, channel, only_device, candidates }) =>
    db
      .all<{ seq: number; phone: string }>(UNROUTED, location_id, channel, only_device, limit)
      .map((message) => ({ ...message, candidates })),
  );
  return lanes.length === 1 ? found : found.sort((a, b) => a.seq - b.seq).slice(0, limit);
}

function routeOne(
  context: SqliteContext,
  location_id: string,
  { seq, phone, candidates }: Unrouted,
  { pick, room }: { pick: PickDevice; room: Map<string, number> },
  now: number,
): string {
  const previous = context.db.get<{ device_id: string }>(
    'SELECT device_id FROM conversations WHERE phone = ? AND location_id = ?',
    phone,
    location_id,
  )?.device_id;
  const able = candidates.filter((id) => id === previous || (room.get(id) ?? 1) > 0);
  const device_id = pick({
    candidates: able.length > 0 ? able : candidates,
    previous,
    conversation: `${location_id} ${phone}`,
  });
  room.set(device_id, (room.get(device_id) ?? Number.POSITIVE_INFINITY) - 1);
  context.db.run('UPDATE messages SET device_id = ? WHERE seq = ?', device_id, seq);
  touchConversation(context, { location_id, phone, device_id }, now);
  return device_id;
}

const IN_HAND = `
SELECT count(*) AS n FROM (
  SELECT * FROM (SELECT 1 FROM messages WHERE status = 'DISPATCHED' AND device_id = ? LIMIT ?)
  UNION ALL
  SELECT * FROM (
    SELECT 1 FROM messages WHERE status = 'QUEUED' AND device_id = ? AND device_id IS NOT NULL AND owner IS NULL LIMIT ?
  )
)`;

/** For devices with a limited pace: how many more messages of new conversations each should get. */
function measureRoom({ db }: SqliteContext, { online, enough }: RouteRequest): Map<string, number> {
  const room = new Map<string, number>();
  for (const id of online) {
    const most = enough?.get(id);
    if (most === undefined) continue;
    const inHand = db.get<{ n: number }>(IN_HAND, id, most, id, most)?.n ?? 0;
    room.set(id, most - inHand);
  }
  return room;
}

/** Only what was never offered: an offered message may be on the device's disk. */
export function unrouteDevice({ db }: SqliteContext, deviceId: string): void {
  db.run(
    `UPDATE messages SET device_id = NULL
     WHERE status = 'QUEUED' AND device_id = ? AND owner IS NULL AND offered_at IS NULL`,
    deviceId,
  );
}

export function unrouteAll({ db }: SqliteContext): void {
  db.run(
    `UPDATE messages SET owner = NULL, lease_until = NULL WHERE status = 'QUEUED' AND owner IS NOT NULL`,
  );
  db.run(
    `UPDATE messages SET device_id = NULL
     WHERE status = 'QUEUED' AND device_id IS NOT NULL AND owner IS NULL AND offered_at IS NULL`,
  );
}
