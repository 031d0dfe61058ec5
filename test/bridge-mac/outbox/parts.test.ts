import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../kit/wait.ts';
import { BridgeRig } from '../kit/bridge-rig.ts';

let rig: BridgeRig;
beforeAll(async () => {
  rig = await BridgeRig.start({ env: { BRIDGE_SEND_DEADLINE: '1500ms', BRIDGE_OSASCRIPT_TIMEOUT: '1s' } });
});
afterAll(() => rig[Symbol.asyncDispose]());

let numbers = 0;
function newNumber(): string {
  numbers += 1;
  return `+1214556${String(numbers).padStart(4, '0')}`;
}

/** What left to a number, a file by its name. */
async function sentTo(number: string, from: BridgeRig = rig): Promise<string[]> {
  const records = (await from.mac.sent()).filter((record) => record.recipient === number);
  return records.map(({ text, file }) => (file === null ? text : (file.split('/').at(-1) ?? '')));
}

function stagingOf(from: BridgeRig): string {
  return join(from.mac.home, 'Library/Messages/Attachments/Bluewire');
}

describe('a message of several parts', () => {
  test('leaves file by file and then its text, with one SENT and one DELIVERED', async () => {
    const to = newNumber();
    const attachments = [
      rig.hub.files.add(randomBytes(200_000), 'photo.jpg', 'image/jpeg'),
      rig.hub.files.add('%PDF', 'offer ä.pdf', 'application/pdf'),
    ];
    await rig.hub.send({ id: 'three', to, text: 'as discussed', attachments });
    await rig.hub.waitForStatus('three', 'DELIVERED');
    expect(rig.hub.statusesOf('three')).toEqual(['SENT', 'DELIVERED']);
    expect(await sentTo(to)).toEqual(['photo.jpg', 'offer ä.pdf', 'as discussed']);
    const digests = (await rig.mac.sent())
      .filter(({ recipient }) => recipient === to)
      .map((one) => one.sha256);
    expect(digests.slice(0, 2)).toEqual(attachments.map((file) => file.sha256));
  });

  test('may be a file alone, and the same file twice is two rows', async () => {
    const to = newNumber();
    const file = rig.hub.files.add('twice', 'twice.txt', 'text/plain');
    await rig.hub.send({ id: 'twice', to, text: '', attachments: [file, file] });
    await rig.hub.waitForStatus('twice', 'DELIVERED');
    expect(await sentTo(to)).toEqual(['twice.txt', 'twice.txt']);
  });

  test('keeps the names of its files inside their folders', async () => {
    const to = newNumber();
    const names = ['../../../evil.txt', '.hidden', 'a/b\\c.txt', 'CON.txt', '…'.repeat(80)];
    const attachments = names.map((name, index) => rig.hub.files.add(`file ${index}`, name, 'text/plain'));
    await rig.hub.send({ id: 'names', to, text: 'x', attachments });
    await rig.hub.waitForStatus('names', 'DELIVERED');
    const paths = (await rig.mac.sent()).flatMap(({ recipient, file }) =>
      recipient === to && file ? [file] : [],
    );
    expect(paths).toHaveLength(names.length);
    for (const path of paths)
      expect(path.slice(stagingOf(rig).length)).toMatch(/^\/[0-9a-f]{32}\/[^./][^/]*$/);
  });

  test.each([
    ['sent-error-25', 'attachment_unreadable'],
    ['sent-error-41', 'attachment_missing'],
    ['sent-error-34', 'attachment_upload_failed'],
    ['sent-error-36', 'attachment_upload_failed'],
    ['sent-error-31', 'account_unavailable'],
  ])('ends with what its row says: %s is %s, once', async (behaviour, code) => {
    const to = newNumber();
    await rig.mac.behave(to, behaviour, 1);
    const attachments = [rig.hub.files.add('content', 'file.txt', 'text/plain')];
    await rig.hub.send({ id: behaviour, to, text: 'after the file', attachments });
    await rig.hub.waitForStatus(behaviour, 'FAILED');
    expect(rig.hub.statusEntriesOf(behaviour)).toHaveLength(1);
    expect(rig.hub.statusEntriesOf(behaviour)[0]?.error?.code).toBe(code);
    expect(rig.hub.statusEntriesOf(behaviour)[0]?.error?.message).toContain('part 1 of 2');
  });

  test('is not begun further when one part cannot be had, and holds up no later message', async () => {
    const to = newNumber();
    const first = rig.hub.files.add('first', 'first.txt', 'text/plain');
    const gone = { ...rig.hub.files.add('gone', 'gone.txt', 'text/plain') };
    rig.hub.files.forget(gone.sha256);
    await rig.hub.send({ id: 'half', to, text: 'never', attachments: [first, gone] });
    await rig.hub.send({ id: 'next', to, text: 'the next message' });
    await rig.hub.waitForStatus('half', 'FAILED');
    await rig.hub.waitForStatus('next', 'DELIVERED');
    expect(rig.hub.statusEntriesOf('half')).toMatchObject([
      { status: 'FAILED', error: { code: 'attachment_unavailable' } },
    ]);
    expect(await sentTo(to)).not.toContain('never');
    expect((await sentTo(to)).at(-1)).toBe('the next message');
  });

  test('waits for a file that the hub cannot give yet, and delays no other conversation', async () => {
    const to = newNumber();
    const file = rig.hub.files.add(randomBytes(50_000), 'late.bin');
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.hub.files.gate = promise;
    rig.hub.files.failures = 1;
    rig.hub.files.cuts = 1;
    await rig.hub.send({ id: 'waits', to, text: 'with a file', attachments: [file] });
    await rig.hub.send({ id: 'behind', to, text: 'behind it' });
    const other = newNumber();
    await rig.hub.send({ id: 'elsewhere', to: other, text: 'elsewhere' });
    await rig.hub.waitForStatus('elsewhere', 'DELIVERED');
    expect(rig.hub.statusesOf('behind')).toEqual([]);
    resolve();
    await rig.hub.waitForStatus('behind', 'DELIVERED');
    expect(await sentTo(to)).toEqual(['late.bin', 'with a file', 'behind it']);
  });
});

