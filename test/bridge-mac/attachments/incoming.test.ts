import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { MAX_FILE_BYTES } from '../../../shared/wire/files.ts';
import { waitFor } from '../../kit/wait.ts';
import { encodeAttributedBody } from '../../simulated-mac/typedstream.ts';
import { setUpFiles } from '../kit/files-rig.ts';
import { sha256Of } from '../kit/stand-in-files.ts';

const BERT = '+12145550102';
const MINUTE = 60_000;
const SENDER = fileURLToPath(new URL('../kit/send-file.ts', import.meta.url));

describe('a file that came with a message', () => {
  test('is on the hub when the message is told, with its name, type and size', async () => {
    await using it = await setUpFiles();
    const content = randomBytes(200_000);
    it.receiveFile('a b/Photo 1.jpg', content);
    await it.waitForMessages(1);
    expect(it.rig.entries[0]?.attachments).toEqual([
      { sha256: sha256Of(content), name: 'Photo 1.jpg', mime_type: 'image/jpeg', size: 200_000 },
    ]);
    expect(it.hub.files.get(sha256Of(content))).toEqual(content);
  });

  test('is waited for through every state of its transfer; a text beside it too', async () => {
    await using it = await setUpFiles();
    const body = encodeAttributedBody('\uFFFClook', { files: ['at_0_X'] });
    const { rowId } = it.messages.receive({ text: null, body });
    const nothingYet = (): void => {
      it.rig.waitAndRead(5_000);
      expect(it.rig.entries).toEqual([]);
    };
    nothingYet();
    const guid = it.messages.attach(rowId, { filename: null });
    for (const transfer_state of [-1, 0, 1, 2, 3, 4, 7]) {
      it.messages.setAttachment(guid, { transfer_state });
      nothingYet();
    }
    // Done, says the row; but the file is not there, then not whole.
    const row = it.put('x.jpg', 'the whole');
    it.messages.setAttachment(guid, { filename: row.filename, total_bytes: 9, transfer_state: 5 });
    rmSync(join(it.home, row.filename.slice(2)));
    nothingYet();
    it.put('x.jpg', 'the');
    nothingYet();
    it.put('x.jpg', 'the whole');
    await it.waitForMessages(1);
    expect(it.rig.entries).toMatchObject([{ text: 'look', attachments: [{ size: 9 }] }]);
  });

  test('is waited for although the text that speaks of it is damaged', async () => {
    await using it = await setUpFiles();
    const whole = encodeAttributedBody('\uFFFClook', { files: ['at_0_X'] });
    const damaged = Buffer.from(whole.map((byte) => (byte >= 0x80 ? 0x3f : byte)));
    const { rowId } = it.messages.receive({ text: null, body: damaged });
    it.look();
    expect(it.rig.entries).toEqual([]);
    it.messages.attach(rowId, { ...it.put('x.jpg', 'x'), transfer_state: 5 });
    await it.waitForMessages(1);
    expect(it.rig.entries).toMatchObject([{ text: '', attachments: [{ size: 1 }] }]);
    expect(it.rig.entries[0]?.warning).toContain(`row ${rowId} `);
  });

  test('is waited for although the text that speaks of it is cut off behind its words', async () => {
    await using it = await setUpFiles();
    const whole = encodeAttributedBody('\uFFFClook at this', { files: ['at_0_X'] });
    const { rowId } = it.messages.receive({ text: null, body: whole.subarray(0, whole.length >> 1) });
    it.look();
    expect(it.rig.entries).toEqual([]);
    it.messages.attach(rowId, { ...it.put('x.jpg', 'x'), transfer_state: 5 });
    await it.waitForMessages(1);
    expect(it.rig.entries).toMatchObject([{ text: 'look at this', attachments: [{ size: 1 }] }]);
  });

  test('that the hub refuses is missing from its message, also when that cannot be written down at first', async () => {
    await using it = await setUpFiles();
    const db = new Database(join(it.home, 'bridge.db'));
    db.exec("CREATE TRIGGER full BEFORE INSERT ON incoming_files BEGIN SELECT RAISE(ABORT, 'full'); END");
    const content = Buffer.from('unwanted');
    it.hub.files.refused.add(sha256Of(content));
    it.receiveFile('a.jpg', content);
    await waitFor('refusals', () => {
      it.look();
      return it.hub.files.requests.filter(({ status }) => status === 413).length > 1;
    });
    expect(it.rig.entries).toEqual([]);
    db.exec('DROP TRIGGER full');
    db.close();
    await it.waitForMessages(1);
    expect(it.rig.entries[0]?.attachments).toMatchObject([{ unavailable: 'attachment_unavailable' }]);
  });

  test('that the hub fails to take keeps no other from being told', async () => {
    await using it = await setUpFiles();
    const refused = Array.from({ length: 6 }, (_, index) => `refused ${index}`);
    for (const content of refused) it.hub.files.failFor.add(sha256Of(Buffer.from(content)));
    // The last two are one content.
    for (const [index, content] of [...refused, 'refused 5'].entries()) {
      it.receiveFile(`${index}.jpg`, content, { from: `+1214555020${index}` });
    }
    it.receiveFile('good.jpg', 'good', { from: BERT });
    await it.waitForMessages(1);
    expect(it.rig.texts).toEqual(['good.jpg']);
    it.hub.files.failFor.clear();
    await it.waitForMessages(8);
  });

  test('that Messages never gets is missing from its message after the deadline', async () => {
    await using it = await setUpFiles();
    const { rowId } = it.messages.receive({ text: 'with a file' });
    it.messages.attach(rowId, { transfer_name: 'film.mov', transfer_state: 0 });
    it.look();
    it.rig.waitAndRead(9 * MINUTE);
    expect(it.rig.entries).toEqual([]);
    it.rig.waitAndRead(2 * MINUTE);
    expect(it.rig.entries).toMatchObject([
      { text: 'with a file', attachments: [{ name: 'film.mov', unavailable: 'attachment_unavailable' }] },
    ]);
    expect(it.rig.warnings.join()).toContain(`row ${rowId} `);
  });

  test('gets its deadline from watching alone: sleep and a clock that is set do not count', async () => {
    await using it = await setUpFiles();
    const { rowId } = it.messages.receive();
    it.messages.attach(rowId, { transfer_state: 3 });
    it.look();
    it.rig.later = 24 * 60 * MINUTE;
    it.look();
    it.rig.waited += 8 * 60 * MINUTE;
    it.look();
    expect(it.rig.entries).toEqual([]);
    expect(it.rig.store.inbox.pending[0]?.waited).toBeLessThanOrEqual(MINUTE);
  });

  test('whose transfer failed is given up soon', async () => {
    await using it = await setUpFiles();
    const { rowId } = it.messages.receive();
    it.messages.attach(rowId, { transfer_state: 6 });
    it.look();
    it.rig.waitAndRead(15_000);
    expect(it.rig.entries[0]?.attachments).toMatchObject([{ unavailable: 'attachment_unavailable' }]);
  });

  test('that is hidden, or belongs to a plug-in, does not count', async () => {
    await using it = await setUpFiles();
    const { rowId } = it.messages.receive({ text: 'https://example.com' });
    it.messages.attach(rowId, { hide_attachment: 1 });
    it.messages.attach(rowId, { transfer_name: 'A.pluginPayloadAttachment' });
    it.look();
    expect(it.rig.entries).toMatchObject([{ text: 'https://example.com', attachments: [] }]);
  });

  test('stands in the order of its ROWID among several, had or not', async () => {
    await using it = await setUpFiles();
    const { rowId } = it.messages.receive();
    it.messages.attach(rowId, { ...it.put('1.jpg', 'one'), transfer_state: 5 });
    it.messages.attach(rowId, { transfer_name: '2.jpg', transfer_state: 6 });
    it.messages.attach(rowId, { ...it.put('3.jpg', 'three'), transfer_state: 5 });
    it.look();
    it.rig.waitAndRead(15_000);
    await it.waitForMessages(1);
    expect(it.rig.entries[0]?.attachments.map(({ name }) => name)).toEqual(['1.jpg', '2.jpg', '3.jpg']);
  });

  test('is taken to the hub once, however often the same content comes', async () => {
    await using it = await setUpFiles();
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) it.receiveFile(name, 'the same');
    it.receiveFile('d.jpg', 'the same', { from: BERT });
    await it.waitForMessages(4);
    expect(it.hub.files.uploadsOf(sha256Of(Buffer.from('the same')))).toBe(1);
  });

  test('may be empty', async () => {
    await using it = await setUpFiles();
    it.receiveFile('empty.txt', '');
    await it.waitForMessages(1);
    expect(it.rig.entries[0]?.attachments).toMatchObject([{ size: 0, name: 'empty.txt' }]);
  });
});

