import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ChatDb } from '../../../bridge-mac/chat-db/chat-db.ts';
import { conversationWith } from '../../../bridge-mac/outbox/conversation.ts';
import { Follower } from '../../../bridge-mac/outbox/follow.ts';
import { nextState } from '../../../bridge-mac/outbox/send-state.ts';
import { openBridgeStore } from '../../../bridge-mac/store/open-store.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { temporaryFolder } from '../kit/inbox-rig.ts';
import { MessagesDb, type NewRow } from '../kit/messages-db.ts';

const ANNA = '+12145550101';
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A follower over a real store and chat.db, with a clock that the test moves. */
function setUp() {
  const messages = MessagesDb.create();
  const home = temporaryFolder();
  const store = openBridgeStore(join(home.path, 'bridge.db'), 'device at hub');
  const wants = { read: false };
  const clock = { now: Date.now() };
  const decided: string[] = [];
  const follower = new Follower({
    store,
    append: (entries) => store.journal.append(entries),
    sendDeadlineMs: 2 * MINUTE,
    wantsRead: () => wants.read,
    stagedPath: (_send, file) => `/staged/${file.name}`,
    onDecided: (send) => decided.push(send.id),
    log: createLog('test', 'silent'),
    now: () => clock.now,
  });
  const look = (path = messages.path): void => {
    using db = ChatDb.open(path, 'node');
    follower.look(db);
  };
  /** Accepts a send and takes it as far as osascript having returned. */
  const handOver = (id: string, text = 'Hello'): void => {
    using db = ChatDb.open(messages.path, 'node');
    store.sends.insert(
      {
        id,
        to: ANNA,
        to_group: false,
        channel: 'imessage',
        fallbacks: [],
        text,
        attachments: [],
        expires_at: clock.now + DAY,
      },
      conversationWith(ANNA),
      clock.now,
    );
    const accepted = store.sends.inState(['accepted']).at(-1)!;
    store.sends.move(accepted, nextState('accepted', 'attempt'), clock.now);
    store.sends.recordAttempt(
      { position: accepted.position, attempt: 1, baseline: db.maxRowId(), route: 'participant', tried: '[]' },
      clock.now,
    );
    store.sends.move({ ...accepted, state: 'attempting' }, nextState('attempting', 'returned'), clock.now);
  };
  const send = (row: NewRow = {}): number =>
    messages.receive({ from: ANNA, ...row, columns: { is_from_me: 1, is_delivered: 0, ...row.columns } })
      .rowId;
  const told = (): unknown[] =>
    (store.journal.nextBatch()?.entries ?? []).map(({ entry }) =>
      entry.kind === 'status' ? [entry.id, entry.status, entry.error?.code ?? entry.channel] : entry,
    );
  return {
    messages,
    home,
    store,
    clock,
    wants,
    decided,
    follower,
    look,
    handOver,
    send,
    told,
    [Symbol.dispose]() {
      store[Symbol.dispose]();
      home[Symbol.dispose]();
      messages[Symbol.dispose]();
    },
  };
}

