import { describe, expect, test } from 'vitest';
import { toAppleTime } from '../../../bridge-mac/chat-db/apple-time.ts';
import { EXTRA_EVENTS, type ExtraEvent } from '../../../shared/extra-events.ts';
import { MACOS_VERSIONS, majorOf } from '../../simulated-mac/chat-db/columns.ts';
import { encodeAttributedBody } from '../../simulated-mac/typedstream.ts';
import { setUpInbox } from '../kit/inbox-rig.ts';

const ANNA = '+12145550101';
const BERT = '+12145550102';
const GROUP = 'any;+;chat77';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe.each(MACOS_VERSIONS)('on %s', (version) => {
  test('text, file, group, tapback and edit come in', async () => {
    await using it = setUpInbox({ version });
    const { guid, rowId } = it.messages.receive({ from: ANNA, text: 'first words' });
    const withFile = it.messages.receive({
      from: ANNA,
      text: null,
      body: encodeAttributedBody('\uFFFClook'),
    });
    it.messages.attach(withFile.rowId);
    it.messages.chat(GROUP, [ANNA, BERT], 43, 'Family');
    it.messages.receive({ from: BERT, text: 'to all', chat: GROUP });
    it.messages.react(`p:0/${guid}`, 2001, { from: ANNA });
    it.look();
    expect(it.rig.all).toMatchObject([
      { kind: 'message', from: ANNA, text: 'first words' },
      // A file may take its time: other conversations do not wait for it.
      { kind: 'message', from: BERT, group: { id: 'chat77', name: 'Family', participants: [ANNA, BERT] } },
      { kind: 'message', from: ANNA, text: 'look', attachments: [{ name: 'photo.jpg' }] },
      { kind: 'reaction', from: ANNA, target: guid, part: 0, reaction: 'like', removed: false },
    ]);
    // Edits came with macOS 13.
    if (majorOf(version) < 13) return;
    it.messages.edit(rowId, ['first words', 'better words']);
    it.rig.waitAndRead(2_000);
    expect(it.rig.of('edit')).toMatchObject([{ guid, from: ANNA, text: 'better words' }]);
  });
});

describe('what was not asked for', () => {
  test('never leaves the Mac, and is not told when it is asked for later', async () => {
    await using it = setUpInbox();
    it.rig.extraEvents = [];
    const { guid, rowId } = it.messages.receive({ text: 'plain' });
    it.messages.write(ANNA, { text: 'typed' });
    it.messages.react(`p:0/${guid}`, 2000);
    it.messages.chat(GROUP, [ANNA, BERT], 43);
    it.messages.receive({ from: BERT, text: 'to all', chat: GROUP });
    it.look();
    it.messages.edit(rowId, ['plain', 'changed']);
    it.rig.waitAndRead(2_000);
    it.messages.unsend(rowId);
    it.rig.waitAndRead(2_000);
    expect(it.rig.all).toMatchObject([{ text: 'plain' }]);

    it.rig.extraEvents = EXTRA_EVENTS;
    it.rig.waitAndRead(10 * MINUTE);
    expect(it.rig.all).toHaveLength(1);
    it.messages.write(ANNA, { text: 'typed later' });
    it.look();
    expect(it.rig.all).toHaveLength(2);
  });

  test.each<ExtraEvent>(['echo', 'group'])(
    'of two things that an event is, %s alone, is not told',
    async (one) => {
      await using it = setUpInbox();
      it.rig.extraEvents = [one];
      it.messages.chat(GROUP, [ANNA, BERT], 43);
      it.messages.write(ANNA, { text: 'to all', chat: GROUP });
      it.look();
      expect(it.rig.all).toEqual([]);
    },
  );
});