describe('what is no file of a message', () => {
  test.each([
    ['a path that climbs out', '~/Library/Messages/Attachments/../../secret.txt'],
    ['a path elsewhere', '/etc/passwd'],
    ['a link that leads out', '~/Library/Messages/Attachments/link'],
    ['a folder', '~/Library/Messages/Attachments/folder'],
    ['a path without a beginning', 'Library/Messages/Attachments/x'],
    ["Messages' own database", '~/Library/Messages/chat.db'],
    ['a damaged path', '~/Library/Messages/Attachments/x\0y'],
  ])('%s is refused, with a warning that names the row', async (_what, filename) => {
    await using it = await setUpFiles();
    const root = join(it.home, 'Library/Messages/Attachments');
    mkdirSync(join(root, 'folder'), { recursive: true });
    writeFileSync(join(it.home, 'secret.txt'), 'secret');
    writeFileSync(join(it.home, 'Library/Messages/chat.db'), 'secret');
    symlinkSync(join(it.home, 'secret.txt'), join(root, 'link'));
    const { rowId } = it.messages.receive({ text: 'words' });
    it.messages.attach(rowId, { filename, transfer_state: 5 });
    it.look();
    expect(it.rig.entries).toMatchObject([
      { text: 'words', attachments: [{ unavailable: 'attachment_unavailable' }] },
    ]);
    expect(it.rig.warnings.join()).toContain(`row ${rowId} `);
    expect(it.hub.files.requests).toEqual([]);
  });

  test('is told by a name without folders or control characters', async () => {
    await using it = await setUpFiles();
    const names = ['../../etc/passwd', 'a\u0000\u202eb\n.jpg', '', '..', `${'x'.repeat(400)}.jpeg`];
    for (const transfer_name of names) {
      const { rowId } = it.messages.receive({ text: transfer_name });
      it.messages.attach(rowId, { filename: '/elsewhere', transfer_name });
    }
    it.look();
    const shown = it.rig.entries.map((entry) => entry.attachments[0]?.name ?? '');
    expect(shown.slice(0, 1)).toEqual(['passwd']);
    expect(shown.slice(2, 4)).toEqual(['attachment', 'attachment']);
    expect(shown[4]).toMatch(/^x+\.jpeg$/);
    expect(shown.every((name) => name.length > 0 && name.length <= 255 && !/[\p{Cc}/]/u.test(name))).toBe(
      true,
    );
  });

  test('beyond the largest size is not read', async () => {
    await using it = await setUpFiles();
    const row = it.put('huge.mov', 'x');
    truncateSync(join(it.home, row.filename.slice(2)), MAX_FILE_BYTES + 1);
    const { rowId } = it.messages.receive();
    it.messages.attach(rowId, { ...row, total_bytes: MAX_FILE_BYTES + 1, transfer_state: 5 });
    it.look();
    expect(it.rig.entries[0]?.attachments).toMatchObject([{ unavailable: 'attachment_unavailable' }]);
  });
});

