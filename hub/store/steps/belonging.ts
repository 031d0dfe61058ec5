import type { Channel } from '../../../shared/channels.ts';
import type { ExtraEvent } from '../../../shared/extra-events.ts';
import type { JournalEntry } from '../../../shared/wire/journal.ts';
import { normalizeSender } from '../../routing/recipient.ts';
import { routeInbound } from '../../routing/route-inbound.ts';
import type { Group } from '../records.ts';
import type { StoreContext } from './context.ts';
import { noteGroup } from './groups.ts';
import { readable } from './readable.ts';

/** What a device reports of a conversation, beside the statuses of what the hub sent. */
export type Happening = Exclude<JournalEntry, { kind: 'status' }>;

/** Where something happened, as clients name it. */
export interface Place {
  /** Who wrote; in a one-to-one conversation that the device's owner wrote in, the other one. */
  phone: string;
  group: Group | undefined;
  /** Names the conversation, whose events are told in order. */
  conversation: string;
  /** The connected workspaces that the device serves there, in order of assignment; for groups those that ask for them. */
  candidates: string[];
}

/** Undefined for what the device's owner wrote to nobody knows whom. */
export async function placeOf(
  context: StoreContext,
  deviceId: string,
  entry: Happening,
  now: number,
): Promise<Place | undefined> {
  const group = entry.group && (await noteGroup(context, deviceId, { ...entry, group: entry.group }, now));
  const other = entry.from_me && group === undefined ? entry.to : entry.from;
  if (other === undefined) return undefined;
  const phone = readable(normalizeSender(other));
  const served = await listWorkspaces(context, deviceId, entry.channel);
  const candidates = group ? await listAsking(context, served, 'group') : served;
  return { phone, group, conversation: group?.id ?? phone, candidates };
}

/** Whether the workspace wants to be told of this kind of event. */
export async function asksFor(
  { directory }: StoreContext,
  locationId: string,
  extra: ExtraEvent,
): Promise<boolean> {
  const workspace = await directory.workspace(locationId);
  return workspace?.extra_events.includes(extra) ?? false;
}

async function listAsking(
  context: StoreContext,
  locationIds: string[],
  extra: ExtraEvent,
): Promise<string[]> {
  const asking: string[] = [];
  for (const id of locationIds) if (await asksFor(context, id, extra)) asking.push(id);
  return asking;
}

/** The workspace whose conversation it is. */
export async function chooseWorkspace(
  { db }: StoreContext,
  { candidates, conversation }: Place,
): Promise<string | undefined> {
  if (candidates.length < 2) return candidates[0];
  return routeInbound(
    candidates,
    await db.all('SELECT location_id, last_at FROM conversations WHERE phone = ?', conversation),
  );
}

async function listWorkspaces({ db }: StoreContext, deviceId: string, channel: Channel): Promise<string[]> {
  const served = await db.all<{ location_id: string }>(
    `SELECT a.location_id FROM assignments a JOIN workspaces w ON w.location_id = a.location_id
       JOIN devices d ON d.id = a.device_id
       WHERE a.device_id = ? AND a.channel = ? AND w.connected = 1
         AND EXISTS (SELECT 1 FROM json_each(d.channels) WHERE value = a.channel) ORDER BY a.seq`,
    deviceId,
    channel,
  );
  return served.map(({ location_id }) => location_id);
}

/** A message that a device knows by its guid. */
export interface Known {
  seq: number;
  id: string;
  direction: 'out' | 'in';
  location_id: string | null;
  message_id: string;
}

// Two halves, so that each finds the partial index of its direction.
const KNOWN = `
SELECT seq, id, direction, location_id, message_id FROM messages
WHERE direction = 'in' AND device_id = ? AND guid = ?
UNION ALL
SELECT seq, id, direction, location_id, message_id FROM messages
WHERE direction = 'out' AND guid IS NOT NULL AND device_id = ? AND guid = ? LIMIT 1`;

export async function findByGuid(
  { db }: StoreContext,
  deviceId: string,
  guid: string,
): Promise<Known | undefined> {
  const text = readable(guid);
  return await db.get<Known>(KNOWN, deviceId, text, deviceId, text);
}

/** The id by which this workspace's client knows the message: its own, or the hub's. Null for one it was never told of. */
export function idForClient(known: Known | undefined, locationId: string): string | null {
  if (known === undefined || known.location_id !== locationId) return null;
  return known.direction === 'out' ? known.message_id : known.id;
}