describe('what the owner typed', () => {
  test('is told with whom it was written to and from which address', async () => {
    await using it = setUpInbox();
    it.messages.write(ANNA, { text: 'typed', account: 'p:+12145550100' });
    it.look();
    expect(it.rig.entries).toMatchObject([
      { from_me: true, from: '+12145550100', to: ANNA, text: 'typed', channel: 'imessage' },
    ]);
    expect(it.rig.entries[0]).not.toHaveProperty('group');
  });

  test('in a group is told with the group, and to nobody alone', async () => {
    await using it = setUpInbox();
    it.messages.chat(GROUP, [ANNA, BERT], 43);
    it.messages.write(ANNA, { text: 'to all', chat: GROUP });
    it.look();
    expect(it.rig.entries).toMatchObject([{ from_me: true, group: { id: 'chat77' } }]);
    expect(it.rig.entries[0]).not.toHaveProperty('to');
  });

  test('waits for what Messages still has to write', async () => {
    await using it = setUpInbox();
    const { rowId } = it.messages.write(ANNA, { text: null, chat: null });
    it.look();
    expect(it.rig.all).toEqual([]);
    it.messages.set(rowId, { attributedBody: encodeAttributedBody('late') });
    it.messages.join(rowId, it.messages.direct(ANNA));
    it.look();
    expect(it.rig.texts).toEqual(['late']);
  });

  test('is never a message that the hub sent, however late its row is recognised', async () => {
    await using it = setUpInbox();
    const bound = new Set<string>();
    let isLooking = true;
    it.rig.sends = { isBound: (guid) => bound.has(guid), mayBind: () => isLooking };
    const sent = it.messages.write(ANNA, { text: 'sent by the hub' });
    const typed = it.messages.write(ANNA, { text: 'typed in between' });
    it.messages.receive({ from: ANNA, text: 'an answer' });
    it.messages.receive({ from: BERT, text: 'someone else' });
    it.look();
    // Until it is known which one is ours, what follows in the conversation waits; others do not.
    expect(it.rig.texts).toEqual(['someone else']);
    it.rig.restart();
    bound.add(sent.guid);
    isLooking = false;
    it.look();
    expect(it.rig.all).toMatchObject([
      { text: 'someone else' },
      { guid: typed.guid, from_me: true },
      { text: 'an answer' },
    ]);
  });

  test('and iCloud inserts again, as new row with a new guid, is not told again', async () => {
    await using it = setUpInbox();
    const date = toAppleTime(Date.now() - 20 * MINUTE) + 1_234n;
    const sent = it.messages.write(ANNA, { text: 'by the hub', date });
    it.rig.sends = { isBound: (guid) => guid === sent.guid, mayBind: () => false };
    it.look();
    const typed = it.messages.write(ANNA, { text: 'by hand', date: date + 5n });
    it.look();
    // The first rows are gone, as after a rebuild: memory alone tells.
    it.messages.db.exec('DROP TRIGGER IF EXISTS after_delete_on_message_plugin');
    it.messages.db.exec('DROP TRIGGER IF EXISTS add_to_deleted_messages');
    it.messages.write(ANNA, { text: 'by the hub', date });
    it.messages.write(ANNA, { text: 'by hand', date: date + 5n });
    it.messages.db.prepare('DELETE FROM message WHERE ROWID = ?').run(sent.rowId);
    it.messages.db.prepare('DELETE FROM message WHERE ROWID = ?').run(typed.rowId);
    it.look();
    expect(it.rig.texts).toEqual(['by hand']);
  });

  test('to be sent later is told when it is sent', async () => {
    await using it = setUpInbox();
    const columns = { schedule_type: 2, schedule_state: 2 };
    const { rowId } = it.messages.write(ANNA, { text: 'tomorrow', at: Date.now() + DAY, columns });
    it.messages.receive({ from: ANNA, text: 'now' });
    it.look();
    it.rig.waitAndRead(2 * DAY);
    expect(it.rig.texts).toEqual(['now']);
    it.messages.set(rowId, { schedule_state: 0, schedule_type: 0, date: toAppleTime(Date.now()) });
    it.look();
    expect(it.rig.texts).toEqual(['now', 'tomorrow']);
  });
});

describe('a message to oneself', () => {
  const OWNER = 'owner@example.com';

  test('is told once, as the owner’s own, when an own row is the only copy', async () => {
    await using it = setUpInbox();
    it.messages.write(OWNER, { text: 'note' });
    it.look();
    it.rig.waitAndRead(MINUTE);
    expect(it.rig.entries).toMatchObject([{ from_me: true, from: OWNER, to: OWNER, text: 'note' }]);
  });

  test('is told once when there are two copies, in whichever order', async () => {
    await using it = setUpInbox();
    it.messages.write(ANNA, { text: 'this makes the address known' });
    it.look();
    it.messages.write(OWNER, { text: 'sent first' });
    it.messages.receive({ from: OWNER, text: 'sent first' });
    it.look();
    it.messages.receive({ from: OWNER, text: 'received first' });
    it.look();
    it.messages.write(OWNER, { text: 'received first' });
    it.rig.waitAndRead(MINUTE);
    expect(it.rig.texts.slice(1)).toEqual(['sent first', 'received first']);
    expect(it.rig.entries.every((entry) => entry.from_me)).toBe(true);
  });

  test('that the hub sent comes back as nothing', async () => {
    await using it = setUpInbox();
    const { guid } = it.messages.write(OWNER, { text: 'from the hub' });
    it.rig.sends = { isBound: (known) => known === guid, mayBind: () => false };
    it.messages.receive({ from: OWNER, text: 'from the hub' });
    it.look();
    it.rig.waitAndRead(MINUTE);
    expect(it.rig.all).toEqual([]);
  });

  test('is told as an echo when the received row is the only copy', async () => {
    await using it = setUpInbox();
    it.messages.write(ANNA, { text: 'this makes the address known' });
    it.messages.receive({ from: OWNER, text: 'note' });
    it.look();
    it.rig.waitAndRead(MINUTE);
    expect(it.rig.entries.at(-1)).toMatchObject({ from_me: true, to: OWNER, text: 'note' });
  });
});

