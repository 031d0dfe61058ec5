import { describe, expect, test } from 'vitest';
import type { Chat } from '../../../bridge-mac/chat-db/chat-db.ts';
import type { OwnRow } from '../../../bridge-mac/chat-db/own-rows.ts';
import { conversationWith } from '../../../bridge-mac/outbox/conversation.ts';
import { matchRows } from '../../../bridge-mac/outbox/match-rows.ts';
import type { StoredSend } from '../../../bridge-mac/store/stored-send.ts';

const ANNA = '+12145550101';

function send(position: number, changes: Partial<StoredSend> = {}): StoredSend {
  return {
    position,
    id: `m${position}`,
    part: 0,
    parts: 1,
    to_group: 0,
    fallbacks: '[]',
    file: null,
    is_staged: 0,
    told: '',
    conversation: conversationWith(ANNA),
    recipient: ANNA,
    channel: 'imessage',
    text: 'Hello',
    expires_at: 0,
    state: 'handed_over',
    since: 0,
    not_before: 0,
    attempt: 1,
    route: 'participant',
    tried: '[]',
    baseline: 100,
    attempted_at: 0,
    last_error: null,
    last_code: null,
    row_id: null,
    guid: null,
    ...changes,
  };
}

const row = (rowId: number, text = 'Hello'): OwnRow => ({
  rowId,
  guid: `guid-${rowId}`,
  text,
  isMessage: true,
  files: [],
});

const chat = (...participants: string[]): Chat => ({
  guid: 'any;-;x',
  isGroup: participants.length > 1,
  identifier: null,
  name: null,
  participants,
});

function match(sends: StoredSend[], rows: OwnRow[], chats: Chat[] = [chat(ANNA)], taken: string[] = []) {
  return matchRows(
    sends,
    rows,
    () => chats,
    ({ guid }) => taken.includes(guid),
    (_send, file) => `/Users/me/Library/Messages/Attachments/Bluewire/abc/${file.name}`,
  ).map(({ send: found, row: its }) => [found.id, its.rowId]);
}

describe('the row of a send', () => {
  test('is the first above its baseline with its words', () => {
    expect(match([send(1)], [row(99), row(100), row(101, 'other'), row(102), row(103)])).toEqual([
      ['m1', 102],
    ]);
  });

  test('is none that another send has, none without a chat, none of a group, none of someone else', () => {
    expect(match([send(1)], [row(101), row(102)], [chat(ANNA)], ['guid-101'])).toEqual([['m1', 102]]);
    expect(match([send(1)], [row(101)], [])).toEqual([]);
    expect(match([send(1)], [row(101)], [chat(ANNA, '+12145550102')])).toEqual([]);
    expect(match([send(1)], [row(101)], [chat('+12145550102')])).toEqual([]);
    expect(match([send(1)], [{ ...row(101), isMessage: false }])).toEqual([]);
  });

  test.each(['+1 (214) 555-0101', '12145550101', '+1-214-555-0101', '\u202A+12145550101\u202C'])(
    'is found where Messages writes the number as %s',
    (spelling) => {
      expect(match([send(1)], [row(101)], [chat(spelling)])).toEqual([['m1', 101]]);
    },
  );

  test('is found for an e-mail address in any case', () => {
    const to = send(1, { conversation: conversationWith('Anna@Example.com') });
    expect(match([to], [row(101)], [chat('anna@example.COM')])).toEqual([['m1', 101]]);
  });

  test.each([
    ['decomposed', 'Gru\u0308\u00DFe'],
    ['with a mark of a file', '\uFFFCGrüße'],
    ['with white space around', ' Grüße\n'],
  ])('is found where Messages hands the text back %s', (_how, text) => {
    expect(match([send(1, { text: 'Grüße' })], [row(101, text)])).toEqual([['m1', 101]]);
  });

  test('is found for a text in a script without Latin letters, and not mistaken for another such text', () => {
    expect(match([send(1, { text: '你好' })], [row(101, '再见'), row(102, '你好')])).toEqual([['m1', 102]]);
  });

  test('is found where line ends differ', () => {
    expect(match([send(1, { text: 'a\r\nb\rc' })], [row(101, 'a\nb\nc')])).toEqual([['m1', 101]]);
  });

  test('goes to the send that waits before one that was given up', () => {
    const overdue = send(1, { state: 'overdue' });
    expect(match([overdue, send(2)], [row(101)])).toEqual([['m2', 101]]);
    expect(match([overdue, send(2)], [row(101), row(102)])).toEqual([
      ['m2', 101],
      ['m1', 102],
    ]);
  });

  test('is one for one, in order, where the same words were sent more than once', () => {
    expect(match([send(1), send(2, { baseline: 101 })], [row(101), row(102)])).toEqual([
      ['m1', 101],
      ['m2', 102],
    ]);
  });
});
