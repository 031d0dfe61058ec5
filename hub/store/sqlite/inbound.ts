import { randomUUIDv7 } from 'node:crypto';
import type { MessageEntry } from '../../../shared/wire/journal.ts';
import { readKeyword } from '../../inbox/keywords.ts';
import { normalizeSender } from '../../routing/recipient.ts';
import { routeInbound } from '../../routing/route-inbound.ts';
import { messageBody, nearestInstant } from '../../webhooks/events.ts';
import { addToTimeline, type SqliteContext, touchConversation } from './context.ts';
import { recordDelivery } from './deliveries.ts';

interface Inbound {
  seq: number;
  id: string;
  device_id: string;
  phone: string;
  text: string;
}

const INSERT = `
INSERT INTO messages (id, direction, location_id, message_id, phone, text, attachments, channel, status, device_id, guid,
                      group_chat, steps, created_at, updated_at)
VALUES (?, 'in', ?, ?, ?, ?, '[]', ?, 'RECEIVED', ?, ?, ?, 1, ?, ?)
ON CONFLICT (device_id, guid) WHERE direction = 'in' DO NOTHING
RETURNING seq`;

/** Stores a message that a device received and the delivery that follows; how many are to be sent, 0 or 1. */
export function recordInbound(
  context: SqliteContext,
  deviceId: string,
  entry: MessageEntry,
  now: number,
): number {
  const phone = readable(normalizeSender(entry.from));
  const candidates = entry.group ? [] : listWorkspaces(context, deviceId, entry);
  const location_id = chooseWorkspace(context, candidates, phone);
  const id = randomUUIDv7();
  const text = readable(entry.text);
  const stored = context.db.get<{ seq: number }>(
    INSERT,
    id,
    location_id ?? null,
    id,
    phone,
    text,
    entry.channel,
    deviceId,
    readable(entry.guid),
    entry.group ? JSON.stringify(entry.group) : null,
    now,
    now,
  );
  if (stored === undefined) return 0;
  const message: Inbound = { seq: stored.seq, id, device_id: deviceId, phone, text };
  const detail = entry.warning ?? (entry.group ? 'group chat: not delivered' : undefined);
  addToTimeline(
    context,
    { seq: message.seq, n: 1 },
    { at: nearestInstant(entry.at), status: 'RECEIVED', source: 'device', detail },
  );
  if (location_id === undefined) return 0;
  touchConversation(context, { location_id, phone, device_id: deviceId }, now);
  obeyKeyword(context, message, candidates, now);
  const body = messageBody({ ...message, location_id, attachments: [], channel: entry.channel }, entry.at);
  return recordDelivery(
    context,
    { location_id, phone, message_seq: message.seq, type: 'MESSAGE', body },
    now,
  );
}

function listWorkspaces({ db }: SqliteContext, deviceId: string, { channel }: MessageEntry): string[] {
  return db
    .all<{ location_id: string }>(
      `SELECT a.location_id FROM assignments a JOIN workspaces w ON w.location_id = a.location_id
       WHERE a.device_id = ? AND a.channel = ? AND w.connected = 1 ORDER BY a.seq`,
      deviceId,
      channel,
    )
    .map(({ location_id }) => location_id);
}

function chooseWorkspace({ db }: SqliteContext, candidates: string[], phone: string): string | undefined {
  if (candidates.length < 2) return candidates[0];
  return routeInbound(
    candidates,
    db.all('SELECT location_id, last_at FROM conversations WHERE phone = ?', phone),
  );
}

/** Whoever writes STOP sees one sender, the device: it holds for every workspace that sends from it. */
function obeyKeyword(context: SqliteContext, message: Inbound, locationIds: string[], now: number): void {
  const keyword = readKeyword(message.text);
  if (keyword === undefined) return;
  let changed = 0;
  for (const locationId of locationIds)
    changed +=
      keyword === 'opt_out'
        ? context.db.run(
            'INSERT INTO opt_outs (location_id, phone, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
            locationId,
            message.phone,
            now,
          )
        : context.db.run(
            'DELETE FROM opt_outs WHERE location_id = ? AND phone = ?',
            locationId,
            message.phone,
          );
  if (changed === 0) return;
  const status = keyword === 'opt_out' ? 'OPTED_OUT' : 'OPTED_IN';
  addToTimeline(context, { seq: message.seq, n: 2 }, { at: now, status, source: 'hub' });
  context.db.run('UPDATE messages SET steps = 2 WHERE seq = ?', message.seq);
}

/** Text as every database can hold it: NUL and halves of surrogate pairs, which no UTF-8 text has, become U+FFFD. */
function readable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