describe('a tapback', () => {
  const KINDS = ['love', 'like', 'dislike', 'laugh', 'emphasize', 'question', 'emoji', 'sticker'];

  test('of every kind is told, put on and taken away', async () => {
    await using it = setUpInbox();
    const columns = { associated_message_emoji: '🥑' };
    for (const base of [2000, 3000]) {
      for (const kind of KINDS.keys()) it.messages.react('p:1/TARGET', base + kind, { columns });
    }
    it.look();
    expect(it.rig.of('reaction').map((entry) => [entry.reaction, entry.removed])).toEqual([
      ...KINDS.map((kind) => [kind, false]),
      ...KINDS.map((kind) => [kind, true]),
    ]);
    for (const entry of it.rig.of('reaction')) {
      expect(entry).toMatchObject({ target: 'TARGET', part: 1 });
      expect(entry.emoji).toBe(entry.reaction === 'emoji' ? '🥑' : undefined);
    }
  });

  test.each([
    ['bp:TARGET', 0],
    ['TARGET', 0],
    ['p:12/TARGET', 12],
  ])('about %s is about that message', async (about, part) => {
    await using it = setUpInbox();
    it.messages.react(about, 2000);
    it.look();
    expect(it.rig.of('reaction')).toMatchObject([{ target: 'TARGET', part }]);
  });

  test('without a target, or of a kind that nobody knows, is passed over', async () => {
    await using it = setUpInbox();
    it.messages.react('', 2000);
    it.messages.receive({ columns: { associated_message_type: 2000 } });
    it.messages.react('p:0/X', 2050);
    it.messages.react('p:0/X', 3999);
    it.messages.receive({ text: 'after' });
    it.look();
    expect(it.rig.all).toMatchObject([{ text: 'after' }]);
  });

  test('that iCloud inserts again is told once', async () => {
    await using it = setUpInbox();
    const date = toAppleTime(Date.now() - MINUTE) + 7n;
    it.messages.react('p:0/X', 2000, { date });
    it.look();
    it.messages.react('p:0/X', 2000, { date });
    it.look();
    expect(it.rig.of('reaction')).toHaveLength(1);
  });
});

test('a reply names what it answers, and an effect is named', async () => {
  await using it = setUpInbox();
  it.rig.extraEvents = [];
  const effect = 'com.apple.MobileSMS.expressivesend.impact';
  it.messages.receive({ columns: { thread_originator_guid: 'ORIGIN', thread_originator_part: '0:0:2' } });
  it.messages.receive({ columns: { expressive_send_style_id: effect } });
  it.look();
  expect(it.rig.entries).toMatchObject([{ reply_to: 'ORIGIN' }, { effect }]);
});

