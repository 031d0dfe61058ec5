import { appleNanoseconds, type Row } from '../../chat-db/chat-database.ts';
import { majorOf } from '../../chat-db/columns.ts';
import { encodeAttributedBody } from '../../typedstream.ts';
import { canonicalAddress, directChat, OWN_EMAIL } from '../accounts.ts';
import type { Asked, Happening, HappeningWorld } from './happening.ts';
import { accountFor, changeRow, commonCells, findRows, insertRow, lastRow, placeWith } from './rows.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const INT64_MAX = 9_223_372_036_854_775_807n;
const EMOJI_TAPBACK = 2006;
const STICKER_TAPBACK = 2007;

function replay(asked: Asked, world: HappeningWorld): string[] {
  const found = findRows(world, asked, 0, asked.count ?? 1000).reverse();
  if (found.length === 0) lastRow(world, asked, 0);
  return found.map((one, index) => {
    const { ROWID: _rowid, handle_id: _handle, ...cells } = one.row;
    return insertRow(world, one, { ...cells, is_read: 1 }, index * asked.everyMs);
  });
}

/** Messages that were never on this Mac, a second apart and over a year old. */
function backfill(asked: Asked, world: HappeningWorld): string[] {
  const place = placeWith(world, asked);
  const first = Date.now() - YEAR_MS;
  return Array.from({ length: asked.count ?? 100 }, (_, index) => {
    const cells = commonCells(world, place, `${asked.text || 'old'} ${index}`, first + index * 1000);
    return insertRow(world, place, { ...cells, is_delivered: 1, is_read: 1 }, index * asked.everyMs);
  });
}

function tapback(asked: Asked, world: HappeningWorld): string[] {
  const found = lastRow(world, asked, asked.me ? 0 : 1);
  const kind = asked.type % 1000;
  // A bubble that is no text (a preview, an app) is named without a part.
  const target = found.row.balloon_bundle_id === null ? `p:${asked.part}/` : 'bp:';
  const about: Row = {
    associated_message_guid: `${target}${String(found.row.guid)}`,
    associated_message_type: asked.type,
    associated_message_range_length: 1,
    ...(kind === EMOJI_TAPBACK % 1000 ? { associated_message_emoji: asked.emoji ?? '🎉' } : {}),
    ...(kind === STICKER_TAPBACK % 1000 ? { cache_has_attachments: 1 } : {}),
  };
  const flags: Row = asked.me ? { is_from_me: 1, is_sent: 1, is_delivered: 1 } : { is_delivered: 1 };
  const words = asked.text || (asked.type >= 3000 ? 'Removed a heart from “a message”' : 'Loved “a message”');
  // In a group `with` is who does it; the conversation is the message's own.
  const address = asked.with === '' ? '' : canonicalAddress(asked.with);
  const cells = commonCells(world, found, words, Date.now());
  return [insertRow(world, { ...found, address }, { ...cells, ...about, ...flags })];
}

function preview(asked: Asked, world: HappeningWorld): string[] {
  const found = lastRow(world, asked, 0);
  const cells = commonCells(world, found, asked.text || 'https://example.com/', Date.now());
  const balloon = {
    balloon_bundle_id: 'com.apple.messages.URLBalloonProvider',
    payload_data: Buffer.from('bplist00'),
  };
  return [insertRow(world, found, { ...cells, ...balloon, is_delivered: 1 })];
}

/** A row of the owner's own. It did not come from a script, so it is not among what "really left". */
function ownMessage(asked: Asked, world: HappeningWorld, extra: Row, date = Date.now()): string {
  const place = placeWith(world, asked);
  const cells = commonCells(world, place, asked.text, date);
  return insertRow(world, place, { ...cells, text: null, is_from_me: 1, ...extra });
}

function schedule(asked: Asked, world: HappeningWorld): string[] {
  if (majorOf(world.version) < 15)
    throw new Error(`Send Later came with macOS 15; this simulated Mac is ${world.version}.`);
  const planned = { schedule_type: 2, schedule_state: 2 };
  return [ownMessage(asked, world, planned, Date.now() + DAY_MS)];
}

/** With --me the row is a new one in place of the scheduled one, which some Macs do. */
function scheduledSent(asked: Asked, world: HappeningWorld): string[] {
  const found = lastRow(world, asked, 1);
  const sent: Row = { schedule_state: 0, is_sent: 1 };
  if (!asked.me) return changeRow(world, String(found.row.guid), sent, ['date']);
  const { ROWID: rowid, handle_id: _handle, ...cells } = found.row;
  world.db.deleteMessages([Number(rowid)]);
  const now = appleNanoseconds(Date.now());
  return [insertRow(world, found, { ...cells, ...sent, schedule_type: 0, date: now })];
}

/** To oneself. Since macOS 26 there is only the row that was sent; before, a second one arrives. */
function selfMessage(asked: Asked, world: HappeningWorld): string[] {
  const account = accountFor(world, 'iMessage');
  const place = { address: OWN_EMAIL, account, chat: directChat(world.version, account, OWN_EMAIL) };
  const cells = commonCells(world, place, asked.text, Date.now());
  const sent = insertRow(world, place, { ...cells, is_from_me: 1, is_sent: 1, is_delivered: 1 });
  if (majorOf(world.version) >= 26) return [sent];
  return [sent, insertRow(world, place, { ...cells, is_delivered: 1 })];
}

function receipt(cells: Row, now: readonly string[]): Happening[1] {
  return (asked, world) => changeRow(world, String(lastRow(world, asked, 1).row.guid), cells, now);
}

function changeCells(asked: Asked, world: HappeningWorld): string[] {
  const guid = asked.guid ?? '';
  const { table, cells } = asked;
  const words: Row = asked.text === '' ? {} : { attributedBody: encodeAttributedBody(asked.text) };
  world.steps.plan([{ afterMs: 0, action: { do: 'update', table, guid, cells: { ...cells, ...words } } }]);
  return [guid];
}

export const PEOPLE = {
  'icloud-replay': [
    'old messages from this person (at most --count, --every-ms apart) come again: new ROWID, new guid, their old date',
    replay,
  ],
  'icloud-backfill': [
    '--count messages of this person, over a year old and new here, come from iCloud',
    backfill,
  ],
  tapback: [
    'the person puts tapback --type (2000 … 2007; 3000 … 3007 takes it away; --emoji) on our last message to them; ' +
      '--me: the owner on theirs',
    tapback,
  ],
  'url-preview': ['the link preview of the person’s last message comes as a second row', preview],
  scheduled: ['the owner schedules --text for tomorrow (Send Later, macOS 15 and later)', schedule],
  'scheduled-sent': [
    'what was scheduled last is sent now; --me: as a new row instead of the old',
    scheduledSent,
  ],
  'own-message': [
    'the owner types --text to the person on another device',
    (asked, world) => [ownMessage(asked, world, { is_sent: 1 })],
  ],
  'self-message': ['the owner writes --text to their own address', selfMessage],
  delivered: [
    'the delivery receipt of our last message comes now',
    receipt({ is_delivered: 1 }, ['date_delivered']),
  ],
  read: ['the person reads our last message now', receipt({ is_read: 1, is_delivered: 1 }, ['date_read'])],
  'read-bogus': [
    'date_read of our last message becomes the largest integer',
    receipt({ date_read: INT64_MAX }, []),
  ],
  'sent-after-all': [
    'our last message loses its error and is sent',
    receipt({ error: 0, is_sent: 1, is_finished: 1 }, []),
  ],
  'change-row': ['the row --guid of --table gets these --cells (a JSON object)', changeCells],
} as const satisfies Record<string, Happening>;
