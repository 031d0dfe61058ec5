import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { waitFor } from '../kit/wait.ts';
import { startSimulatedMac } from './client.ts';
import { query, type Row, rowByGuid, tell } from './kit.ts';

const mac = await startSimulatedMac({ pace: 0.02 });
afterAll(() => mac[Symbol.asyncDispose]());

let people = 0;
function somebody(): string {
  people += 1;
  return `+1214555${3000 + people}`;
}

function makeFile(name: string, content = `content of ${name}`): string {
  const path = join(mac.home, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function filesOf(guid: string | undefined): Row[] {
  const sql = `SELECT a.* FROM attachment a JOIN message_attachment_join j ON j.attachment_id = a.ROWID
    JOIN message m ON m.ROWID = j.message_id WHERE m.guid = ? ORDER BY a.ROWID`;
  return query(mac, sql, guid);
}

function onDisk(row: Row | undefined): string {
  return join(mac.home, String(row?.filename).slice(2));
}

describe('files that arrive', () => {
  test('several come in one message, each with its mark, and are done in another order than their rows', async () => {
    const [one, two] = [makeFile('one.heic'), makeFile('two.caf')];
    const { guid } = await mac.receive({
      from: somebody(),
      text: 'look \uFFFC and hear \uFFFC',
      attachments: [
        { path: one, doneAfterMs: 900 },
        { path: two, doneAfterMs: 60 },
      ],
    });
    await waitFor('the second', () => filesOf(guid)[1]?.transfer_state === 5);
    expect(filesOf(guid)[0]?.transfer_state).not.toBe(5);
    await waitFor('the first', () => filesOf(guid)[0]?.transfer_state === 5);
    expect(filesOf(guid).map((row) => row.mime_type)).toEqual(['image/heic', 'audio/x-caf']);
    expect(filesOf(guid).map((row) => readFileSync(onDisk(row), 'utf8'))).toEqual([
      'content of one.heic',
      'content of two.caf',
    ]);
    const body = String(rowByGuid(mac, guid).attributedBody);
    expect(body.indexOf(`at_0_${guid}`)).toBeLessThan(body.indexOf(`at_1_${guid}`));
    expect(body).toContain('look \uFFFC and hear \uFFFC');
  });

  test('hidden ones and plug-in payloads are there too, without a mark', async () => {
    const attachments = [
      { path: makeFile('shown.png') },
      { path: makeFile('hidden.bin'), hidden: true },
      { path: makeFile('x'), name: 'A-B.pluginPayloadAttachment', hidden: true },
    ];
    const { guid } = await mac.receive({ from: somebody(), attachments });
    await waitFor('all', () => filesOf(guid).filter((row) => row.transfer_state === 5).length === 3);
    expect(filesOf(guid).map((row) => [row.transfer_name, row.hide_attachment])).toEqual([
      ['shown.png', 0],
      ['hidden.bin', 1],
      ['A-B.pluginPayloadAttachment', 1],
    ]);
    expect(String(rowByGuid(mac, guid).attributedBody).split('\uFFFC')).toHaveLength(2);
  });

  test('a transfer that stopped at any state ends when told to', async () => {
    for (const endsAt of [-1, 0, 3, 6, 7]) {
      const from = somebody();
      const { guid } = await mac.receive({
        from,
        attachments: [{ path: makeFile(`at ${endsAt}.png`), endsAt }],
      });
      await waitFor(
        `state ${endsAt}`,
        () => filesOf(guid)[0]?.filename && filesOf(guid)[0]?.transfer_state === endsAt,
      );
      expect(existsSync(onDisk(filesOf(guid)[0]))).toBe(false);
      expect(await mac.happen({ happening: 'finish-transfer', with: from })).toEqual([`at_0_${guid}`]);
      expect(filesOf(guid)[0]?.transfer_state).toBe(5);
      expect(existsSync(onDisk(filesOf(guid)[0]))).toBe(true);
      expect(await mac.happen({ happening: 'finish-transfer', with: from })).toEqual([]);
    }
  });

  test('filename may be NULL for a while or for ever, or point outside', async () => {
    const path = makeFile('named.png');
    const late = await mac.receive({ from: somebody(), attachments: [{ path, namedAfterMs: 300 }] });
    await waitFor('the row', () => filesOf(late.guid).length === 1);
    expect(filesOf(late.guid)[0]?.filename).toBeNull();
    await waitFor(
      'the name',
      () => filesOf(late.guid)[0]?.filename && filesOf(late.guid)[0]?.transfer_state === 5,
    );
    for (const filename of [null, '~/Library/Messages/Attachments/../../../secret', '/etc/passwd']) {
      const { guid } = await mac.receive({ from: somebody(), attachments: [{ path, filename }] });
      await waitFor('the end', () => filesOf(guid)[0]?.transfer_state === 5);
      expect(filesOf(guid)[0]?.filename).toBe(filename);
    }
  });

  test('a file may be purged to iCloud after it arrived', async () => {
    const from = somebody();
    const { guid } = await mac.receive({ from, attachment: makeFile('purged.png') });
    await waitFor('the end', () => filesOf(guid)[0]?.transfer_state === 5);
    const path = onDisk(filesOf(guid)[0]);
    expect(existsSync(path)).toBe(true);
    await mac.happen({ happening: 'purge-files', with: from });
    expect([existsSync(path), filesOf(guid)[0]?.transfer_state]).toEqual([false, 0]);
  });
});

describe('files that go out', () => {
  const send = (path: string, to: string) =>
    tell(
      mac,
      `set f to POSIX file "${path}" as alias
      send f to participant "${to}" of (1st account whose service type = iMessage)`,
    );
  const ownRow = (to: string) =>
    query(
      mac,
      'SELECT m.* FROM message m JOIN handle h ON h.ROWID = m.handle_id WHERE h.id = ? AND m.is_from_me = 1',
      to,
    )[0] ?? {};

  test('a file is read some time after its row appeared; what was there then has left', async () => {
    const [to, path] = [somebody(), makeFile('Library/Messages/Attachments/Bluewire/1/a b.txt', 'first')];
    await mac.behave(to, 'reads-file-late-400', 1);
    expect((await send(path, to)).code).toBe(0);
    await waitFor('the row', () => filesOf(String(ownRow(to).guid)).length === 1);
    expect(ownRow(to)).toMatchObject({ is_sent: 0, error: 0 });
    writeFileSync(path, 'second');
    await waitFor('the send', () => ownRow(to).is_sent === 1);
    const [record] = (await mac.sent()).filter(({ recipient }) => recipient === to);
    expect(record).toMatchObject({ file: path, sha256: createHash('sha256').update('second').digest('hex') });
    expect(filesOf(String(ownRow(to).guid))).toMatchObject([{ transfer_state: 5, transfer_name: 'a b.txt' }]);
  });

  test('one that was deleted before Messages read it gets error 41, and nothing leaves', async () => {
    const [to, path] = [somebody(), makeFile('Library/Messages/Attachments/Bluewire/2/gone.txt')];
    await mac.behave(to, 'reads-file-late-300', 1);
    await send(path, to);
    rmSync(path);
    await waitFor('error 41', () => ownRow(to).error === 41);
    expect(filesOf(String(ownRow(to).guid))).toMatchObject([{ transfer_state: 6 }]);
    expect((await mac.sent()).some(({ recipient }) => recipient === to)).toBe(false);
  });

  test('an upload may fail: 34 and 36 by behaviour', async () => {
    for (const error of [34, 36]) {
      const to = somebody();
      await mac.behave(to, `sent-error-${error}`);
      await send(makeFile('Library/Messages/Attachments/Bluewire/3/up.txt'), to);
      await waitFor(`error ${error}`, () => ownRow(to).error === error);
    }
  });
});
