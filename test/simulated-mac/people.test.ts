import { afterAll, describe, expect, test } from 'vitest';
import { waitFor } from '../kit/wait.ts';
import { startSimulatedMac } from './client.ts';
import { query, type Row, rowByGuid, sendText } from './kit.ts';

const mac = await startSimulatedMac({ pace: 0.01 });
afterAll(() => mac[Symbol.asyncDispose]());

let people = 0;
function somebody(): string {
  people += 1;
  return `+1214555${4000 + people}`;
}

/** Our message to somebody, delivered unless told otherwise. */
async function ours(
  to: string,
  ready: (row: Row) => boolean = (row) => row.is_delivered === 1,
): Promise<string> {
  await sendText(mac, to, 'ours');
  const sql = `SELECT m.* FROM message m JOIN handle h ON h.ROWID = m.handle_id
    WHERE h.id = ? AND m.is_from_me = 1 ORDER BY m.ROWID DESC`;
  const row = await waitFor('our row', () => query(mac, sql, to).find(ready));
  return String(row.guid);
}

describe('tapbacks', () => {
  test('every kind comes and goes, with its emoji, from them and from the owner', async () => {
    const person = somebody();
    const target = await ours(person);
    for (const type of [2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007, 3000, 3006, 3007]) {
      const [guid] = await mac.happen({ happening: 'tapback', with: person, type, emoji: '🥳' });
      expect(rowByGuid(mac, guid)).toMatchObject({
        associated_message_guid: `p:0/${target}`,
        associated_message_type: type,
        associated_message_emoji: type % 1000 === 6 ? '🥳' : null,
        is_from_me: 0,
      });
    }
    const { guid: theirs } = await mac.receive({ from: person, text: 'theirs' });
    const [own] = await mac.happen({ happening: 'tapback', with: person, me: true, part: 2 });
    expect(rowByGuid(mac, own)).toMatchObject({ associated_message_guid: `p:2/${theirs}`, is_from_me: 1 });
  });

  test('a preview is named by bp:, a message in a group stays in its group', async () => {
    const [person, chat] = [somebody(), 'chat800000001'];
    await mac.receive({ from: person, text: 'https://example.com' });
    const [preview] = await mac.happen({ happening: 'url-preview', with: person });
    const [guid] = await mac.happen({ happening: 'tapback', with: person, guid: String(preview) });
    expect(rowByGuid(mac, guid).associated_message_guid).toBe(`bp:${preview}`);
    const inGroup = await mac.receive({ from: person, text: 'x', chat });
    const sql = `SELECT c.chat_identifier AS chat FROM chat c JOIN chat_message_join j ON j.chat_id = c.ROWID
      JOIN message m ON m.ROWID = j.message_id WHERE m.guid = ?`;
    const chatOf = (one: string | undefined) => query(mac, sql, one)[0]?.chat;
    await waitFor('the join', () => chatOf(inGroup.guid) === chat);
    const [tapback] = await mac.happen({ happening: 'tapback', with: somebody(), guid: inGroup.guid });
    await waitFor('the join', () => chatOf(tapback) === chat);
  });
});

describe('replies, effects, edits', () => {
  test('a reply names the part it answers; an effect has Messages’ name', async () => {
    const person = somebody();
    const target = await ours(person);
    const effect = 'com.apple.messages.effect.CKConfettiEffect';
    const { guid } = await mac.receive({ from: person, text: 'r', replyTo: target, replyPart: 1, effect });
    expect(rowByGuid(mac, guid)).toMatchObject({
      thread_originator_guid: target,
      thread_originator_part: '1:0:1',
      expressive_send_style_id: effect,
    });
  });

  test('a second edit adds to the history of the first; the owner edits too', async () => {
    const person = somebody();
    await mac.receive({ from: person, text: 'version one' });
    await mac.happen({ happening: 'edit', with: person, text: 'version two' });
    const [guid] = await mac.happen({ happening: 'edit', with: person, text: 'version three' });
    const row = rowByGuid(mac, guid);
    for (const words of ['version one', 'version two', 'version three'])
      expect((row.message_summary_info as Buffer).includes(words), words).toBe(true);
    expect(String(row.attributedBody)).toContain('version three');
    const target = await ours(person);
    expect(await mac.happen({ happening: 'edit', with: person, me: true, text: 'mine' })).toEqual([target]);
    expect(String(rowByGuid(mac, target).attributedBody)).toContain('mine');
  });

  test('one part may be taken back, the rest stays', async () => {
    const person = somebody();
    await mac.receive({ from: person, text: 'both' });
    const [guid] = await mac.happen({ happening: 'unsend-part', with: person, part: 1, text: 'rest' });
    const row = rowByGuid(mac, guid);
    expect(String(row.attributedBody)).toContain('rest');
    expect((row.message_summary_info as Buffer).includes('rp')).toBe(true);
    expect(Number(row.date_edited)).toBeGreaterThan(0);
  });
});

