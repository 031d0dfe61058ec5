import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toAppleTime } from '../../../bridge-mac/chat-db/apple-time.ts';
import { waitFor } from '../../kit/wait.ts';
import { InboxRig, setUpInbox, temporaryFolder } from '../kit/inbox-rig.ts';
import { MessagesDb } from '../kit/messages-db.ts';

const ANNA = '+12145550101';
const BERT = '+12145550102';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Overwrites the page of a closed database that holds these bytes. */
function spoilPage(path: string, marker: string): void {
  const file = readFileSync(path);
  const at = file.indexOf(marker);
  expect(at).toBeGreaterThan(0);
  const size = file.readUInt16BE(16);
  file.fill(0xff, at - (at % size), at - (at % size) + size);
  writeFileSync(path, file);
}

/** Closes the writer so that everything is in the file itself, spoils it there, and opens it again. */
function spoil(messages: MessagesDb, marker: string): void {
  messages.db.pragma('wal_checkpoint(TRUNCATE)');
  messages.db.close();
  spoilPage(messages.path, marker);
  messages.db = MessagesDb.open(messages.path).db;
}

describe('damaged pages in chat.db', () => {
  test('cost the rows on them, which are named; all others are read', async () => {
    await using it = setUpInbox();
    for (let index = 0; index < 60; index += 1) {
      it.messages.receive({ text: `message ${index} ${'x'.repeat(500)}` });
    }
    spoil(it.messages, 'message 30 ');
    it.rig.reader.start();
    await waitFor('what can be read', () => it.rig.texts.some((text) => text.startsWith('message 59 ')));
    const read = new Set(it.rig.texts.map((text) => Number(text.split(' ')[1])));
    expect(read.has(30)).toBe(false);
    expect(read.size).toBeGreaterThan(50);
    const named = it.rig.warnings.find((line) => line.includes('stepped over')) ?? '';
    const [, from, to] = /row (\d+)(?:–(\d+))?/u.exec(named) ?? [];
    const lost = Array.from({ length: 60 }, (_, index) => index + 1).filter((id) => !read.has(id - 1));
    expect([Number(from), Number(to ?? from)]).toEqual([lost[0], lost.at(-1)]);

    const { rowId } = it.messages.receive({ text: 'afterwards' });
    await waitFor('a new one', () => it.rig.texts.includes('afterwards'));
    expect(it.rig.store.inbox.cursor?.rowId).toBe(rowId);
    expect(it.rig.findings.at(-1)).toMatchObject({ ok: true });
  });

  test('under the row that was read last are not taken for another database', async () => {
    await using it = setUpInbox();
    // Rows of this size get a page of their own.
    const big = (name: string) => it.messages.receive({ text: `${name} ${'y'.repeat(3_900)}` });
    big('first');
    big('read last');
    it.look();
    big('new');
    const newest = big('newest');
    spoil(it.messages, 'read last yyy');
    it.rig.reader.start();
    await waitFor('the newest', () => it.rig.store.inbox.cursor?.rowId === newest.rowId);
    expect(it.rig.texts.map((text) => text.replace(/ y+$/, ''))).toEqual([
      'first',
      'read last',
      'new',
      'newest',
    ]);
    expect(it.rig.warnings.join()).not.toContain('not the database it was');
  });

  test('under the newest row end what can be read there, and it is named', async () => {
    await using it = setUpInbox();
    for (let index = 0; index < 30; index += 1)
      it.messages.receive({ text: `message ${index} ${'x'.repeat(500)}` });
    spoil(it.messages, 'message 29 ');
    it.rig.reader.start();
    await waitFor('the end', () => it.rig.store.inbox.cursor?.rowId === 30);
    expect(it.rig.texts.length).toBeGreaterThan(20);
    expect(it.rig.warnings.join()).toMatch(/row \d+–30 cannot be read/);
  });

  test('under what a row is joined to cost that row’s conversation nothing else', async () => {
    await using it = setUpInbox();
    it.messages.chat('any;-;spoilt-page-marker', [ANNA]);
    for (let index = 0; index < 40; index += 1)
      it.messages.chat(`any;-;filler ${index} ${'y'.repeat(300)}`, []);
    it.messages.direct(BERT);
    const { rowId } = it.messages.receive({ from: ANNA, chat: 'any;-;spoilt-page-marker' });
    spoil(it.messages, 'any;-;spoilt-page-marker');
    it.look();
    it.messages.receive({ from: BERT, text: 'read', chat: `any;-;${BERT}` });
    it.look();
    expect(it.rig.texts).toEqual(['read']);
    expect(it.rig.warnings.join()).toContain(`Row ${rowId} `);
  });

  test('everywhere are reported, and looked at again until there is a database', async () => {
    using home = temporaryFolder();
    const messages = MessagesDb.create();
    for (let index = 0; index < 200; index += 1) messages.receive({ text: `${index} ${'z'.repeat(400)}` });
    const { path } = messages;
    messages.db.pragma('wal_checkpoint(TRUNCATE)');
    messages.db.close();
    const whole = readFileSync(path);
    // The first page tells the schema; nothing else is left.
    writeFileSync(path, Buffer.concat([whole.subarray(0, 4_096), Buffer.alloc(whole.length - 4_096, 0xff)]));
    await using rig = new InboxRig(path, home.path, Date.now() - HOUR);
    rig.reader.start();
    const finding = await waitFor('a finding', () => rig.findings.find(({ ok }) => !ok));
    expect(finding.message).toContain('SQLITE_CORRUPT');
    writeFileSync(`${path}.new`, whole);
    renameSync(`${path}.new`, path);
    await waitFor('all rows', () => rig.store.journal.unacked === 200);
    expect(rig.findings.at(-1)).toMatchObject({ ok: true });
    messages[Symbol.dispose]();
  });
});

