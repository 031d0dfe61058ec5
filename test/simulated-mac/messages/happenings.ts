import { z } from 'zod';
import { encodeBplist, Real } from '../bplist.ts';
import {
  appleNanoseconds,
  type Cell,
  type ChatDatabase,
  type ChatSpec,
  type Row,
} from '../chat-db/chat-database.ts';
import { type MacosVersion, majorOf } from '../chat-db/columns.ts';
import { encodeAttributedBody } from '../typedstream.ts';
import { type Account, canonicalAddress, directChat, OWN_NUMBER } from './accounts.ts';
import type { LoadedChats } from './loaded-chats.ts';
import type { Step, Steps } from './steps.ts';

/** What else can happen in Messages without a script: the whole list. */
export const HAPPENINGS = {
  'icloud-replay': 'old messages from this person come again: new ROWID, new guid, their old date',
  tapback: 'the person loves our last message to them (associated_message_type 2000)',
  edit: 'the person edits their last message to --text',
  unsend: 'the person takes back their last message',
  'url-preview': 'the link preview of the person’s last message comes as a second row',
  scheduled: 'the owner schedules --text for tomorrow (Send Later, macOS 15 and later)',
  'own-message': 'the owner types --text to the person on another device',
  'forget-chats': 'Messages unloads its chats: every chat id is −1728 until a message arrives',
  'truncate-wal': 'the WAL is checkpointed and cut to nothing',
  'rotate-wal': 'chat.db is closed and reopened; without other readers the WAL is a new file',
  'rebuild-database': 'another file takes the place of chat.db: the older half is gone, ROWIDs start again',
} as const;
export type Happening = keyof typeof HAPPENINGS;

export const happeningSchema = z.object({
  happening: z.enum(Object.keys(HAPPENINGS) as [Happening, ...Happening[]]),
  with: z.string().default(''),
  text: z.string().default(''),
  /** A message other than the last one. */
  guid: z.string().optional(),
});
export type HappeningRequest = z.input<typeof happeningSchema>;
type Asked = z.output<typeof happeningSchema>;

export interface HappeningWorld {
  readonly version: MacosVersion;
  readonly pace: number;
  readonly accounts: readonly Account[];
  readonly db: ChatDatabase;
  readonly chats: LoadedChats;
  readonly steps: Steps;
}

const JOIN_AFTER = 40;
const APPLE_EPOCH_SECONDS = 978_307_200;
const DAY_MS = 86_400_000;

interface Found {
  readonly row: Record<string, Cell>;
  readonly address: string;
  readonly account: Account;
  readonly chat: ChatSpec;
}

/** Everything that Messages does by itself. Answers the guids of rows that were added or changed. */
export class Happenings {
  readonly #world: HappeningWorld;

  constructor(world: HappeningWorld) {
    this.#world = world;
  }