describe('following a send through chat.db', () => {
  test('tells SENT and DELIVERED once each, however often it looks', () => {
    using it = setUp();
    it.handOver('m1');
    const row = it.send();
    it.look();
    expect(it.told()).toEqual([]);
    for (const columns of [{ is_sent: 1 }, { is_delivered: 1 }]) {
      it.messages.set(row, columns);
      it.look();
      it.look();
    }
    expect(it.told()).toEqual([
      ['m1', 'SENT', 'imessage'],
      ['m1', 'DELIVERED', 'imessage'],
    ]);
  });

  test('tells SENT before DELIVERED when both are there at the first look', () => {
    using it = setUp();
    it.handOver('m1');
    it.send({ columns: { is_sent: 0, is_delivered: 1 } });
    it.look();
    expect(it.told()).toMatchObject([
      ['m1', 'SENT', 'imessage'],
      ['m1', 'DELIVERED', 'imessage'],
    ]);
  });

  test('tells a failure after SENT, and nothing after a failure', () => {
    using it = setUp();
    it.handOver('m1');
    const row = it.send({ columns: { is_sent: 1 } });
    it.look();
    it.messages.set(row, { error: 22 });
    it.look();
    it.messages.set(row, { error: 0, is_delivered: 1 });
    it.look();
    expect(it.told()).toEqual([
      ['m1', 'SENT', 'imessage'],
      ['m1', 'FAILED', 'not_on_imessage'],
    ]);
  });

  test('knows an SMS after a downgrade, which gets no receipt', () => {
    using it = setUp();
    it.handOver('m1');
    it.send({ columns: { is_sent: 1, was_downgraded: 1, is_delivered: 1 } });
    it.look();
    expect(it.told()).toEqual([['m1', 'SENT', 'sms']]);
  });

  test('follows the guid where ROWIDs are not what they were', () => {
    using it = setUp();
    it.handOver('m1');
    const row = it.send({ guid: 'THE-GUID', columns: { is_sent: 1 } });
    it.look();
    it.messages.set(row, { guid: 'ANOTHER' });
    it.send({ guid: 'THE-GUID', text: 'moved', columns: { is_sent: 1, is_delivered: 1 } });
    it.look();
    expect(it.told()).toHaveLength(2);
  });

  test('gives up after the deadline, and corrects itself days later when the row turns up', () => {
    using it = setUp();
    it.handOver('m1');
    it.look();
    expect(it.follower.nextLook).toBeDefined();
    it.clock.now += 2 * MINUTE;
    it.look();
    expect(it.told()).toEqual([['m1', 'FAILED', 'send_timeout_unknown']]);
    expect(it.decided).toEqual(['m1']);
    it.clock.now += 3 * DAY;
    it.send({ columns: { is_sent: 1 } });
    it.look();
    expect(it.told().at(-1)).toEqual(['m1', 'SENT', 'imessage']);
  });

  test('asks for receipts for a week, and for a flag on a row for a day', () => {
    using it = setUp();
    it.handOver('sent');
    const row = it.send({ columns: { is_sent: 1 } });
    it.look();
    it.handOver('stuck', 'stuck');
    it.send({ text: 'stuck' });
    it.look();
    it.clock.now += DAY;
    it.look();
    expect(it.told()).toEqual([
      ['sent', 'SENT', 'imessage'],
      ['stuck', 'FAILED', 'send_timeout_unknown'],
    ]);
    it.clock.now += 6 * DAY;
    it.look();
    it.messages.set(row, { is_delivered: 1 });
    it.look();
    expect(it.told()).toHaveLength(2);
    expect(it.store.sends.inState(['settled'])).toMatchObject([{ id: 'sent', text: '' }]);
  });

  test('corrects the FAILED of a row that got its flag after more than a day', () => {
    using it = setUp();
    it.handOver('m1');
    const row = it.send();
    it.look();
    it.clock.now += DAY;
    it.look();
    expect(it.told()).toEqual([['m1', 'FAILED', 'send_timeout_unknown']]);
    it.clock.now += DAY;
    it.messages.set(row, { is_sent: 1, is_delivered: 1 });
    it.look();
    expect(it.told().slice(1)).toEqual([
      ['m1', 'SENT', 'imessage'],
      ['m1', 'DELIVERED', 'imessage'],
    ]);
  });

  test('tells READ where it is asked for, with a date that can be true', () => {
    using it = setUp();
    it.handOver('m1');
    const row = it.send({ columns: { is_sent: 1, is_delivered: 1 } });
    it.look();
    it.messages.set(row, { date_read: 700_000_000_000_000_000n });
    it.look();
    it.wants.read = true;
    for (const bogus of [9_223_372_036_854_775_807n, 1n, 0n]) {
      it.messages.set(row, { date_read: bogus });
      it.look();
    }
    expect(it.told()).toHaveLength(2);
    it.messages.set(row, { date_read: (BigInt(it.clock.now + 5_000) - 978_307_200_000n) * 1_000_000n });
    it.look();
    it.look();
    expect(it.told().at(-1)).toEqual(['m1', 'READ', 'imessage']);
    expect(it.told()).toHaveLength(3);
  });

  test('gives a downgraded message no READ, and one that was not delivered none without DELIVERED', () => {
    using it = setUp();
    it.wants.read = true;
    const read = (BigInt(it.clock.now + 5_000) - 978_307_200_000n) * 1_000_000n;
    it.handOver('m1');
    it.send({ columns: { is_sent: 1, is_delivered: 0, date_read: read } });
    it.look();
    it.handOver('m2', 'two');
    it.send({ text: 'two', columns: { is_sent: 1, was_downgraded: 1, service: 'SMS', date_read: read } });
    it.look();
    expect(it.told()).toEqual([
      ['m1', 'SENT', 'imessage'],
      ['m1', 'DELIVERED', 'imessage'],
      ['m1', 'READ', 'imessage'],
      ['m2', 'SENT', 'sms'],
    ]);
  });

  test('forgets the words once Messages confirmed them', () => {
    using it = setUp();
    it.handOver('m1', 'private');
    it.send({ text: 'private', columns: { is_sent: 1 } });
    expect(it.store.sends.inState(['handed_over'])[0]?.text).toBe('private');
    it.look();
    expect(it.store.sends.inState(['sent'])[0]?.text).toBe('');
  });

  test('takes no older message with the same words that iCloud inserts again for its own', () => {
    using it = setUp();
    const at = it.clock.now - 80 * MINUTE;
    const date = (BigInt(at) - 978_307_200_000n) * 1_000_000n + 123_456n;
    it.send({ date, columns: { is_sent: 1, is_delivered: 1 } });
    it.handOver('m1');
    it.send({ date, columns: { is_sent: 1, is_delivered: 1 } });
    it.look();
    expect(it.told()).toEqual([]);
    it.send({ columns: { is_sent: 1 } });
    it.look();
    expect(it.told()).toEqual([['m1', 'SENT', 'imessage']]);
  });

  test('knows two messages with the same words in one second as two, where dates are in seconds', () => {
    using it = setUp();
    const date = BigInt(Math.floor(it.clock.now / 1_000) - 978_307_200);
    for (const unit of [1_000_000_000n, 1n]) {
      it.handOver(`first ${unit}`);
      it.send({ date: date * unit, columns: { is_sent: 1 } });
      it.look();
      it.handOver(`second ${unit}`);
      it.send({ date: date * unit, columns: { is_sent: 1 } });
      it.look();
    }
    expect(it.told()).toHaveLength(4);
  });

  test('finds its row in the chat of one person with several handles', () => {
    using it = setUp();
    const chat = it.messages.chat('any;-;+12145550101', [ANNA, '(214) 555-0101', 'anna@example.com']);
    it.handOver('m1');
    it.send({ chat, columns: { is_sent: 1 } });
    it.look();
    expect(it.told()).toEqual([['m1', 'SENT', 'imessage']]);
  });

  test('gives up after the deadline also where chat.db cannot be read, and corrects itself later', () => {
    using it = setUp();
    it.handOver('m1');
    const damaged = {
      snapshot: () => {
        throw Object.assign(new Error('database disk image is malformed'), { code: 'SQLITE_CORRUPT' });
      },
    } as unknown as ChatDb;
    it.clock.now += 3 * MINUTE;
    expect(() => it.follower.look(damaged)).toThrow('malformed');
    expect(it.told()).toEqual([['m1', 'FAILED', 'send_timeout_unknown']]);
    it.handOver('m2', 'another');
    expect(() => it.follower.look(damaged)).toThrow('malformed');
    expect(it.follower.nextLook).toBeGreaterThan(it.clock.now);
    it.send({ columns: { is_sent: 1 } });
    it.look();
    expect(it.told().at(-1)).toEqual(['m1', 'SENT', 'imessage']);
  });

  test('finds its row by time in a database that took the place of the one it was sent with', () => {
    using it = setUp();
    for (let index = 0; index < 50; index += 1) it.send({ text: `${index}` });
    it.handOver('m1');
    const other = MessagesDb.create({ path: join(it.home.path, 'other.db') });
    other.receive({ from: ANNA, at: it.clock.now - DAY, columns: { is_from_me: 1, is_sent: 1 } });
    other.receive({ from: ANNA, at: it.clock.now + 500, columns: { is_from_me: 1, is_sent: 1 } });
    it.look(other.path);
    expect(it.told()).toEqual([]);
    {
      using db = ChatDb.open(other.path, 'node');
      it.follower.rebase(db);
    }
    it.look(other.path);
    other.db.close();
    expect(it.told()).toMatchObject([
      ['m1', 'SENT', 'imessage'],
      ['m1', 'DELIVERED', 'imessage'],
    ]);
    expect(it.store.sends.inState(['delivered'])[0]?.row_id).toBe(2);
  });
});