describe('an edit', () => {
  test('is told once, with its time, and so is each that follows', async () => {
    await using it = setUpInbox();
    const { rowId, guid } = it.messages.receive({ text: 'one' });
    it.look();
    const at = Date.now() - 5_000;
    it.messages.edit(rowId, ['one', 'two'], at);
    for (let look = 0; look < 3; look += 1) it.rig.waitAndRead(2_000);
    expect(it.rig.of('edit')).toMatchObject([{ guid, text: 'two', at }]);
    it.messages.edit(rowId, ['one', 'two', 'three'], at + 1_000);
    it.rig.waitAndRead(2_000);
    it.rig.restart();
    it.rig.waitAndRead(2_000);
    expect(it.rig.of('edit').map((entry) => entry.text)).toEqual(['two', 'three']);
  });

  test('that happened while the bridge was away is told, however old the message', async () => {
    await using it = setUpInbox({ pairedAt: Date.now() - 30 * DAY });
    const { rowId } = it.messages.receive({ text: 'old', at: Date.now() - 6 * DAY });
    it.messages.receive({ text: 'older', at: Date.now() - 20 * DAY });
    it.look();
    it.messages.edit(rowId, ['old', 'new']);
    it.rig.restart();
    it.look();
    expect(it.rig.of('edit')).toMatchObject([{ text: 'new' }]);
  });

  test('of a message from before pairing is not told', async () => {
    await using it = setUpInbox();
    const { rowId } = it.messages.receive({ text: 'before', at: Date.now() - 2 * HOUR });
    it.look();
    it.messages.edit(rowId, ['before', 'changed']);
    it.rig.waitAndRead(10 * MINUTE);
    expect(it.rig.all).toEqual([]);
  });

  test('before a message was read is no edit: the message says what it says now', async () => {
    await using it = setUpInbox();
    const { rowId } = it.messages.receive({ text: 'typo' });
    it.messages.edit(rowId, ['typo', 'correct']);
    it.rig.waitAndRead(10 * MINUTE);
    expect(it.rig.all).toMatchObject([{ kind: 'message', text: 'correct' }]);
  });

  test('of a message that iCloud inserts again does not make it a new one', async () => {
    await using it = setUpInbox();
    const date = toAppleTime(Date.now() - 20 * MINUTE) + 9n;
    const first = it.messages.receive({ text: 'one', date });
    it.look();
    it.messages.edit(first.rowId, ['one', 'two']);
    it.rig.waitAndRead(2_000);
    const again = it.messages.receive({ text: 'one', date });
    it.messages.edit(again.rowId, ['one', 'two']);
    it.rig.waitAndRead(10 * MINUTE);
    expect(it.rig.all.map(({ kind }) => kind)).toEqual(['message', 'edit']);
  });

  test('whose history is damaged is told all the same, once', async () => {
    await using it = setUpInbox();
    const { rowId } = it.messages.receive({ text: 'one' });
    it.look();
    it.messages.edit(rowId, ['one', 'two'], Date.now() - 2 * MINUTE);
    it.messages.set(rowId, { message_summary_info: Buffer.from('bplist00 cut off') });
    it.rig.waitAndRead(10 * MINUTE);
    expect(it.rig.of('edit')).toMatchObject([{ text: 'two' }]);
  });

  test('comes after what was said before it in the conversation', async () => {
    await using it = setUpInbox();
    let isThere = false;
    it.rig.files = {
      resultsOf: () => (isThere ? [{ name: 'x', unavailable: 'attachment_unavailable' }] : undefined),
      forget: () => undefined,
    };
    const { rowId } = it.messages.receive({ text: 'one' });
    it.look();
    const photo = it.messages.receive({ text: 'photo' });
    it.messages.attach(photo.rowId);
    it.messages.edit(rowId, ['one', 'two']);
    it.rig.waitAndRead(2_000);
    expect(it.rig.all).toHaveLength(1);
    isThere = true;
    it.rig.waitAndRead(2_000);
    it.rig.waitAndRead(6 * MINUTE);
    expect(it.rig.all).toMatchObject([{ text: 'one' }, { text: 'photo' }, { kind: 'edit', text: 'two' }]);
  });
});

describe('an unsend', () => {
  test('is told with what is left, part by part', async () => {
    await using it = setUpInbox();
    const { rowId, guid } = it.messages.receive({ text: 'two parts' });
    it.look();
    it.messages.unsend(rowId, [1], 'two');
    it.rig.waitAndRead(2_000);
    it.messages.unsend(rowId, [0, 1], null, Date.now() + 1_000);
    it.rig.waitAndRead(2_000);
    it.rig.waitAndRead(10 * MINUTE);
    expect(it.rig.of('unsend').map((entry) => [entry.guid, entry.text])).toEqual([
      [guid, 'two'],
      [guid, ''],
    ]);
    expect(it.rig.of('edit')).toEqual([]);
  });

  test('before a message was read leaves nothing to tell, and nothing waits for it', async () => {
    await using it = setUpInbox();
    const { rowId } = it.messages.receive({ text: 'gone' });
    it.messages.unsend(rowId);
    it.messages.receive({ text: 'stays' });
    it.rig.waitAndRead(10 * MINUTE);
    expect(it.rig.texts).toEqual(['stays']);
    expect(it.rig.store.inbox.pending).toEqual([]);
    expect(it.rig.warnings).toEqual([]);
  });
});