describe('a bridge killed with SIGKILL amid parts', () => {
  test('again and again sends each part of each message once, in order', async () => {
    await using own = await BridgeRig.start({ env: { BRIDGE_SEND_DEADLINE: '20s' } });
    const ids = ['m0', 'm1', 'm2', 'm3'];
    const sending = (async () => {
      for (const [index, id] of ids.entries()) {
        const attachments = [1, 2].map((part) =>
          own.hub.files.add(`${id} ${part}`, `${id}-${part}.txt`, 'text/plain'),
        );
        await own.hub.send({ id, to: `+1214555010${index % 2}`, text: id, attachments });
      }
    })();
    for (let kills = 0; kills < 4; kills += 1) {
      const before = (await own.mac.calls()).length;
      await waitFor('some progress', async () => (await own.mac.calls()).length > before + (kills % 2));
      await own.kill();
      own.runAlone();
    }
    await sending;
    for (const id of ids) await own.hub.waitForStatus(id, 'DELIVERED');
    for (const id of ids) expect(own.hub.statusesOf(id), id).toEqual(['SENT', 'DELIVERED']);
    for (const [to, mine] of [
      ['+12145550100', ['m0', 'm2']],
      ['+12145550101', ['m1', 'm3']],
    ] as const) {
      expect(await sentTo(to, own)).toEqual(mine.flatMap((id) => [`${id}-1.txt`, `${id}-2.txt`, id]));
    }
  });

  test('removes at its start what an earlier life staged, and nothing else', async () => {
    await using own = await BridgeRig.start();
    const folder = stagingOf(own);
    await own.kill();
    mkdirSync(join(folder, 'a'.repeat(32)), { recursive: true });
    mkdirSync(join(folder, 'somebody else’s'), { recursive: true });
    writeFileSync(join(folder, 'a'.repeat(32), 'left.txt'), 'left');
    await own.run();
    await waitFor('the sweep', () => !existsSync(join(folder, 'a'.repeat(32))));
    expect(readdirSync(folder)).toEqual(['somebody else’s']);
  });
});
