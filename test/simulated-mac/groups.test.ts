import { afterAll, describe, expect, test } from 'vitest';
import { waitFor } from '../kit/wait.ts';
import { startSimulatedMac } from './client.ts';
import { query, rowByGuid, sendText, tell } from './kit.ts';

const ANNA = '+12145550100';
const BERT = '+12145550101';
const CARL = '+12145550102';
const mac = await startSimulatedMac({ pace: 0.02 });
afterAll(() => mac[Symbol.asyncDispose]());

function joined(guid: string) {
  return waitFor('the join', () => {
    const sql = `SELECT c.guid FROM chat c JOIN chat_message_join j ON j.chat_id = c.ROWID
      JOIN message m ON m.ROWID = j.message_id WHERE m.guid = ? ORDER BY c.ROWID`;
    const chats = query(mac, sql, guid).map((row) => row.guid);
    return chats.length > 0 && chats;
  });
}

function membersOf(chat: string) {
  const sql = `SELECT h.id FROM chat c JOIN chat_handle_join j ON j.chat_id = c.ROWID JOIN handle h ON h.ROWID = j.handle_id
    WHERE c.chat_identifier = ? ORDER BY h.id`;
  return query(mac, sql, chat).map((row) => row.id);
}

describe('groups', () => {
  test('a group has its members and its name; a rename, a newcomer and a leaver are rows of their own', async () => {
    const chat = 'chat700000001';
    const { guid } = await mac.receive({
      from: ANNA,
      text: 'hi all',
      chat,
      members: [BERT],
      chatName: 'Trip',
    });
    expect(await joined(guid)).toEqual([`any;+;${chat}`]);
    expect(membersOf(chat)).toEqual([ANNA, BERT]);
    const named = () => query(mac, 'SELECT display_name FROM chat WHERE chat_identifier = ?', chat);
    expect(named()).toEqual([{ display_name: 'Trip' }]);
    const events = [
      [
        { happening: 'group-renamed', with: ANNA, text: 'Journey' },
        { item_type: 2, group_title: 'Journey' },
      ],
      [
        { happening: 'participant-added', with: ANNA, about: CARL },
        { item_type: 1, group_action_type: 0 },
      ],
      [
        { happening: 'participant-removed', with: ANNA, about: BERT },
        { item_type: 1, group_action_type: 1 },
      ],
      [
        { happening: 'group-icon', with: ANNA },
        { item_type: 3, group_action_type: 1 },
      ],
      [
        { happening: 'participant-left', with: CARL },
        { item_type: 3, group_action_type: 0 },
      ],
    ] as const;
    for (const [event, cells] of events) {
      const [row] = await mac.happen({ ...event, chat });
      expect(rowByGuid(mac, row), event.happening).toMatchObject({ ...cells, text: null });
      expect(await joined(String(row))).toEqual([`any;+;${chat}`]);
    }
    expect(named()).toEqual([{ display_name: 'Journey' }]);
    expect(membersOf(chat)).toEqual([ANNA]);
    await expect(mac.happen({ happening: 'group-icon', chat: 'chat0' })).rejects.toThrow(/no group "chat0"/);
  });

  test('a group of before macOS 26 is reached by iMessage;+; only, and has no ghosts', async () => {
    await using old = await startSimulatedMac({ macos: 'sequoia-15', pace: 0 });
    await old.receive({ from: ANNA, text: 'x', chat: 'chat700000002', members: [BERT] });
    expect((await tell(old, 'send "in" to chat id "iMessage;+;chat700000002"')).code).toBe(0);
    expect((await tell(old, 'send "out" to chat id "any;+;chat700000002"')).stderr).toContain('(-1728)');
    expect((await tell(old, 'send "out" to chat id "any;-;chat700000002"')).stderr).toContain('(-1728)');
    expect((await old.sent()).map(({ recipient, text }) => [recipient, text])).toEqual([
      ['chat700000002', 'in'],
    ]);
  });

  test('a chat that exists may be out of reach, alone or with all the others, until somebody writes in it', async () => {
    const chat = 'chat700000003';
    const send = async () => (await tell(mac, `send "x" to chat id "any;+;${chat}"`)).stderr;
    await joined((await mac.receive({ from: BERT, text: 'x', chat })).guid);
    expect(await send()).toBe('');
    expect(await mac.happen({ happening: 'unload-chat', chat })).toEqual([`any;+;${chat}`]);
    expect(await send()).toContain('(-1728)');
    await joined((await mac.receive({ from: BERT, text: 'y', chat })).guid);
    expect(await send()).toBe('');
  });

  test('one person may have empty chats of every service, which no script can address', async () => {
    const person = '+12145550110';
    const guids = await mac.happen({ happening: 'shell-chats', with: person });
    expect(guids).toEqual([`iMessage;-;${person}`, `SMS;-;${person}`, `RCS;-;${person}`]);
    expect(query(mac, 'SELECT guid FROM chat WHERE chat_identifier = ?', person)).toHaveLength(3);
    for (const guid of guids)
      expect((await tell(mac, `send "x" to chat id "${guid}"`)).stderr).toContain('(-1728)');
  });

  test('a message may belong to two chats, or its sender to no handle', async () => {
    const { guid } = await mac.receive({ from: ANNA, text: 'twice', alsoIn: ['chat700000004'] });
    await waitFor('both', async () => (await joined(guid)).length === 2);
    expect(await joined(guid)).toContain('any;+;chat700000004');
    const lost = await mac.receive({ from: '+12145550111', text: 'who', behaviour: 'no-handle' });
    const handle = rowByGuid(mac, lost.guid).handle_id;
    expect(query(mac, 'SELECT 1 FROM handle WHERE ROWID = ?', handle)).toEqual([]);
  });
});

describe('RCS', () => {
  test('is received and answered through its chat; as an account it is closed to scripts', async () => {
    await using phone = await startSimulatedMac({ macos: 'sequoia-15', pace: 0 });
    const { guid } = await phone.receive({ from: ANNA, text: 'rcs', service: 'RCS' });
    expect(rowByGuid(phone, guid).service).toBe('RCS');
    const account = await tell(
      phone,
      `send "no" to participant "${ANNA}" of (1st account whose service type = RCS)`,
    );
    expect(account.stderr).toContain('(-1728)');
    expect((await tell(phone, `send "yes" to chat id "RCS;-;${ANNA}"`)).code).toBe(0);
    expect(await phone.sent()).toMatchObject([{ text: 'yes', service: 'RCS', recipient: ANNA }]);
    await using old = await startSimulatedMac({ macos: 'sonoma-14', pace: 0 });
    await expect(old.receive({ from: ANNA, text: 'x', service: 'RCS' })).rejects.toThrow(/no RCS account/);
  });

  test('on macOS 26 the chat that RCS came into is the any;-; one', async () => {
    const person = '+12145550112';
    await joined((await mac.receive({ from: person, text: 'rcs', service: 'RCS' })).guid);
    expect((await tell(mac, `send "back by rcs" to chat id "any;-;${person}"`)).code).toBe(0);
    const left = () => mac.sent().then((all) => all.find(({ text }) => text === 'back by rcs'));
    expect((await waitFor('it to leave', left)).service).toBe('RCS');
  });
});

test('an SMS of a short code arrives like any other', async () => {
  const { guid } = await mac.receive({ from: '78787', text: 'code 123', service: 'SMS' });
  expect(await joined(guid)).toEqual(['any;-;78787']);
  expect((await sendText(mac, '78787', 'STOP')).code).toBe(0);
});