  happen(request: HappeningRequest): string[] {
    const asked = happeningSchema.parse(request);
    const { db, chats } = this.#world;
    switch (asked.happening) {
      case 'icloud-replay':
        return this.#replay(asked);
      case 'tapback':
        return [this.#tapback(asked)];
      case 'edit':
        return [this.#change(asked, (found) => this.#editedCells(found, asked.text))];
      case 'unsend':
        return [this.#change(asked, () => this.#unsentCells())];
      case 'url-preview':
        return [this.#preview(asked)];
      case 'scheduled':
        return [this.#scheduled(asked)];
      case 'own-message':
        return [this.#ownMessage(asked, { is_sent: 1, is_finished: 1 }, Date.now())];
      case 'forget-chats':
        chats.forget();
        return [];
      case 'truncate-wal':
        db.truncateWal();
        return [];
      case 'rotate-wal':
        db.rotateWal();
        return [];
      case 'rebuild-database':
        db.rebuild();
        return [];
    }
  }

  #find(asked: Asked, fromMe: 0 | 1, limit = 1): Found[] {
    const { db, accounts, version } = this.#world;
    const address = canonicalAddress(asked.with);
    const rows = db.all(
      `SELECT m.* FROM message m JOIN handle h ON h.ROWID = m.handle_id
       WHERE (h.id = ? AND m.is_from_me = ? AND m.associated_message_type = 0 AND ? IS NULL) OR m.guid = ?
       ORDER BY m.ROWID DESC LIMIT ?`,
      address,
      fromMe,
      asked.guid ?? null,
      asked.guid ?? null,
      limit,
    );
    return rows.map((row) => {
      const account = accounts.find((candidate) => candidate.service === row.service) ?? this.#imessage();
      return { row, address, account, chat: directChat(version, account, address) };
    });
  }

  #last(asked: Asked, fromMe: 0 | 1): Found {
    const [found] = this.#find(asked, fromMe);
    if (found !== undefined) return found;
    throw new Error(`There is no message ${fromMe === 1 ? 'to' : 'from'} ${asked.with || asked.guid} yet.`);
  }

  #imessage(): Account {
    const account = this.#world.accounts.find((candidate) => candidate.service === 'iMessage');
    if (account === undefined) throw new Error('There is no iMessage account.');
    return account;
  }

  /** Plans a new row and its join, and answers its guid. */
  #insert(found: Omit<Found, 'row'>, cells: Row): string {
    const guid = crypto.randomUUID().toUpperCase();
    const handle = { address: found.address, service: found.account.service };
    const steps: Step[] = [
      { afterMs: 0, action: { do: 'message', row: { ...cells, guid }, handle } },
      {
        afterMs: JOIN_AFTER * this.#world.pace,
        action: { do: 'join', guid, chat: found.chat, load: cells.is_from_me !== 1 },
      },
    ];
    this.#world.steps.plan(steps);
    return guid;
  }

  #replay(asked: Asked): string[] {
    const found = this.#find(asked, 0, 1000).reverse();
    if (found.length === 0) this.#last(asked, 0);
    return found.map((one) => {
      const { ROWID: _rowid, handle_id: _handle, ...cells } = one.row;
      return this.#insert(one, { ...cells, is_read: 1 });
    });
  }

  #common(found: Omit<Found, 'row'>, text: string, date: number): Row {
    return {
      text: majorOf(this.#world.version) >= 26 ? null : text,
      attributedBody: encodeAttributedBody(text),
      version: 10,
      service: found.account.service,
      account: found.account.login,
      account_guid: found.account.guid,
      date: appleNanoseconds(date),
      date_read: 0,
      date_delivered: 0,
      is_finished: 1,
      destination_caller_id: OWN_NUMBER,
      part_count: 1,
    };
  }

  #tapback(asked: Asked): string {
    const found = this.#last(asked, 1);
    const about: Row = {
      associated_message_guid: `p:0/${String(found.row.guid)}`,
      associated_message_type: 2000,
      associated_message_range_length: 1,
    };
    const cells = this.#common(found, 'Loved “a message”', Date.now());
    return this.#insert(found, { ...cells, ...about, is_delivered: 1 });
  }

  #preview(asked: Asked): string {
    const found = this.#last(asked, 0);
    const cells = this.#common(found, asked.text || 'https://example.com/', Date.now());
    const balloon = {
      balloon_bundle_id: 'com.apple.messages.URLBalloonProvider',
      payload_data: Buffer.from('bplist00'),
    };
    return this.#insert(found, { ...cells, ...balloon, is_delivered: 1 });
  }

  #change(asked: Asked, cellsOf: (found: Found) => Row): string {
    const found = this.#last(asked, 0);
    const guid = String(found.row.guid);
    const cells = cellsOf(found);
    this.#world.steps.plan([
      { afterMs: 0, action: { do: 'update', table: 'message', guid, cells, now: ['date_edited'] } },
    ]);
    return guid;
  }

  #editedCells(found: Found, text: string): Row {
    const seconds = (ms: number) => new Real(ms / 1000 - APPLE_EPOCH_SECONDS);
    const before = Buffer.isBuffer(found.row.attributedBody) ? found.row.attributedBody : Buffer.alloc(0);
    const now = Date.now();
    const history = [
      { d: seconds(now - 60_000), t: before },
      { d: seconds(now), t: encodeAttributedBody(text) },
    ];
    const summary = encodeBplist({
      ust: true,
      ec: { '0': history },
      ep: [0],
      otr: { '0': { lo: 0, le: text.length } },
    });
    const plain = majorOf(this.#world.version) >= 26 ? null : text;
    return { text: plain, attributedBody: encodeAttributedBody(text), message_summary_info: summary };
  }

  #unsentCells(): Row {
    const summary = encodeBplist({ ust: true, rp: [0], otr: { '0': { lo: 0, le: 1 } } });
    const empty: Row = majorOf(this.#world.version) >= 26 ? { is_empty: 1 } : {};
    return { text: null, attributedBody: null, message_summary_info: summary, part_count: 0, ...empty };
  }

  #scheduled(asked: Asked): string {
    const { version } = this.#world;
    if (majorOf(version) < 15)
      throw new Error(`Send Later came with macOS 15; this simulated Mac is ${version}.`);
    return this.#ownMessage(
      asked,
      { schedule_type: 2, schedule_state: 2, is_finished: 1 },
      Date.now() + DAY_MS,
    );
  }

  /** A row of the owner's own. It did not come from a script, so it is not among what "really left". */
  #ownMessage(asked: Asked, extra: Row, date: number): string {
    const account = this.#imessage();
    const address = canonicalAddress(asked.with);
    const found = { address, account, chat: directChat(this.#world.version, account, address) };
    const cells = this.#common(found, asked.text, date);
    return this.#insert(found, { ...cells, text: null, is_from_me: 1, ...extra });
  }
}
