import type { Channel } from '../../../shared/channels.ts';
import type { PickDevice, RouteRequest } from '../store.ts';
import { queueOf, type StoreContext, touchConversation } from './context.ts';
import { together } from './together.ts';

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
  channel: Channel;
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
export async function routeQueued(
  context: StoreContext,
  request: RouteRequest,
  now: number,
): Promise<string[]> {
  const online = new Set(request.online);
  if (online.size === 0) return [];
  const busy = new Set<string>();
  const room = await measureRoom(context, request);
  const byWorkspace = Map.groupBy(await listLanes(context, online), (lane) => lane.location_id);
  // Each brings one message at least: more of them have no share, and each costs Postgres a lock of the few it has.
  const workspaces = [...byWorkspace].slice(0, request.limit);
  await context.hold(workspaces.map(([locationId]) => queueOf(locationId)));
  let left = request.limit;
  for (const [index, [locationId, lanes]] of workspaces.entries()) {
    const share = Math.ceil(left / (workspaces.length - index));
    const messages = await listUnrouted(context, lanes, share);
    for (const device_id of await routeAll(context, locationId, messages, { pick: request.pick, room }, now))
      busy.add(device_id);
    left -= messages.length;
    if (left <= 0) break;
  }
  return [...busy];
}

async function listLanes({ db }: StoreContext, online: Set<string>): Promise<RoutableLane[]> {
  const lanes: RoutableLane[] = [];
  let lane: Lane | undefined = await db.get<Lane>(NEXT_LANE, '', '', '');
  while (lane) {
    const only = lane.only_device;
    const serving = await db.all<{ device_id: string }>(CANDIDATES, lane.location_id, lane.channel);
    const candidates = serving
      .map(({ device_id }) => device_id)
      .filter((id) => online.has(id) && (only === '' || only === id));
    if (candidates.length > 0) lanes.push({ ...lane, candidates });
    lane = await db.get<Lane>(NEXT_LANE, lane.location_id, lane.channel, only);
  }
  return lanes;
}

/** The oldest of all the lanes of a workspace, so that a conversation that changes channels keeps its order. */
async function listUnrouted({ db }: StoreContext, lanes: RoutableLane[], limit: number): Promise<Unrouted[]> {
  const found: Unrouted[] = [];
  for (const { location_id, channel, only_device, candidates } of lanes) {
    const messages = await db.all<Pick<Unrouted, 'seq' | 'phone'>>(
      UNROUTED,
      location_id,
      channel,
      only_device,
      limit,
    );
    found.push(...messages.map((message) => ({ ...message, channel, candidates })));
  }
  return lanes.length === 1 ? found : found.sort((a, b) => a.seq - b.seq).slice(0, limit);
}

/** In their order; what one leads to, the next of its conversation sees, as on one connection the statements keep theirs. */
async function routeAll(
  context: StoreContext,
  location_id: string,
  messages: Unrouted[],
  { pick, room }: { pick: PickDevice; room: Map<string, number> },
  now: number,
): Promise<string[]> {
  const { db } = context;
  const devices: string[] = [];
  const writes: Promise<unknown>[] = [];
  for (const { seq, phone, channel, candidates } of messages) {
    const known = await db.get<{ device_id: string }>(PREVIOUS, phone, location_id);
    const previous = known?.device_id;
    const able = candidates.filter((id) => id === previous || (room.get(id) ?? 1) > 0);
    const device_id = pick({
      candidates: able.length > 0 ? able : candidates,
      previous,
      conversation: `${location_id} ${phone}`,
    });
    room.set(device_id, (room.get(device_id) ?? Number.POSITIVE_INFINITY) - 1);
    devices.push(device_id);
    const moves = previous !== undefined && previous !== device_id;
    const written = together([
      ...(moves ? [db.run(TAKE_ALONG, device_id, previous, location_id, phone, channel)] : []),
      db.run('UPDATE messages SET device_id = ? WHERE seq = ?', device_id, seq),
      touchConversation(context, { location_id, phone, device_id }, now),
    ]);
    // Waited for below: until then its failure is nobody's.
    written.catch(() => {});
    writes.push(written);
  }
  await together(writes);
  return devices;
}

/**
 * What waits at the former device for its turn, which nobody took back yet since its change was just heard of: it would
 * come to the next device behind what is routed there now.
 */
const TAKE_ALONG = `
UPDATE messages SET device_id = ?
WHERE status = 'QUEUED' AND device_id = ? AND device_id IS NOT NULL AND owner IS NULL AND offered_at IS NULL
  AND location_id = ? AND phone = ? AND channel = ? AND only_device = ''`;

const TAKE_BACK = `
UPDATE messages SET device_id = NULL
WHERE status = 'QUEUED' AND device_id = ? AND device_id IS NOT NULL AND owner IS NULL AND offered_at IS NULL
  AND location_id = ? AND phone = ? AND only_device = ''`;

