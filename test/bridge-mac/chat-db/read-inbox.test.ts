import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { toAppleTime } from '../../../bridge-mac/chat-db/apple-time.ts';
import { ChatDb } from '../../../bridge-mac/chat-db/chat-db.ts';
import { MACOS_VERSIONS } from '../../simulated-mac/chat-db/columns.ts';
import { encodeAttributedBody } from '../../simulated-mac/typedstream.ts';
import { InboxRig, setUpInbox, temporaryFolder } from '../kit/inbox-rig.ts';
import { MessagesDb } from '../kit/messages-db.ts';

const ANNA = '+12145550101';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const setUp = setUpInbox;

describe('what comes in', () => {
  test.each(MACOS_VERSIONS)('is read from a chat.db of %s', async (version) => {
    using messages = MessagesDb.create({ version });
    using home = temporaryFolder();
    await using rig = new InboxRig(messages.path, home.path, Date.now() - HOUR);
    const { guid } = messages.receive({ from: ANNA, text: null, body: encodeAttributedBody('Grüße 👋') });
    rig.readOnce(messages.path);
    expect(rig.entries).toMatchObject([{ guid, from: ANNA, channel: 'imessage', text: 'Grüße 👋' }]);
  });

  test('comes after an earlier one of its sender that gets its chat late, within seconds', async () => {
    await using it = setUp();
    const { rowId } = it.messages.receive({ text: 'first', chat: null });
    it.look();
    it.messages.receive({ text: 'second' });
    it.messages.receive({ text: 'of somebody else', from: '+12145550102' });
    it.look();
    expect(it.rig.texts).toEqual(['of somebody else']);
    it.messages.join(rowId, it.messages.direct(ANNA));
    it.look();
    expect(it.rig.texts).toEqual(['of somebody else', 'first', 'second']);
    it.messages.receive({ text: 'never joined', chat: null });
    it.messages.receive({ text: 'third' });
    it.look();
    expect(it.rig.texts).toHaveLength(3);
    it.rig.waitAndRead(4_000);
    expect(it.rig.texts.at(-1)).toBe('third');
  });

  test('keeps its order, its time and its channel', async () => {
    await using it = setUp();
    const at = Date.now() - 60_000;
    it.messages.receive({ text: 'one', at });
    it.messages.receive({ text: 'two', service: 'SMS' });
    it.messages.receive({ text: 'three', service: 'RCS', from: 'anna@example.com' });
    it.look();
    expect(it.rig.entries.map(({ text, channel }) => [text, channel])).toEqual([
      ['one', 'imessage'],
      ['two', 'sms'],
      ['three', 'rcs'],
    ]);
    expect(it.rig.entries[0]?.at).toBe(at);
  });

  test('is read once, however often it is looked at', async () => {
    await using it = setUp();
    it.messages.receive();
    for (let look = 0; look < 5; look += 1) it.look();
    expect(it.rig.texts).toEqual(['Hello']);
  });

  test('more than a batch of it is all read', async () => {
    await using it = setUp();
    it.messages.db.transaction(() => {
      for (let index = 0; index < 1_203; index += 1) it.messages.receive({ text: `${index}` });
    })();
    it.look();
    expect(it.rig.store.journal.unacked).toBe(1_203);
    expect(it.rig.store.journal.lastSeq).toBe(1_203);
  });

  test('in a group is marked as the group it belongs to', async () => {
    await using it = setUp();
    it.messages.chat('any;+;chat123', [ANNA, '+12145550102'], 43, 'Family');
    it.messages.receive({ from: ANNA, chat: 'any;+;chat123' });
    it.look();
    expect(it.rig.entries[0]?.group).toEqual({
      id: 'chat123',
      name: 'Family',
      participants: [ANNA, '+12145550102'],
    });
  });

  test('in a group whose identifier begins otherwise is of that group', async () => {
    await using it = setUp();
    it.messages.chat('iMessage;+;0f4c9a', [ANNA, '+12145550102'], 43);
    it.messages.receive({ from: ANNA, chat: 'iMessage;+;0f4c9a' });
    it.look();
    expect(it.rig.entries[0]?.group?.id).toBe('0f4c9a');
  });

  test('joined to a group as well as to a one-to-one chat is of the group', async () => {
    await using it = setUp();
    it.messages.chat('any;+;chat123', [ANNA, '+12145550102'], 43);
    const { rowId } = it.messages.receive({ from: ANNA });
    it.messages.join(rowId, 'any;+;chat123');
    it.look();
    expect(it.rig.entries[0]?.group?.id).toBe('chat123');
  });

  test('from someone with a handle per service is of a one-to-one conversation', async () => {
    await using it = setUp();
    it.messages.chat('any;-;anna', [ANNA]);
    const sms = it.messages.handle(ANNA, 'SMS');
    it.messages.db.prepare('INSERT INTO chat_handle_join (chat_id, handle_id) VALUES (1, ?)').run(sms);
    it.messages.receive({ from: ANNA, chat: 'any;-;anna' });
    it.look();
    expect(it.rig.entries).toHaveLength(1);
    expect(it.rig.entries[0]).not.toHaveProperty('group');
  });

  test('without a handle is of the only other member of its chat', async () => {
    await using it = setUp();
    it.messages.receive({ from: null, chat: it.messages.direct(ANNA) });
    it.look();
    expect(it.rig.entries[0]?.from).toBe(ANNA);
  });

  test('with a damaged body arrives all the same, with a warning that names the row', async () => {
    await using it = setUp();
    const whole = encodeAttributedBody('readable part and more');
    const cut = whole.subarray(0, whole.indexOf('and'));
    const first = it.messages.receive({ text: null, body: cut });
    const second = it.messages.receive({ text: null, body: Buffer.from('not a typedstream') });
    it.look();
    expect(it.rig.texts).toEqual(['readable part ', '']);
    expect(it.rig.entries[0]?.warning).toContain(`row ${first.rowId} `);
    expect(it.rig.entries[1]?.warning).toContain(`row ${second.rowId} `);
    expect(it.rig.logged.filter((line) => line.level === 'warn').map((line) => line.row_id)).toEqual([
      first.rowId,
      second.rowId,
    ]);
  });

  test('never puts its words or its sender into the log', async () => {
    await using it = setUp();
    it.messages.receive({ text: 'a secret word' });
    it.look();
    const log = JSON.stringify(it.rig.logged);
    expect(log).toContain('received');
    expect(log).not.toContain('secret');
    expect(log).not.toContain('2145550101');
  });
});