describe('cells that hold what Messages never writes', () => {
  const cell = fc.oneof(
    fc.constant(null),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double(),
    fc.string(),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ minLength: 2_000, maxLength: 3_000 }),
  );

  test('stop nobody: what is told fits the wire, and what follows is read', async () => {
    await using it = setUpInbox();
    it.messages.chat('any;+;chat5', [ANNA, BERT], 43, 'Group');
    const columns = it.messages.db
      .prepare("SELECT name FROM pragma_table_info('message')")
      .pluck()
      .all() as string[];
    const spoilable = columns.filter((name) => name !== 'ROWID' && name !== 'guid');
    const row = fc.dictionary(fc.constantFrom(...spoilable), cell, { maxKeys: 12 });
    const damaged = fc.sample(row, { numRuns: 400, seed: 7 });
    for (const [index, spoilt] of damaged.entries()) {
      const chat = index % 3 === 0 ? 'any;+;chat5' : it.messages.direct(ANNA);
      const { rowId } = it.messages.receive({ from: ANNA, chat });
      if (Object.keys(spoilt).length > 0) it.messages.set(rowId, spoilt);
    }
    it.messages.receive({ from: BERT, text: 'after all' });
    it.look();
    it.rig.waitAndRead(2 * MINUTE);
    let isTold = false;
    // In batches, as they go to the hub: `all` fails when one does not fit.
    for (let left = it.rig.store.journal.unacked; left > 0; left = it.rig.store.journal.unacked) {
      isTold ||= it.rig.texts.includes('after all');
      expect(it.rig.all.length).toBeGreaterThan(0);
      it.rig.store.journal.acknowledge(it.rig.store.journal.ackedSeq + it.rig.all.length);
    }
    expect(isTold).toBe(true);
  });

  test('in chats, handles and attachments neither', async () => {
    await using it = setUpInbox();
    const values = fc.sample(cell, { numRuns: 200, seed: 11 });
    for (const [index, value] of values.entries()) {
      const guid = it.messages.chat(`any;+;chat${index}`, [ANNA, BERT], 43, 'Group');
      const { rowId } = it.messages.receive({ from: ANNA, chat: guid });
      const file = it.messages.attach(rowId);
      const names = ['style', 'chat_identifier', 'display_name', 'service_name'];
      const name = names[index % names.length] ?? '';
      it.messages.db.prepare(`UPDATE chat SET ${name} = ? WHERE guid = ?`).run(value, guid);
      const cells = [
        'filename',
        'transfer_name',
        'mime_type',
        'transfer_state',
        'total_bytes',
        'hide_attachment',
      ];
      it.messages.setAttachment(file, { [cells[index % cells.length] ?? '']: value });
    }
    it.messages.db.prepare('UPDATE handle SET id = zeroblob(9) WHERE id = ?').run(BERT);
    it.messages.receive({ from: '+12145550109', text: 'after all' });
    it.look();
    expect(it.rig.store.journal.unacked).toBeGreaterThan(100);
    expect(it.rig.store.inbox.heads.length).toBeLessThan(20);
    expect(it.rig.all.length).toBeGreaterThan(0);
  });

  test('where a handle is missing leave a one-to-one message its sender', async () => {
    await using it = setUpInbox();
    const { rowId } = it.messages.receive({ text: 'no handle row', chat: it.messages.direct(ANNA) });
    it.messages.set(rowId, { handle_id: 999 });
    it.messages.receive({ from: '72975', text: 'a short code', service: 'SMS' });
    it.look();
    expect(it.rig.entries.map(({ from }) => from)).toEqual([ANNA, '72975']);
  });
});

