import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { type SimulatedMac, startSimulatedMac } from './client.ts';
import { query } from './kit.ts';

const ANNA = '+12145550100';

async function filled(macos: string, count: number, text = 'x'): Promise<SimulatedMac> {
  const mac = await startSimulatedMac({ macos, pace: 0 });
  for (let n = 0; n < count; n++) await mac.receive({ from: ANNA, text: `${text} ${n}` });
  return mac;
}

const columnsOf = (mac: SimulatedMac) =>
  query(mac, "SELECT name FROM pragma_table_info('message')").map(({ name }) => name);
const guidsOf = (mac: SimulatedMac) => query(mac, 'SELECT ROWID AS id, guid FROM message ORDER BY ROWID');

describe('chat.db while it is in use', () => {
  test('gets the columns of a newer macOS while a reader has it open, and messages go on', async () => {
    await using mac = await filled('ventura-13', 3);
    const reader = new Database(mac.chatDb, { readonly: true });
    const star = reader.prepare('SELECT * FROM message');
    expect(star.all()).toHaveLength(3);
    await mac.happen({ happening: 'schema-upgrade', macos: 'tahoe-26' });
    expect(columnsOf(mac)).toEqual(expect.arrayContaining(['associated_message_emoji', 'ck_chat_id']));
    expect((await mac.receive({ from: ANNA, text: 'after' })).rowid).toBe(4);
    expect(Object.keys(star.all()[3] as object)).toContain('ck_chat_id');
    reader.close();
    await mac.restart();
    expect((await mac.receive({ from: ANNA, text: 'again' })).rowid).toBe(5);
    await expect(mac.happen({ happening: 'schema-upgrade', macos: 'next' })).rejects.toThrow(/is one of/);
  });

  test('is replaced by a copy: the same rows in another file; the old one stays with its reader', async () => {
    await using mac = await filled('tahoe-26', 5);
    const before = guidsOf(mac);
    const reader = new Database(mac.chatDb, { readonly: true });
    reader.prepare('SELECT 1 FROM message').all();
    const inode = statSync(mac.chatDb).ino;
    await mac.happen({ happening: 'copy-database' });
    expect(statSync(mac.chatDb).ino).not.toBe(inode);
    expect(guidsOf(mac)).toEqual(before);
    expect((await mac.receive({ from: ANNA, text: 'new' })).rowid).toBe(6);
    expect(reader.prepare('SELECT count(*) FROM message').pluck().get()).toBe(5);
    reader.close();
  });

  test('is replaced by somebody else’s', async () => {
    await using mac = await filled('tahoe-26', 8);
    const before = new Set(guidsOf(mac).map(({ guid }) => guid));
    await mac.happen({ happening: 'foreign-database' });
    const after = guidsOf(mac);
    expect(after.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(after.some(({ guid }) => before.has(guid))).toBe(false);
    expect((await mac.receive({ from: ANNA, text: 'new' })).rowid).toBe(5);
  });

  test('gets new ROWIDs in place, joins and files with them', async () => {
    await using mac = await filled('sequoia-15', 4);
    const past = Date.now() - 9_000_000;
    const { guid } = await mac.receive({ from: ANNA, text: 'oldest', date: past, attachment: mac.chatDb });
    await mac.happen({ happening: 'delete-messages', with: ANNA, count: 1, guid });
    const kept = await mac.receive({ from: ANNA, text: 'old', date: past, attachment: mac.chatDb });
    expect(kept.rowid).toBe(6);
    const order = () => query(mac, 'SELECT guid FROM message ORDER BY date');
    const before = order();
    const joins = `SELECT m.guid FROM message m JOIN chat_message_join j ON j.message_id = m.ROWID
      LEFT JOIN message_attachment_join a ON a.message_id = m.ROWID ORDER BY m.ROWID`;
    await mac.happen({ happening: 'renumber-rows' });
    expect(query(mac, joins)).toEqual(before);
    expect(guidsOf(mac)[0]).toEqual({ id: 1, guid: kept.guid });
    expect(query(mac, 'SELECT message_id FROM message_attachment_join')).toEqual([{ message_id: 1 }]);
    expect((await mac.receive({ from: ANNA, text: 'next' })).rowid).toBe(6);
  });

  test('loses its WAL file to a new one, and no row', async () => {
    await using mac = await filled('tahoe-26', 3);
    const reader = new Database(mac.chatDb, { readonly: true });
    reader.prepare('SELECT 1 FROM message').all();
    const inode = statSync(`${mac.chatDb}-wal`).ino;
    await mac.happen({ happening: 'delete-wal' });
    await mac.receive({ from: ANNA, text: 'new' });
    expect(statSync(`${mac.chatDb}-wal`).ino).not.toBe(inode);
    reader.close();
    expect(guidsOf(mac)).toHaveLength(4);
  });

  test('forgets deleted messages, and notes them where there is a table for it', async () => {
    await using mac = await filled('ventura-13', 3);
    const [last] = await mac.happen({ happening: 'delete-messages', with: ANNA });
    expect(guidsOf(mac).map(({ id }) => id)).toEqual([1, 2]);
    expect(query(mac, 'SELECT guid FROM deleted_messages')).toEqual([{ guid: last }]);
    expect(query(mac, 'SELECT count(*) AS n FROM chat_message_join')).toEqual([{ n: 2 }]);
  });

  test('gets a page of rubbish: rows before and after it can be read, those in it cannot', async () => {
    await using mac = await filled('tahoe-26', 60, 'x'.repeat(600));
    await mac.happen({ happening: 'corrupt-page' });
    const db = new Database(mac.chatDb, { readonly: true });
    const read = (rowid: number) =>
      db.prepare('SELECT attributedBody FROM message WHERE ROWID = ?').get(rowid);
    expect(read(1)).toBeTruthy();
    expect(read(60)).toBeTruthy();
    expect(() => db.prepare('SELECT attributedBody FROM message').all()).toThrow(/malformed/);
    db.close();
    expect((await mac.receive({ from: ANNA, text: 'after' })).rowid).toBe(61);
    await using small = await filled('tahoe-26', 1);
    await expect(small.happen({ happening: 'corrupt-page' })).rejects.toThrow(/too small/);
  });
});
