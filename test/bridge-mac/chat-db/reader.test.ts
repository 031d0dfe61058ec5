import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ChatDbReader } from '../../../bridge-mac/chat-db/reader.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { waitFor } from '../../kit/wait.ts';
import { InboxRig, temporaryFolder } from '../kit/inbox-rig.ts';
import { MessagesDb } from '../kit/messages-db.ts';

const HOUR = 3_600_000;
const WRITER = fileURLToPath(new URL('../kit/write-rows.ts', import.meta.url));

async function writeRows(path: string, count: number, pauseMs: number): Promise<void> {
  const writer = spawn(process.execPath, [WRITER, path, String(count), String(pauseMs)], {
    stdio: 'inherit',
  });
  const [code] = await once(writer, 'exit');
  expect(code).toBe(0);
}

describe('watching chat.db', () => {
  test('sees every commit of a writer with synchronous=FULL, the last one too', async () => {
    using messages = MessagesDb.create();
    using home = temporaryFolder();
    await using rig = new InboxRig(messages.path, home.path, Date.now() - HOUR);
    rig.reader.start();
    await waitFor('the database', () => rig.reader.current);
    await writeRows(messages.path, 60, 15);
    await waitFor('all rows', () => rig.store.journal.unacked === 60);
    expect(rig.texts).toEqual(Array.from({ length: 60 }, (_, index) => `row ${index}`));
  });

  test('goes on when the WAL is truncated and its writer comes and goes', async () => {
    using messages = MessagesDb.create();
    using home = temporaryFolder();
    await using rig = new InboxRig(messages.path, home.path, Date.now() - HOUR);
    rig.reader.start();
    for (let round = 0; round < 4; round += 1) {
      messages.receive({ text: `round ${round}` });
      await waitFor(`round ${round}`, () => rig.texts.includes(`round ${round}`));
      messages.db.pragma('wal_checkpoint(TRUNCATE)');
      messages.db.close();
      messages.db = MessagesDb.open(messages.path).db;
    }
    expect(rig.texts).toHaveLength(4);
  });

  test('reads a database that is not in WAL mode', async () => {
    using messages = MessagesDb.create();
    messages.db.pragma('journal_mode = DELETE');
    using home = temporaryFolder();
    await using rig = new InboxRig(messages.path, home.path, Date.now() - HOUR);
    rig.reader.start();
    await waitFor('the database', () => rig.reader.current);
    messages.receive({ text: 'plain' });
    await waitFor('the row', () => rig.texts.includes('plain'));
  });

  test('opens the database that is put in the place of the one it read', async () => {
    using messages = MessagesDb.create();
    using home = temporaryFolder();
    await using rig = new InboxRig(messages.path, home.path, Date.now() - HOUR);
    rig.reader.start();
    messages.receive({ text: 'before' });
    await waitFor('the first', () => rig.texts.includes('before'));
    const other = MessagesDb.create({ path: `${messages.path}.new` });
    other.receive({ text: 'after' });
    other.db.close();
    messages.db.close();
    for (const suffix of ['-wal', '-shm']) rmSync(`${messages.path}${suffix}`, { force: true });
    renameSync(`${messages.path}.new`, messages.path);
    await waitFor('the second', () => rig.texts.includes('after'));
    expect(rig.texts).toEqual(['before', 'after']);
  });
});

test('a look that fails is not repeated because of the file events of opening the database again', async () => {
  using messages = MessagesDb.create();
  let looks = 0;
  let isFull = false;
  await using reader = new ChatDbReader({
    path: messages.path,
    nodePath: '/opt/node',
    onChange: () => {
      looks += 1;
      if (isFull && looks < 1_000) throw new Error('database or disk is full');
      return { more: false };
    },
    isDue: () => false,
    onFinding: () => undefined,
    log: createLog('test', 'silent'),
    now: Date.now,
  });
  reader.start();
  await waitFor('the first look', () => looks > 0);
  isFull = true;
  messages.receive();
  await waitFor('looks that fail', () => looks > 4);
  isFull = false;
  const before = looks;
  messages.receive();
  await waitFor('a look', () => looks > before);
  expect(looks).toBeLessThan(1_000);
});

describe('a chat.db that cannot be read', () => {
  test('is reported with Full Disk Access and where to grant it, and read once it can be', async () => {
    using home = temporaryFolder();
    const path = join(home.path, 'chat.db');
    await using rig = new InboxRig(path, home.path, Date.now() - HOUR);
    rig.reader.start();
    const finding = await waitFor('a finding', () => rig.findings[0]);
    expect(finding).toMatchObject({ check: 'chat_db', ok: false });
    expect(finding.message).toContain(path);
    expect(finding.remedy).toMatch(/Full Disk Access to \/opt\/node: System Settings → Privacy & Security/);
    expect(rig.logged.some((line) => line.level === 'warn' && line.msg.includes('Full Disk Access'))).toBe(
      true,
    );

    const messages = MessagesDb.create({ path });
    messages.receive({ text: 'nothing lost' });
    await waitFor('the row', () => rig.texts.includes('nothing lost'));
    messages.db.close();
    expect(rig.findings.at(-1)).toMatchObject({ check: 'chat_db', ok: true });
  });

  test('because it is something else is said to be that', async () => {
    using home = temporaryFolder();
    const path = join(home.path, 'chat.db');
    writeFileSync(path, 'this is not a database at all, but long enough to look at');
    await using rig = new InboxRig(path, home.path, Date.now() - HOUR);
    rig.reader.start();
    const finding = await waitFor('a finding', () => rig.findings[0]);
    expect(finding.message).toContain('is not a database');
  });
});