describe('clocks', () => {
  test('that were ahead when this Mac was paired do not hide what comes after they were set right', async () => {
    await using it = setUpInbox({ pairedAt: Date.now() + HOUR });
    it.messages.receive({ text: 'before pairing', at: Date.now() - 2 * DAY });
    it.look();
    it.messages.receive({ text: 'now' });
    it.messages.receive({ text: 'old one of iCloud', at: Date.now() - 2 * DAY });
    it.look();
    it.rig.restart();
    it.messages.receive({ text: 'and now' });
    it.look();
    expect(it.rig.texts).toEqual(['now', 'and now']);
    expect(it.rig.warnings.join()).toContain('clock');
  });

  test('of others that are ahead make nobody else’s message late or lost', async () => {
    await using it = setUpInbox();
    it.messages.receive({ text: 'from tomorrow', at: Date.now() + DAY });
    it.messages.receive({ text: 'from the end of time', date: 2n ** 63n - 1n });
    it.messages.receive({ text: 'today' });
    it.look();
    expect(it.rig.texts).toEqual(['from tomorrow', 'from the end of time', 'today']);
    expect(it.rig.store.inbox.cursor?.dated).toBeLessThanOrEqual(Date.now());
  });

  test('set forward a day give nothing up that is a minute old', async () => {
    await using it = setUpInbox();
    const { rowId } = it.messages.receive({ text: 'late chat', chat: null });
    it.look();
    it.rig.later = DAY + HOUR;
    it.look();
    it.messages.join(rowId, it.messages.direct(ANNA));
    it.look();
    expect(it.rig.texts).toEqual(['late chat']);
  });
});

