import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { MACOS_VERSIONS } from './chat-db/columns.ts';
import { generateHistory } from './chat-db/generate-history.ts';
import { startSimulatedMac } from './client.ts';

const folder = mkdtempSync(join(tmpdir(), 'history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(MACOS_VERSIONS)(
  'a generated %s history is whole: every row in a chat, dates rising, indexes back',
  (macos) => {
    const path = join(folder, `${macos}.db`);
    const until = Date.UTC(2026, 0, 1);
    generateHistory(path, { macos, messages: 500, conversations: 20, until });
    const db = new Database(path, { readonly: true });
    const count = (sql: string) => db.prepare(`SELECT count(*) FROM ${sql}`).pluck().get();
    expect(count('message')).toBe(500);
    expect(count('chat')).toBe(20);
    expect(count('chat WHERE style = 43')).toBe(2);
    expect(
      count('message m JOIN chat_message_join j ON j.message_id = m.ROWID AND j.message_date = m.date'),
    ).toBe(500);
    expect(count('message a JOIN message b ON b.ROWID = a.ROWID + 1 AND b.date <= a.date')).toBe(0);
    expect(count('message WHERE is_from_me = 0 AND handle_id NOT IN (SELECT ROWID FROM handle)')).toBe(0);
    expect(count("sqlite_master WHERE name = 'message_idx_date'")).toBe(1);
    expect(db.prepare('SELECT max(date) / 1000000 FROM message').pluck().get()).toBe(until - 978_307_200_000);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  },
);

test('a simulated Mac goes on with a generated history', async () => {
  const home = join(folder, 'home');
  generateHistory(join(home, 'Library/Messages/chat.db'), {
    macos: 'tahoe-26',
    messages: 300,
    conversations: 5,
  });
  await using mac = await startSimulatedMac({ home, pace: 0 });
  expect((await mac.receive({ from: '+13120000010', text: 'new' })).rowid).toBe(301);
});