describe('what is not a message from someone', () => {
  const others: [string, Parameters<MessagesDb['receive']>[0]][] = [
    ['a renamed group', { columns: { item_type: 2 } }],
    [
      'a sticker on a message',
      { columns: { associated_message_type: 1000, associated_message_guid: 'p:0/X' } },
    ],
    ['a vote', { columns: { associated_message_type: 4000, associated_message_guid: 'p:0/X' } }],
    ['the heading of an app', { columns: { associated_message_type: 2, associated_message_guid: 'X' } }],
    ['another heading', { columns: { associated_message_type: 3, associated_message_guid: 'X' } }],
    [
      'a message to be sent later',
      { columns: { schedule_state: 2, schedule_type: 2 }, at: Date.now() + DAY },
    ],
    [
      'the preview of a link, without a text',
      {
        text: null,
        body: encodeAttributedBody('\uFFFC'),
        columns: { balloon_bundle_id: 'com.apple.messages.URLBalloonProvider' },
      },
    ],
    ['a message dated before pairing', { at: Date.now() - 2 * HOUR }],
  ];
  test.each(others)('%s is passed over, and what follows is read', async (_name, row) => {
    await using it = setUp();
    it.messages.receive(row);
    it.messages.receive({ text: 'after' });
    it.look();
    expect(it.rig.texts).toEqual(['after']);
    expect(it.rig.store.inbox.pending).toEqual([]);
  });

  test('a link sent as a message of its own is read', async () => {
    await using it = setUp();
    it.messages.receive({
      text: 'https://example.com',
      columns: { balloon_bundle_id: 'com.apple.messages.URLBalloonProvider' },
    });
    it.look();
    expect(it.rig.texts).toEqual(['https://example.com']);
  });
});