describe('the life of a database', () => {
  test('whose schema grows while it is open goes on with the new columns', async () => {
    await using it = setUpInbox({ version: 'monterey-12' });
    it.rig.reader.start();
    const { rowId, guid } = it.messages.receive({ text: 'one' });
    await waitFor('the message', () => it.rig.texts.includes('one'));
    for (const column of ['date_retracted', 'date_edited', 'was_detonated', 'part_count']) {
      it.messages.db.exec(`ALTER TABLE message ADD COLUMN ${column} INTEGER`);
    }
    it.messages.edit(rowId, ['one', 'two']);
    await waitFor('the edit', () => it.rig.of('edit').length === 1);
    expect(it.rig.of('edit')).toMatchObject([{ guid, text: 'two' }]);
  });

  test('that is replaced by a copy of itself tells nothing again and misses nothing', async () => {
    await using it = setUpInbox();
    it.rig.reader.start();
    for (let index = 0; index < 5; index += 1) it.messages.receive({ text: `${index}` });
    await waitFor('five', () => it.rig.texts.length === 5);
    it.messages.db.pragma('wal_checkpoint(TRUNCATE)');
    it.messages.db.close();
    copyFileSync(it.messages.path, `${it.messages.path}.copy`);
    for (const suffix of ['-wal', '-shm']) rmSync(`${it.messages.path}${suffix}`, { force: true });
    renameSync(`${it.messages.path}.copy`, it.messages.path);
    it.messages.db = MessagesDb.open(it.messages.path).db;
    it.messages.receive({ text: 'five' });
    await waitFor('the sixth', () => it.rig.texts.includes('five'));
    expect(it.rig.texts).toEqual(['0', '1', '2', '3', '4', 'five']);
  });

  test('whose rows wait when it is renumbered tells them all, once', async () => {
    await using it = setUpInbox();
    const waiting = it.messages.receive({ text: 'waits', chat: null, at: Date.now() - MINUTE });
    const told = it.messages.receive({ text: 'told', at: Date.now() - MINUTE });
    it.look();
    it.messages.db.exec('DROP TRIGGER IF EXISTS add_to_deleted_messages');
    it.messages.db.exec(
      'UPDATE message SET ROWID = ROWID + 100; UPDATE chat_message_join SET message_id = message_id + 100',
    );
    it.messages.receive({ text: 'takes the old number', at: Date.now() - MINUTE });
    it.messages.join(waiting.rowId + 100, it.messages.direct(ANNA));
    it.look();
    it.look();
    expect(it.rig.texts.toSorted()).toEqual(['takes the old number', 'told', 'waits']);
    expect(it.rig.entries.map(({ guid }) => guid)).toContain(told.guid);
    expect(it.rig.store.inbox.pending).toEqual([]);
  });

  test('that gets thousands of old messages from iCloud tells none of them, and the new one among them', async () => {
    await using it = setUpInbox({ pairedAt: Date.now() - DAY });
    const dates = Array.from(
      { length: 1_500 },
      (_, index) => toAppleTime(Date.now() - 20 * HOUR) + BigInt(index * 7_001),
    );
    const insert = (): void => {
      for (const [index, date] of dates.entries()) it.messages.receive({ text: `old ${index}`, date });
    };
    it.messages.db.transaction(insert)();
    it.look();
    expect(it.rig.store.journal.lastSeq).toBe(1_500);
    it.messages.db.transaction(() => {
      for (let index = 0; index < 1_500; index += 1)
        it.messages.receive({ text: 'years ago', at: Date.now() - 900 * DAY });
      insert();
      it.messages.receive({ text: 'new' });
    })();
    it.look();
    expect(it.rig.store.journal.lastSeq).toBe(1_501);
  });

  test('whose newest rows are deleted is read on', async () => {
    await using it = setUpInbox();
    it.messages.receive({ text: 'one' });
    const { rowId } = it.messages.receive({ text: 'two' });
    it.look();
    it.messages.db.exec('DROP TRIGGER IF EXISTS after_delete_on_message_plugin');
    it.messages.db.prepare('DELETE FROM message WHERE ROWID = ?').run(rowId);
    it.look();
    it.messages.receive({ text: 'three' });
    it.look();
    expect(it.rig.texts).toEqual(['one', 'two', 'three']);
  });

  test('with a long past to read leaves others their turn in between', async () => {
    await using it = setUpInbox();
    it.messages.db.transaction(() => {
      for (let index = 0; index < 3_000; index += 1) it.messages.receive({ text: `${index}` });
    })();
    let turns = 0;
    const others = setInterval(() => {
      turns += 1;
    }, 0);
    it.rig.reader.start();
    await waitFor('all', () => it.rig.store.journal.lastSeq === 3_000);
    clearInterval(others);
    expect(turns).toBeGreaterThanOrEqual(5);
  });
});