/**
 * The conversation is this device's from now on, a person having written there: what waits for its turn at another is
 * routed anew, since what follows goes here and would pass it.
 */
export async function moveConversation(
  context: StoreContext,
  conversation: { location_id: string; phone: string; device_id: string },
  now: number,
): Promise<void> {
  const { phone, location_id, device_id } = conversation;
  const known = await context.db.get<{ device_id: string }>(PREVIOUS, phone, location_id);
  if (known !== undefined && known.device_id !== device_id)
    await context.db.run(TAKE_BACK, known.device_id, location_id, phone);
  await touchConversation(context, conversation, now);
}

const PREVIOUS = 'SELECT device_id FROM conversations WHERE phone = ? AND location_id = ?';

const IN_HAND = `
SELECT count(*) AS n FROM (
  SELECT * FROM (SELECT 1 FROM messages WHERE status = 'DISPATCHED' AND device_id = ? LIMIT ?) AS taken
  UNION ALL
  SELECT * FROM (
    SELECT 1 FROM messages WHERE status = 'QUEUED' AND device_id = ? AND device_id IS NOT NULL AND owner IS NULL LIMIT ?
  ) AS routed
) AS in_hand`;

/** For devices with a limited pace: how many more messages of new conversations each should get. */
async function measureRoom(
  { db }: StoreContext,
  { online, enough }: RouteRequest,
): Promise<Map<string, number>> {
  const room = new Map<string, number>();
  for (const id of online) {
    const most = enough?.get(id);
    if (most === undefined) continue;
    const inHand = await db.get<{ n: number }>(IN_HAND, id, most, id, most);
    room.set(id, most - (inHand?.n ?? 0));
  }
  return room;
}

const ROUTED = `
SELECT DISTINCT location_id FROM messages
WHERE status = 'QUEUED' AND device_id = ? AND owner IS NULL AND offered_at IS NULL`;

/**
 * Only what was never offered: an offered message may be on the device's disk. Routing of those workspaces is kept off
 * meanwhile: else it could give the device a later message of a conversation whose earlier ones are just taken back.
 */
export async function unrouteDevice({ db, hold }: StoreContext, deviceId: string): Promise<void> {
  const list = async (): Promise<string[]> =>
    (await db.all<{ location_id: string }>(ROUTED, deviceId)).map(({ location_id }) => location_id);
  await hold(async () => (await list()).map(queueOf));
  const locationIds = await list();
  await hold(locationIds.map(queueOf));
  await db.run(
    `UPDATE messages SET device_id = NULL
     WHERE status = 'QUEUED' AND device_id = ? AND owner IS NULL AND offered_at IS NULL
       AND location_id IN (SELECT value FROM json_each(?))`,
    deviceId,
    JSON.stringify(locationIds),
  );
}

const NEXT_ROUTED = `
SELECT device_id FROM messages
WHERE status = 'QUEUED' AND device_id IS NOT NULL AND owner IS NULL AND device_id > ? ORDER BY device_id LIMIT 1`;

/** Takes back what was routed to any other device than these: it may have left while the message was on its way there. */
export async function unrouteExcept(context: StoreContext, deviceIds: string[]): Promise<void> {
  const able = new Set(deviceIds);
  const others = (await listRoutedTo(context)).filter((id) => !able.has(id));
  await unrouteDevices(context, others);
}

async function listRoutedTo({ db }: StoreContext): Promise<string[]> {
  const found: string[] = [];
  let routed = await db.get<{ device_id: string }>(NEXT_ROUTED, '');
  while (routed) {
    found.push(routed.device_id);
    routed = await db.get<{ device_id: string }>(NEXT_ROUTED, routed.device_id);
  }
  return found;
}

/** All of them held at once: a step that met them one by one would begin anew for each. */
export async function unrouteDevices(context: StoreContext, deviceIds: string[]): Promise<void> {
  await context.hold(() => listQueuesOf(context, deviceIds));
  for (const deviceId of deviceIds) await unrouteDevice(context, deviceId);
}

export async function listQueuesOf({ db }: StoreContext, deviceIds: string[]): Promise<string[]> {
  const queues = new Set<string>();
  for (const deviceId of deviceIds)
    for (const { location_id } of await db.all<{ location_id: string }>(ROUTED, deviceId))
      queues.add(queueOf(location_id));
  return [...queues];
}

export async function unrouteAll({ db }: StoreContext): Promise<void> {
  await db.run(
    `UPDATE messages SET owner = NULL, lease_until = NULL WHERE status = 'QUEUED' AND owner IS NOT NULL`,
  );
  await db.run(
    `UPDATE messages SET device_id = NULL
     WHERE status = 'QUEUED' AND device_id IS NOT NULL AND owner IS NULL AND offered_at IS NULL`,
  );
}
