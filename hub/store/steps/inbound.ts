import { randomUUIDv7 } from 'node:crypto';
import type { MessageEntry } from '../../../shared/wire/journal.ts';
import { readKeyword } from '../../inbox/keywords.ts';
import { messageBody, nearestInstant } from '../../webhooks/events.ts';
import { asksFor, chooseWorkspace, findByGuid, idForClient, type Place, placeOf } from './belonging.ts';
import { addToTimeline, type StoreContext } from './context.ts';
import { recordDelivery } from './deliveries.ts';
import { keepReceived, linkFiles, type ReceivedFiles } from './files.ts';
import { readable } from './readable.ts';
import { moveConversation } from './route.ts';

interface Inbound {
  seq: number;
  id: string;
  device_id: string;
  location_id: string;
  text: string;
}

const INSERT = `
INSERT INTO messages (id, direction, location_id, message_id, phone, text, attachments, channel, status, device_id, guid,
                      group_id, from_me, steps, created_at, updated_at)
VALUES (?, 'in', ?, ?, ?, ?, ?, ?, 'RECEIVED', ?, ?, ?, ?, 1, ?, ?)
ON CONFLICT (device_id, guid) WHERE direction = 'in' DO NOTHING
RETURNING seq`;

/**
 * Stores a message that a device received, or that its owner wrote there, and the delivery that follows; how many are to
 * be sent, 0 or 1. What the owner wrote is kept only where the conversation's workspace asks for it: nobody else needs it.
 */
export async function recordInbound(
  context: StoreContext,
  deviceId: string,
  entry: MessageEntry,
  now: number,
): Promise<number> {
  const place = await placeOf(context, deviceId, entry, now);
  if (place === undefined) return skip(context, deviceId, entry, 'does not say to whom');
  const location_id = await chooseWorkspace(context, place);
  if (entry.from_me) {
    if (location_id === undefined || !(await asksFor(context, location_id, 'echo'))) return 0;
    const known = await findByGuid(context, deviceId, entry.guid);
    if (known?.direction === 'out') return 0;
  }
  const id = randomUUIDv7();
  const text = readable(entry.text);
  const files = await linkFiles(context, deviceId, entry, now);
  const stored = await context.db.get<{ seq: number }>(
    INSERT,
    id,
    location_id ?? null,
    id,
    place.phone,
    text,
    JSON.stringify(files.links),
    entry.channel,
    deviceId,
    readable(entry.guid),
    place.group?.id ?? null,
    Number(entry.from_me),
    now,
    now,
  );
  if (stored === undefined) return 0;
  await keepReceived(context, stored.seq, files);
  const warning = entry.warning && readable(entry.warning);
  const untold = place.group && location_id === undefined ? 'group chat: not delivered' : undefined;
  await addToTimeline(
    context,
    { seq: stored.seq, n: 1 },
    { at: nearestInstant(entry.at), status: 'RECEIVED', source: 'device', detail: warning ?? untold },
  );
  if (location_id === undefined) return 0;
  const message = { seq: stored.seq, id, device_id: deviceId, location_id, text };
  return await tell(context, message, { entry, place, files }, now);
}

async function tell(
  context: StoreContext,
  message: Inbound,
  { entry, place, files }: { entry: MessageEntry; place: Place; files: ReceivedFiles },
  now: number,
): Promise<number> {
  const { location_id, device_id } = message;
  const { phone, group, conversation } = place;
  await moveConversation(context, { location_id, phone: conversation, device_id }, now);
  if (!entry.from_me && group === undefined)
    await obeyKeyword(context, { ...message, phone }, place.candidates, now);
  const answered = entry.reply_to && (await findByGuid(context, device_id, entry.reply_to));
  const body = messageBody(
    {
      ...message,
      phone,
      attachments: files.links,
      unavailable: files.unavailable,
      channel: entry.channel,
      isMe: entry.from_me,
      reply_to: (answered && idForClient(answered, location_id)) || undefined,
      effect: entry.effect && readable(entry.effect),
      group,
    },
    entry.at,
  );
  return await recordDelivery(
    context,
    { location_id, phone: conversation, message_seq: message.seq, type: 'MESSAGE', body },
    now,
  );
}

function skip({ log }: StoreContext, deviceId: string, { guid }: MessageEntry, fault: string): number {
  log.warn({ device_id: deviceId, guid }, `a message that the device's owner wrote ${fault}; ignored`);
  return 0;
}

/** Whoever writes STOP sees one sender, the device: it holds for every workspace that sends from it. */
async function obeyKeyword(
  context: StoreContext,
  message: { seq: number; phone: string; text: string },
  locationIds: string[],
  now: number,
): Promise<void> {
  const keyword = readKeyword(message.text);
  if (keyword === undefined) return;
  let changed = 0;
  for (const locationId of locationIds)
    changed +=
      keyword === 'opt_out'
        ? await context.db.run(
            'INSERT INTO opt_outs (location_id, phone, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
            locationId,
            message.phone,
            now,
          )
        : await context.db.run(
            'DELETE FROM opt_outs WHERE location_id = ? AND phone = ?',
            locationId,
            message.phone,
          );
  if (changed === 0) return;
  const status = keyword === 'opt_out' ? 'OPTED_OUT' : 'OPTED_IN';
  await addToTimeline(context, { seq: message.seq, n: 2 }, { at: now, status, source: 'hub' });
  await context.db.run('UPDATE messages SET steps = 2 WHERE seq = ?', message.seq);
}
