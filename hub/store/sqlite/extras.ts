import type { ExtraEvent } from '../../../shared/extra-events.ts';
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
import { addToTimeline, type SqliteContext } from './context.ts';
import { recordDelivery } from './deliveries.ts';
import { readable } from './readable.ts';

type ExtraEntry = ReactionEntry | EditEntry | UnsendEntry;

/**
 * Takes a reaction, an edit or an unsend: the message it is about shows it, and the workspace of the conversation is told
 * when it asks for such events. How many deliveries are to be sent, 0 or 1. What was reported before is dropped.
 */
export function recordExtra(
  context: SqliteContext,
  deviceId: string,
  entry: ExtraEntry,
  now: number,
): number {
  const place = placeOf(context, deviceId, entry, now);
  if (place === undefined || !isNew(context, deviceId, entry)) return 0;
  const about = findByGuid(context, deviceId, entry.kind === 'reaction' ? entry.target : entry.guid);
  if (about) noteOn(context, about, entry, now);
  const location_id = chooseAudience(context, place, about);
  if (location_id === undefined || !isAskedFor(context, location_id, entry)) return 0;
  return recordDelivery(
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

function isNew({ db }: SqliteContext, deviceId: string, { guid, kind, at }: ExtraEntry): boolean {
  const added = db.run(
    'INSERT INTO extras (device_id, guid, kind, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    deviceId,
    readable(guid),
    kind,
    nearestInstant(at),
  );
  return added > 0;
}

/** Of a message that came in, the text changes. What a client sent stays on record as it was sent. */
function noteOn(context: SqliteContext, about: Known, entry: ExtraEntry, now: number): void {
  const steps = about.steps + 1;
  const changesText = entry.kind !== 'reaction' && about.direction === 'in';
  if (changesText)
    context.db.run(
      'UPDATE messages SET text = ?, steps = ?, updated_at = ? WHERE seq = ?',
      readable(entry.text),
      steps,
      now,
      about.seq,
    );
  else context.db.run('UPDATE messages SET steps = ? WHERE seq = ?', steps, about.seq);
  addToTimeline(
    context,
    { seq: about.seq, n: steps },
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
function chooseAudience(context: SqliteContext, place: Place, about: Known | undefined): string | undefined {
  const owner = about?.location_id;
  return owner && place.candidates.includes(owner) ? owner : chooseWorkspace(context, place);
}

function isAskedFor(context: SqliteContext, locationId: string, { kind, from_me }: ExtraEntry): boolean {
  const needed: ExtraEvent[] = from_me ? [kind, 'echo'] : [kind];
  return needed.every((extra) => asksFor(context, locationId, extra));
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
