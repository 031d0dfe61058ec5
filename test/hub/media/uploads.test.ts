import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, rm, symlink, truncate, utimes } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSqlite } from '../../../shared/runtime/sqlite.ts';
import { MAX_FILE_BYTES } from '../../../shared/wire/files.ts';
import { waitFor } from '../../kit/wait.ts';
import { messageEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';
import { sha256 } from './file-server.ts';

let hub: TestHub;
let mac: { id: string; token: string };

beforeAll(async () => {
  hub = await TestHub.start({}, { timeouts: { headers: 1_000, request: 600, stall: 600, drain: 1_000 } });
  mac = await hub.pairMac();
});
afterAll(() => hub[Symbol.asyncDispose]());

interface Piece {
  hash: string;
  offset: number | string;
  length: number | string;
  token?: string;
}

function headersOf({ offset, length, token = mac.token }: Piece): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    'upload-offset': String(offset),
    'upload-length': String(length),
  };
}

function patch(piece: Piece, body: Buffer) {
  return hub.call('PATCH', `/devices/files/${piece.hash}`, {
    headers: headersOf(piece),
    body: new Uint8Array(body),
  });
}

/** A PATCH whose body the test writes itself. */
function beginPatch(piece: Piece): { out: ClientRequest; answer: Promise<IncomingMessage> } {
  const out = request(`${hub.url}/devices/files/${piece.hash}`, {
    method: 'PATCH',
    headers: headersOf(piece),
  });
  const answer = once(out, 'response').then(([response]) => (response as IncomingMessage).resume());
  answer.catch(() => undefined);
  return { out, answer };
}