describe('receipts and corrections', () => {
  test('receipts come when they are told to, and once absurd', async () => {
    const person = somebody();
    await mac.behave(person, 'never-delivered');
    const guid = await ours(person, (row) => row.is_sent === 1);
    expect(rowByGuid(mac, guid)).toMatchObject({ is_delivered: 0, date_delivered: 0 });
    await mac.happen({ happening: 'delivered', with: person });
    expect(rowByGuid(mac, guid)).toMatchObject({ is_delivered: 1, date_read: 0 });
    await mac.happen({ happening: 'read', with: person });
    expect(Number(rowByGuid(mac, guid).date_read)).toBeGreaterThan(0);
    await mac.happen({ happening: 'read-bogus', with: person });
    const exact = query(mac, 'SELECT CAST(date_read AS TEXT) AS at FROM message WHERE guid = ?', guid);
    expect(exact).toEqual([{ at: '9223372036854775807' }]);
  });

  test('a message that failed may be sent after all', async () => {
    const person = somebody();
    await mac.behave(person, 'sent-error-4', 1);
    const guid = await ours(person, (row) => row.error === 4);
    await mac.happen({ happening: 'sent-after-all', with: person });
    expect(rowByGuid(mac, guid)).toMatchObject({ error: 0, is_sent: 1 });
  });
});

describe('rows of the owner', () => {
  test('what was scheduled leaves later, in its row or in a new one', async () => {
    for (const me of [false, true]) {
      const person = somebody();
      const [planned] = await mac.happen({ happening: 'scheduled', with: person, text: 'later' });
      expect(rowByGuid(mac, planned)).toMatchObject({ schedule_state: 2, is_sent: 0 });
      const date = Number(rowByGuid(mac, planned).date);
      const [sent] = await mac.happen({ happening: 'scheduled-sent', with: person, me });
      expect(sent === planned).toBe(!me);
      expect(rowByGuid(mac, sent)).toMatchObject({ schedule_state: 0, is_sent: 1 });
      expect(Number(rowByGuid(mac, sent).date)).toBeLessThan(date);
      if (me) expect(rowByGuid(mac, planned)).toEqual({});
    }
  });

  test('to oneself: one row on macOS 26, two before', async () => {
    expect(await mac.happen({ happening: 'self-message', text: 'note' })).toHaveLength(1);
    await using old = await startSimulatedMac({ macos: 'ventura-13', pace: 0 });
    const guids = await old.happen({ happening: 'self-message', text: 'note' });
    expect(guids.map((guid) => rowByGuid(old, guid).is_from_me)).toEqual([1, 0]);
  });
});

describe('bad rows', () => {
  test('any cell may be NULL or nonsense, at arrival or later', async () => {
    const cells = { date: null, account: null, service: null, is_finished: null };
    const { guid } = await mac.receive({ from: somebody(), text: 'x', cells });
    expect(rowByGuid(mac, guid)).toMatchObject(cells);
    await mac.happen({ happening: 'change-row', guid, cells: { date: -1, service: 'Pigeon' } });
    expect(rowByGuid(mac, guid)).toMatchObject({ date: -1, service: 'Pigeon' });
  });

  test('a body may be cut in half', async () => {
    const whole = await mac.receive({ from: somebody(), text: 'a long enough text' });
    const half = await mac.receive({ from: somebody(), text: 'a long enough text', behaviour: 'half-body' });
    const length = (guid: string) => (rowByGuid(mac, guid).attributedBody as Buffer).length;
    expect(length(half.guid)).toBe(length(whole.guid) >> 1);
    expect(rowByGuid(mac, half.guid).text).toBeNull();
  });

  test('iCloud brings hundreds of messages that were never here, over a year old', async () => {
    const person = somebody();
    const guids = await mac.happen({ happening: 'icloud-backfill', with: person, count: 300 });
    expect(guids).toHaveLength(300);
    const [{ n, apart, newest } = {}] = query(
      mac,
      `SELECT count(*) AS n, (max(date) - min(date)) / 1000000 AS apart, max(date) / 1000000000 AS newest
       FROM message m JOIN handle h ON h.ROWID = m.handle_id WHERE h.id = ?`,
      person,
    );
    expect([n, Math.round(Number(apart) / 1000)]).toEqual([300, 299]);
    expect(Number(newest) + 978_307_200).toBeLessThan(Date.now() / 1000 - 300 * 86_400);
  });
});