describe('the place to begin', () => {
  test('is the first row since pairing, however far back it lies', async () => {
    await using it = setUp();
    it.messages.receive({ text: 'long ago', at: Date.now() - 30 * DAY });
    it.messages.receive({ text: 'since pairing', at: Date.now() - 60_000 });
    it.messages.receive({ text: 'restored old one', at: Date.now() - 20 * DAY });
    it.messages.receive({ text: 'now' });
    it.look();
    expect(it.rig.texts).toEqual(['since pairing', 'now']);
  });

  test('is the end, where nothing came since pairing', async () => {
    await using it = setUp();
    for (let index = 0; index < 10; index += 1) it.messages.receive({ at: Date.now() - 2 * DAY });
    it.look();
    expect(it.rig.store.inbox.cursor?.rowId).toBe(10);
    it.messages.receive({ text: 'new' });
    it.look();
    expect(it.rig.texts).toEqual(['new']);
  });

  test('is right for an empty database', async () => {
    await using it = setUp();
    it.look();
    it.messages.receive({ text: 'the first ever' });
    it.look();
    expect(it.rig.texts).toEqual(['the first ever']);
  });
});

test('a text beyond all measure is cut and told of, so that it fits the way to the hub', async () => {
  await using it = setUp();
  it.messages.receive({ text: '\u0001'.repeat(5_000_000) });
  it.look();
  expect(it.rig.entries[0]?.warning).toMatch(/row 1 in chat\.db could not be read in full/);
  expect(JSON.stringify(it.rig.entries[0]).length).toBeLessThan(8 * 2 ** 20);
});

describe('a row that is not whole yet', () => {
  test('waits for its chat, and later rows of other people do not wait for it', async () => {
    await using it = setUp();
    const { rowId } = it.messages.receive({ text: 'late', chat: null });
    it.messages.receive({ text: 'whole', from: '+12145550102' });
    it.look();
    expect(it.rig.texts).toEqual(['whole']);
    it.messages.join(rowId, it.messages.direct(ANNA));
    it.look();
    it.look();
    expect(it.rig.texts).toEqual(['whole', 'late']);
  });

  test('comes before what followed it, even when both become whole in the middle of a look', async () => {
    await using it = setUp();
    const first = it.messages.receive({ text: 'first', chat: null });
    it.look();
    using db = ChatDb.open(it.messages.path, '/opt/node');
    const lookUp = db.findRow.bind(db);
    let hasJoined = false;
    db.findRow = (where) => {
      const row = lookUp(where);
      if (!hasJoined) {
        hasJoined = true;
        // The pending row has just been found without a chat.
        it.messages.join(first.rowId, it.messages.direct(ANNA));
        it.messages.receive({ text: 'second' });
      }
      return row;
    };
    it.rig.read(db);
    it.rig.read(db);
    expect(it.rig.texts).toEqual(['first', 'second']);
  });

  test('of a group is never taken for a one-to-one message before its join', async () => {
    await using it = setUp();
    it.messages.chat('any;+;chat9', [ANNA, '+12145550102'], 43);
    it.messages.direct(ANNA);
    const { rowId } = it.messages.receive({ chat: null });
    it.look();
    expect(it.rig.entries).toEqual([]);
    it.messages.join(rowId, 'any;+;chat9');
    it.look();
    expect(it.rig.entries[0]?.group?.id).toBe('chat9');
  });

  test('waits for its text', async () => {
    await using it = setUp();
    const { rowId } = it.messages.receive({ text: null });
    it.look();
    expect(it.rig.entries).toEqual([]);
    it.messages.set(rowId, { attributedBody: encodeAttributedBody('there it is') });
    it.look();
    expect(it.rig.texts).toEqual(['there it is']);
  });

  test('is remembered over a restart', async () => {
    await using it = setUp();
    const { rowId } = it.messages.receive({ text: 'late', chat: null });
    it.look();
    await it.rig[Symbol.asyncDispose]();
    it.messages.join(rowId, it.messages.direct(ANNA));
    await using restarted = new InboxRig(it.messages.path, it.home.path, Date.now() - HOUR);
    restarted.readOnce(it.messages.path);
    expect(restarted.texts).toEqual(['late']);
  });

  test('is given up after a day, with a warning that names it', async () => {
    await using it = setUp();
    const { rowId } = it.messages.receive({ chat: null });
    it.look();
    it.rig.waitAndRead(DAY);
    expect(it.rig.store.inbox.pending).toEqual([]);
    expect(it.rig.logged.filter((line) => line.level === 'warn')).toMatchObject([{ row_id: rowId }]);
    it.messages.join(rowId, it.messages.direct(ANNA));
    it.look();
    expect(it.rig.entries).toEqual([]);
  });

  test('that is deleted while it waits is forgotten', async () => {
    await using it = setUp();
    const { guid } = it.messages.receive({ chat: null });
    it.look();
    it.messages.db.function('after_delete_message_plugin', () => null);
    it.messages.db.exec('DROP TRIGGER IF EXISTS after_delete_on_message_plugin');
    it.messages.db.prepare('DELETE FROM message WHERE guid = ?').run(guid);
    it.look();
    expect(it.rig.store.inbox.pending).toEqual([]);
  });
});

