import { randomUUIDv7 } from 'node:crypto';
import type { Channel } from '../../../shared/channels.ts';
import type { Group as WireGroup } from '../../../shared/wire/journal.ts';
import { normalizeSender } from '../../routing/recipient.ts';
import type { Group } from '../records.ts';
import type { StoreContext } from './context.ts';
import { readable } from './readable.ts';

/** Stands before a group's id wherever clients meet it: it tells a group from a phone number. */
const PREFIX = 'group:';

export function isGroup(phone: string): boolean {
  return phone.startsWith(PREFIX);
}

const NOTE = `
INSERT INTO groups (id, device_id, wire_id, channel, name, participants, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (device_id, wire_id) DO UPDATE
SET channel = excluded.channel, name = excluded.name, participants = excluded.participants, seen_at = excluded.seen_at
RETURNING id`;

/** Keeps what a device says of a group it is in; the group under the id that clients know it by, the same ever after. */
export async function noteGroup(
  { db }: StoreContext,
  deviceId: string,
  { group, channel }: { group: WireGroup; channel: Channel },
  now: number,
): Promise<Group> {
  const name = group.name === undefined || group.name === '' ? null : readable(group.name);
  const participants = group.participants.map((one) => readable(normalizeSender(one)));
  const noted = await db.get<{ id: string }>(
    NOTE,
    randomUUIDv7(),
    deviceId,
    readable(group.id),
    channel,
    name,
    JSON.stringify(participants),
    now,
  );
  if (noted === undefined) throw new Error('an upsert of a group answered no row');
  return { id: `${PREFIX}${noted.id}`, device_id: deviceId, channel, name, participants };
}

interface Known {
  device_id: string;
  wire_id: string;
  channel: Channel;
  name: string | null;
  participants: string;
}

/** What the group's device calls it. Undefined for everything that is no group, or none any more. */
export async function wireGroupId(context: StoreContext, phone: string): Promise<string | undefined> {
  const group = isGroup(phone) ? await find(context, phone) : undefined;
  return group?.wire_id;
}

async function find({ db }: StoreContext, id: string): Promise<Known | undefined> {
  return await db.get<Known>(
    'SELECT device_id, wire_id, channel, name, participants FROM groups WHERE id = ?',
    id.slice(PREFIX.length),
  );
}

/** The group of this id, when a device that serves the workspace on the group's channel is in it. */
export async function findServedGroup(
  context: StoreContext,
  locationId: string,
  id: string,
): Promise<Group | undefined> {
  const known = await find(context, id);
  if (known === undefined) return undefined;
  const { device_id, channel, name, participants } = known;
  const serves = await context.db.get(
    `SELECT 1 FROM assignments a JOIN devices d ON d.id = a.device_id
     WHERE a.location_id = ? AND a.channel = ? AND a.device_id = ?
       AND EXISTS (SELECT 1 FROM json_each(d.channels) WHERE value = a.channel)`,
    locationId,
    channel,
    device_id,
  );
  if (serves === undefined) return undefined;
  return { id, device_id, channel, name, participants: JSON.parse(participants) as string[] };
}