async function head(hash: string, token = mac.token): Promise<[number, string | null]> {
  const { status, headers } = await hub.call('HEAD', `/devices/files/${hash}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return [status, headers.get('upload-offset')];
}

describe('an upload', () => {
  test('in one piece is whole at once, and uploading it again changes nothing', async () => {
    const content = randomBytes(300_000);
    const piece = { hash: sha256(content), offset: 0, length: content.length };
    expect(await head(piece.hash)).toEqual([404, '0']);
    const answer = await patch(piece, content);
    expect([answer.status, answer.headers.get('upload-offset')]).toEqual([204, '300000']);
    expect((await head(piece.hash))[0]).toBe(200);
    expect((await patch(piece, content)).status).toBe(204);
    const other = await hub.pairMac('Other');
    expect((await head(piece.hash, other.token))[0]).toBe(200);
  });

  test('of a file whose record outlived it is taken again', async () => {
    const content = randomBytes(1_000);
    const piece = { hash: sha256(content), offset: 0, length: content.length };
    await patch(piece, content);
    await rm(join(hub.dataDir, 'media/files', piece.hash.slice(0, 2), piece.hash));
    expect(await head(piece.hash)).toEqual([404, '0']);
    expect((await patch(piece, content)).status).toBe(204);
    expect((await head(piece.hash))[0]).toBe(200);
  });

  test('that breaks off goes on where it stopped', async () => {
    const content = randomBytes(400_000);
    const piece = { hash: sha256(content), offset: 0, length: content.length };
    const { out } = beginPatch(piece);
    out.on('error', () => undefined);
    out.write(content.subarray(0, 150_000));
    await waitFor('the first part', async () => (await head(piece.hash))[1] === '150000');
    out.destroy();
    const rest = await patch({ ...piece, offset: 150_000 }, content.subarray(150_000));
    expect([rest.status, rest.headers.get('upload-offset')]).toEqual([204, '400000']);
    expect((await head(piece.hash))[0]).toBe(200);
  });

  test('takes over from one before it whose connection nobody ended', async () => {
    const content = randomBytes(200_000);
    const piece = { hash: sha256(content), offset: 0, length: content.length };
    const { out } = beginPatch(piece);
    out.on('error', () => undefined);
    out.write(content.subarray(0, 50_000));
    await waitFor('the first part', async () => (await head(piece.hash))[1] === '50000');
    const again = await patch({ ...piece, offset: 50_000 }, content.subarray(50_000));
    expect(again.status).toBe(204);
    expect((await head(piece.hash))[0]).toBe(200);
  });

  test('may be slow, and is cut when it stands still', async () => {
    const content = randomBytes(10_000);
    const piece = { hash: sha256(content), offset: 0, length: content.length };
    const slow = beginPatch(piece);
    for (let at = 0; at < content.length; at += 1_000) {
      slow.out.write(content.subarray(at, at + 1_000));
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    slow.out.end();
    expect((await slow.answer).statusCode).toBe(204);

    const other = randomBytes(10_000);
    const stalled = beginPatch({ hash: sha256(other), offset: 0, length: other.length });
    stalled.out.on('error', () => undefined);
    stalled.out.write(other.subarray(0, 1_000));
    expect((await stalled.answer).statusCode).toBe(408);
    expect(await head(sha256(other))).toEqual([404, '1000']);
  });

  test('at the wrong place is told the right one', async () => {
    const content = randomBytes(1_000);
    const piece = { hash: sha256(content), offset: 0, length: content.length };
    expect((await patch(piece, content.subarray(0, 400))).headers.get('upload-offset')).toBe('400');
    for (const offset of [0, 399, 401, 1_000]) {
      const answer = await patch({ ...piece, offset }, content.subarray(offset));
      expect([answer.status, answer.body.code, answer.headers.get('upload-offset')]).toEqual([
        409,
        'conflict',
        '400',
      ]);
    }
    expect((await patch({ ...piece, offset: 400 }, content.subarray(400))).status).toBe(204);
  });

  test('of something else than was announced is dropped', async () => {
    const content = randomBytes(1_000);
    const piece = { hash: sha256('something else'), offset: 0, length: content.length };
    const answer = await patch(piece, content);
    expect([answer.status, answer.body.code]).toEqual([422, 'checksum_mismatch']);
    expect(await head(piece.hash)).toEqual([404, '0']);
  });

  test('that goes beyond its length, or beyond what is carried, is 413', async () => {
    const content = randomBytes(2_000);
    const piece = { hash: sha256(content), offset: 0, length: 1_000 };
    expect((await patch(piece, content)).status).toBe(413);
    expect((await patch({ ...piece, length: MAX_FILE_BYTES + 1 }, content)).status).toBe(413);
  });

  test.each([
    ['no number', 'x', '10'],
    ['a negative number', '-1', '10'],
    ['an offset beyond the end', '11', '10'],
    ['a fraction', '0', '1.5'],
    ['a number too long', '0', '9'.repeat(30)],
  ])('with %s is refused', async (_what, offset, length) => {
    const answer = await patch({ hash: sha256('x'), offset, length }, Buffer.from('x'));
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_field']);
  });

  test.each(['0', 'A'.repeat(64), `..%2f..%2f${'a'.repeat(58)}`, 'a'.repeat(65)])(
    'of the file %s is 404',
    async (hash) => {
      const answer = await patch({ hash, offset: 0, length: 1 }, Buffer.from('x'));
      expect(answer.status).toBe(404);
    },
  );

  test('without a live token is 401, whatever it does', async () => {
    const content = randomBytes(100);
    const piece = { hash: sha256(content), offset: 0, length: content.length };
    expect((await patch({ ...piece, token: 'wrong' }, content)).status).toBe(401);
    const other = await hub.pairMac('Removed');
    await hub.api('DELETE', `/api/devices/${other.id}`);
    expect((await patch({ ...piece, token: other.token }, content)).status).toBe(401);
    expect((await head(piece.hash))[0]).toBe(404);
  });

  test('of one device is not seen by another until it is whole', async () => {
    const other = await hub.pairMac('Other');
    const content = randomBytes(1_000);
    const piece = { hash: sha256(content), offset: 0, length: content.length };
    await patch(piece, content.subarray(0, 400));
    expect(await head(piece.hash, other.token)).toEqual([404, '0']);
    expect((await patch({ ...piece, token: other.token }, content)).status).toBe(204);
  });

  test.runIf(process.platform === 'linux')(
    'that the disk has no room for is 503, and may come again',
    async () => {
      const content = randomBytes(1_000);
      const piece = { hash: sha256(content), offset: 0, length: content.length };
      await symlink('/dev/full', join(hub.dataDir, 'media/partial', `${mac.id}.${piece.hash}`));
      const answer = await patch(piece, content);
      expect([answer.status, answer.body.code]).toEqual([503, 'unavailable']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    },
  );

  test('beyond what a device may have begun takes the place of what it left off longest ago', async () => {
    const device = await hub.pairMac('Endless');
    const partial = join(hub.dataDir, 'media/partial');
    const own = async () => (await readdir(partial)).filter((name) => name.startsWith(device.id));
    const begin = (hash: string) =>
      patch({ hash, offset: 0, length: 100, token: device.token }, randomBytes(10));
    const hashes = Array.from({ length: 70 }, () => sha256(randomBytes(8)));
    for (const [n, hash] of hashes.entries()) {
      expect((await begin(hash)).status).toBe(204);
      await utimes(join(partial, `${device.id}.${hash}`), n, n);
    }
    expect(new Set(await own())).toEqual(new Set(hashes.slice(-64).map((hash) => `${device.id}.${hash}`)));
    const large = hashes.slice(-10);
    for (const [n, hash] of large.entries()) {
      const path = join(partial, `${device.id}.${hash}`);
      await truncate(path, MAX_FILE_BYTES - 1);
      await utimes(path, 1_000 + n, 1_000 + n);
    }
    const next = sha256('one more');
    await begin(next);
    const left = [...large.slice(1), next].map((hash) => `${device.id}.${hash}`);
    expect(new Set(await own())).toEqual(new Set(left));
  });

  test('beyond what a device may have under way is 429', async () => {
    const device = await hub.pairMac('Parallel');
    const open = Array.from({ length: 64 }, () => {
      const piece = { hash: sha256(randomBytes(8)), offset: 0, length: 1_000, token: device.token };
      const { out } = beginPatch(piece);
      out.on('error', () => undefined);
      out.write(randomBytes(10));
      return { out, piece };
    });
    // One that does not move is cut.
    const moving = setInterval(() => {
      for (const { out } of open) out.write('x');
    }, 100);
    for (const { piece } of open)
      await waitFor('its first bytes', async () => Number((await head(piece.hash, device.token))[1]) >= 10);
    const more = { hash: sha256('more'), offset: 0, length: 10, token: device.token };
    const refused = await patch(more, randomBytes(10));
    expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited']);
    const other = await hub.pairMac('Beside');
    const content = randomBytes(10);
    const beside = { hash: sha256(content), offset: 0, length: 10, token: other.token };
    expect((await patch(beside, content)).status).toBe(204);
    clearInterval(moving);
    for (const { out } of open) out.destroy();
  });

  test('that nobody went on with is swept after a day, others stay', async () => {
    await using folder = await TestHub.start();
    const device = await folder.pairMac();
    const [old, young] = [randomBytes(100), randomBytes(100)];
    for (const content of [old, young])
      await folder.call('PATCH', `/devices/files/${sha256(content)}`, {
        headers: { ...headersOf({ hash: '', offset: 0, length: 100, token: device.token }) },
        body: new Uint8Array(content.subarray(0, 50)),
      });
    const partial = join(folder.dataDir, 'media/partial');
    const dayAgo = new Date(Date.now() - 25 * 3_600_000);
    await utimes(join(partial, `${device.id}.${sha256(old)}`), dayAgo, dayAgo);
    await folder.stop();
    await using again = await TestHub.start({}, {}, folder.dataDir);
    await waitFor('the sweep', async () => (await readdir(partial)).length === 1);
    expect(await readdir(join(again.dataDir, 'media/partial'))).toEqual([`${device.id}.${sha256(young)}`]);
  });
});

test('files that no message names are limited; once a message names some of them, there is room again', async () => {
  const device = await hub.pairMac('Full');
  const db = openSqlite(join(hub.dataDir, 'hub.db'));
  const counted = (sha256: string) => {
    db.prepare('INSERT INTO files VALUES (?, 1, ?, ?, ?)').run(sha256, 'text/plain', Date.now(), Date.now());
    db.prepare('INSERT INTO uploads VALUES (?, ?, 1)').run(device.id, sha256);
  };
  const hashes = Array.from({ length: 999 }, (_, n) => n.toString(16).padStart(64, '0'));
  db.transaction(() => hashes.forEach(counted))();
  db.close();
  const upload = (content: Buffer) =>
    patch({ hash: sha256(content), offset: 0, length: content.length, token: device.token }, content);
  expect((await upload(randomBytes(10))).status).toBe(204);
  const refused = await upload(randomBytes(10));
  expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await upload(randomBytes(10))).status).toBe(429);
  expect(hub.logLines.filter(({ msg }) => String(msg).includes('that no message names'))).toHaveLength(1);
  expect((await patch({ hash: 'f'.repeat(64), offset: 0, length: 5 }, randomBytes(5))).status).toBe(422);

  using socket = await TestDevice.online(hub.url, device.token);
  const file = { sha256: hashes[0], name: 'a.txt', mime_type: 'text/plain', size: 1 };
  await socket.report({ ...messageEntry('named', 'look'), attachments: [file] } as never);
  expect((await upload(randomBytes(10))).status).toBe(204);
  expect((await upload(randomBytes(10))).status).toBe(429);
});