describe('old messages that iCloud inserts again', () => {
  test('are recognised by sender, date and text, although ROWID and guid are new', async () => {
    await using it = setUp();
    const date = toAppleTime(Date.now() - 60_000) + 123_456n;
    it.messages.receive({ text: 'once', date });
    it.look();
    it.messages.receive({ text: 'once', date });
    it.messages.receive({ text: 'once', date: date + 1n });
    it.look();
    expect(it.rig.texts).toEqual(['once', 'once']);
  });

  test('are recognised after a restart too', async () => {
    await using it = setUp();
    const date = toAppleTime(Date.now() - 60_000);
    it.messages.receive({ text: 'once', date });
    it.look();
    await it.rig[Symbol.asyncDispose]();
    it.messages.receive({ text: null, body: encodeAttributedBody('once'), date });
    await using restarted = new InboxRig(it.messages.path, it.home.path, Date.now() - HOUR);
    restarted.readOnce(it.messages.path);
    expect(restarted.texts).toEqual(['once']);
  });
});

describe('a database put in the place of the one that was read', () => {
  test('is read by date: what was journaled is dropped, what is new is not missed', async () => {
    await using it = setUp();
    const kept = Array.from({ length: 5 }, (_, index) => {
      const row = { text: `kept ${index}`, at: Date.now() - 60_000 + index };
      return { ...row, ...it.messages.receive(row) };
    });
    it.look();
    it.messages.db.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${it.messages.path}${suffix}`, { force: true });
    const rebuilt = MessagesDb.create({ path: it.messages.path });
    rebuilt.receive({ text: 'old', at: Date.now() - 3 * DAY });
    for (const { text, at, guid } of kept.slice(1)) rebuilt.receive({ text, at, guid });
    rebuilt.receive({ text: 'new', at: Date.now() - 50_000 });
    it.look();
    it.look();
    rebuilt.db.close();
    expect(it.rig.texts).toEqual(['kept 0', 'kept 1', 'kept 2', 'kept 3', 'kept 4', 'new']);
  });

  test('is noticed when it is shorter than what was read', async () => {
    await using it = setUp();
    for (let index = 0; index < 20; index += 1) it.messages.receive({ text: `${index}` });
    it.look();
    it.messages.db.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${it.messages.path}${suffix}`, { force: true });
    const rebuilt = MessagesDb.create({ path: it.messages.path });
    rebuilt.receive({ text: 'only this' });
    it.look();
    rebuilt.db.close();
    expect(it.rig.texts.at(-1)).toBe('only this');
  });
});
