import type { EditEntry, ReactionEntry, UnsendEntry } from '../../../shared/wire/journal.ts';
import { changeBody, nearestInstant, reactionBody } from '../../webhooks/events.ts';
import {
  asksFor,
  chooseWorkspace,
  findByGuid,
  idForClient,
  type Known,
  type Place,
  placeOf,
} from './belonging.ts';
import { addToTimeline, countStep, type StoreContext } from './context.ts';
import { recordDelivery } from './deliveries.ts';
import { readable } from './readable.ts';

type ExtraEntry = ReactionEntry | EditEntry | UnsendEntry;

/**
 * Takes a reaction, an edit or an unsend: the message it is about shows it, and the workspace of the conversation is told
 * when it asks for such events. How many deliveries are to be sent, 0 or 1. What was reported before is dropped.
 */
export async function recordExtra(
  context: StoreContext,
  deviceId: string,
  entry: ExtraEntry,
  now: number,
): Promise<number> {
  const place = await placeOf(context, deviceId, entry, now);
  if (place === undefined || !(await isNew(context, deviceId, entry))) return 0;
  const about = await findByGuid(context, deviceId, entry.kind === 'reaction' ? entry.target : entry.guid);
  if (about) await noteOn(context, about, entry, now);
  const location_id = await chooseAudience(context, place, about);
  if (location_id === undefined || !(await isAskedFor(context, location_id, entry))) return 0;
  return await recordDelivery(
    context,
    {
      location_id,
      phone: place.conversation,
      message_seq: about?.seq ?? null,
      type: entry.kind.toUpperCase(),
      body: composeBody(entry, place, {
        location_id,
        device_id: deviceId,
        message_id: idForClient(about, location_id),
      }),
    },
    now,
  );
}

async function isNew(
  { db }: StoreContext,
  deviceId: string,
  { guid, kind, at }: ExtraEntry,
): Promise<boolean> {
  const added = await db.run(
    'INSERT INTO extras (device_id, guid, kind, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    deviceId,
    readable(guid),
    kind,
    nearestInstant(at),
  );
  return added > 0;
}

/** Of a message that came in, the text changes. What a client sent stays on record as it was sent. */
async function noteOn(context: StoreContext, about: Known, entry: ExtraEntry, now: number): Promise<void> {
  const changesText = entry.kind !== 'reaction' && about.direction === 'in';
  if (changesText)
    await context.db.run(
      'UPDATE messages SET text = ?, updated_at = ? WHERE seq = ?',
      readable(entry.text),
      now,
      about.seq,
    );
  await addToTimeline(
    context,
    { seq: about.seq, n: await countStep(context, about.seq) },
    { at: nearestInstant(entry.at), status: STEPS[entry.kind], source: 'device', detail: describe(entry) },
  );
}

const STEPS = { reaction: 'REACTION', edit: 'EDITED', unsend: 'UNSENT' } as const;

function describe(entry: ExtraEntry): string | undefined {
  if (entry.kind !== 'reaction') return undefined;
  const what = entry.emoji === undefined ? entry.reaction : readable(entry.emoji);
  return entry.removed ? `${what} removed` : what;
}

/** The workspace that knows the message, while the device serves it; else the one whose conversation it is. */
async function chooseAudience(
  context: StoreContext,
  place: Place,
  about: Known | undefined,
): Promise<string | undefined> {
  const owner = about?.location_id;
  return owner && place.candidates.includes(owner) ? owner : await chooseWorkspace(context, place);
}

async function isAskedFor(
  context: StoreContext,
  locationId: string,
  { kind, from_me }: ExtraEntry,
): Promise<boolean> {
  if (from_me && !(await asksFor(context, locationId, 'echo'))) return false;
  return asksFor(context, locationId, kind);
}

function composeBody(
  entry: ExtraEntry,
  { phone, group }: Place,
  named: { location_id: string; device_id: string; message_id: string | null },
): string {
  const { channel, from_me, at } = entry;
  const about = { ...named, phone, group, channel, isMe: from_me };
  if (entry.kind !== 'reaction')
    return changeBody(entry.kind === 'edit' ? 'EDIT' : 'UNSEND', about, readable(entry.text), at);
  const { part, reaction, emoji, removed } = entry;
  return reactionBody(about, { part, reaction, emoji: emoji && readable(emoji), removed }, at);
}