describe('order', () => {
  test('is kept in the conversation of a waiting file, and other conversations do not wait', async () => {
    await using it = await setUpFiles();
    const { rowId } = it.messages.receive({ text: 'photo' });
    const file = it.messages.attach(rowId, { transfer_state: 3 });
    it.look();
    for (let index = 0; index < 600; index += 1) it.messages.receive({ text: `behind ${index}` });
    it.messages.receive({ from: BERT, text: 'not behind' });
    it.look();
    expect(it.rig.texts).toEqual(['not behind']);
    await it.restart();
    it.look();
    expect(it.rig.texts).toEqual(['not behind']);
    it.messages.setAttachment(file, { ...it.put('p.jpg', 'photo'), transfer_state: 5 });
    await it.waitForMessages(200);
    expect(it.rig.store.journal.lastSeq).toBe(602);
    expect(it.rig.texts.slice(0, 4)).toEqual(['not behind', 'photo', 'behind 0', 'behind 1']);
    expect(it.rig.store.inbox.pending).toEqual([]);
  });

  test('is kept when a later file is there before an earlier one', async () => {
    await using it = await setUpFiles();
    const first = it.messages.receive({ text: 'first' });
    const file = it.messages.attach(first.rowId, { transfer_state: 3 });
    it.receiveFile('second', '2');
    it.look();
    it.rig.waitAndRead(MINUTE);
    expect(it.rig.entries).toEqual([]);
    it.messages.setAttachment(file, { ...it.put('1', '1'), transfer_state: 5 });
    await it.waitForMessages(2);
    expect(it.rig.texts).toEqual(['first', 'second']);
  });
});

