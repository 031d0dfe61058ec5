import { encodeBplist, Real } from '../../bplist.ts';
import type { Row } from '../../chat-db/chat-database.ts';
import { majorOf } from '../../chat-db/columns.ts';
import { encodeAttributedBody } from '../../typedstream.ts';
import type { Asked, Happening, HappeningWorld } from './happening.ts';
import { changeRow, type Found, lastRow } from './rows.ts';

const APPLE_EPOCH_SECONDS = 978_307_200;

interface Version {
  /** Epoch milliseconds. */
  readonly at: number;
  /** attributedBody, base64. */
  readonly body: string;
}

function secondsOf(ms: number): Real {
  return new Real(ms / 1000 - APPLE_EPOCH_SECONDS);
}

/** The versions that a message had, the new one last; kept in memory because a summary is only ever written. */
function historyOf(world: HappeningWorld, found: Found, body: Buffer): Version[] {
  const name = `edits ${String(found.row.guid)}`;
  const known = world.memory.get(name);
  const before = Buffer.isBuffer(found.row.attributedBody) ? found.row.attributedBody : Buffer.alloc(0);
  const history: Version[] =
    known === undefined
      ? [{ at: Date.now() - 60_000, body: before.toString('base64') }]
      : (JSON.parse(known) as Version[]);
  history.push({ at: Date.now(), body: body.toString('base64') });
  world.memory.set(name, JSON.stringify(history));
  return history;
}

function edit(asked: Asked, world: HappeningWorld): string[] {
  const found = lastRow(world, asked, asked.me ? 1 : 0);
  const body = encodeAttributedBody(asked.text);
  const part = String(asked.part);
  const history = historyOf(world, found, body).map((version) => ({
    d: secondsOf(version.at),
    t: Buffer.from(version.body, 'base64'),
  }));
  const summary = encodeBplist({
    ust: true,
    ec: { [part]: history },
    ep: [asked.part],
    otr: { [part]: { lo: 0, le: asked.text.length } },
  });
  const text = majorOf(world.version) >= 26 ? null : asked.text;
  const cells = { text, attributedBody: body, message_summary_info: summary };
  return changeRow(world, String(found.row.guid), cells, ['date_edited']);
}

function unsend(asked: Asked, world: HappeningWorld): string[] {
  const found = lastRow(world, asked, asked.me ? 1 : 0);
  const summary = encodeBplist({ ust: true, rp: [0], otr: { '0': { lo: 0, le: 1 } } });
  const empty: Row = majorOf(world.version) >= 26 ? { is_empty: 1 } : {};
  const gone = { text: null, attributedBody: null, message_summary_info: summary, part_count: 0, ...empty };
  return changeRow(world, String(found.row.guid), gone, ['date_edited']);
}

function unsendPart(asked: Asked, world: HappeningWorld): string[] {
  const found = lastRow(world, asked, asked.me ? 1 : 0);
  const summary = encodeBplist({
    ust: true,
    rp: [asked.part],
    otr: { [String(asked.part)]: { lo: 0, le: 1 } },
  });
  const text = majorOf(world.version) >= 26 ? null : asked.text;
  const rest = { text, attributedBody: encodeAttributedBody(asked.text), message_summary_info: summary };
  return changeRow(world, String(found.row.guid), rest, ['date_edited']);
}

export const EDITS = {
  edit: ['the person (--me: the owner) edits their last message to --text, once more each time', edit],
  unsend: ['the person (--me: the owner) takes back their last message', unsend],
  'unsend-part': ['the person takes back --part of their last message; --text is what is left', unsendPart],
} as const satisfies Record<string, Happening>;