describe('a hub that is away', () => {
  test('is waited for without a deadline, over restarts', async () => {
    await using it = await setUpFiles({ deadlineMs: 1_000 });
    await it.hub.close();
    it.receiveFile('photo.jpg', 'photo');
    it.messages.receive({ text: 'behind it' });
    for (let round = 0; round < 3; round += 1) {
      it.look();
      it.rig.waitAndRead(10 * MINUTE);
      expect(it.rig.entries).toEqual([]);
      await it.restart();
    }
    await it.hub.listen();
    await it.waitForMessages(2);
    expect(it.rig.entries).toMatchObject([{ attachments: [{ size: 5 }] }, { text: 'behind it' }]);
  });

  test('in the middle of a file gets the rest of it alone', async () => {
    await using it = await setUpFiles();
    const content = randomBytes(3_000_000);
    it.hub.files.cuts = 2;
    it.hub.files.cutAfterBytes = 1_000_000;
    it.receiveFile('film.mov', content);
    await it.waitForMessages(1);
    expect(it.hub.files.get(sha256Of(content))).toEqual(content);
    const offsets = it.hub.files.requests
      .filter(({ method }) => method === 'PATCH')
      .map(({ offset }) => offset);
    expect(offsets[0]).toBe(0);
    expect(offsets.slice(1).every((offset) => offset >= 1_000_000)).toBe(true);
  });

  test('or fails, is asked again; one that refuses the file gets its message without it', async () => {
    await using it = await setUpFiles();
    it.hub.files.failures = 3;
    it.receiveFile('a.jpg', 'a');
    await it.waitForMessages(1);
    expect(it.rig.entries[0]?.attachments).toMatchObject([{ size: 1 }]);
    it.receiveFile('b.jpg', 'b');
    it.hub.files.failStatus = 413;
    it.hub.files.failures = 100;
    // HEAD fails with 413 too, which says nothing of the file.
    it.look();
    it.hub.files.failures = 0;
    await it.waitForMessages(2);
    expect(it.rig.entries[1]?.attachments).toMatchObject([{ size: 1 }]);
  });
});

test('a file that cannot be read is given up after the deadline, and the message goes', async () => {
  await using it = await setUpFiles({ deadlineMs: 3_000 });
  const { rowId } = it.receiveFile('locked.jpg', 'locked');
  const path = join(it.home, 'Library/Messages/Attachments/locked.jpg');
  rmSync(path);
  mkdirSync(join(it.home, 'Library/Messages/Attachments/locked'), { recursive: true });
  writeFileSync(path, 'locked');
  chmodSync(path, 0o000);
  it.look();
  // Root reads everything: for it the file simply goes.
  it.rig.waitAndRead(2_000);
  it.rig.waitAndRead(2_000);
  await it.waitForMessages(1);
  expect(it.rig.entries[0]?.attachments).toHaveLength(1);
  expect(rowId).toBe(1);
});

test('a hundred megabytes go to the hub without 20 MB more of memory', async () => {
  await using it = await setUpFiles();
  it.hub.files.discards = true;
  const row = it.put('film.mov', 'x');
  const path = join(it.home, row.filename.slice(2));
  truncateSync(path, MAX_FILE_BYTES);
  const sender = spawn(process.execPath, [SENDER, it.hub.url, it.hub.token, path]);
  sender.stderr.pipe(process.stderr);
  const output = await text(sender.stdout);
  expect(JSON.parse(output)).toMatchObject({ size: MAX_FILE_BYTES });
  expect(JSON.parse(output).grown_mb).toBeLessThan(20);
});
