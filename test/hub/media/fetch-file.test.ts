import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readHubConfig } from '../../../hub/config.ts';
import { guardAddresses } from '../../../hub/guard/address-guard.ts';
import { createGuardedAgent } from '../../../hub/guard/guarded-agent.ts';
import { FetchError, fetchFile } from '../../../hub/media/fetch-file.ts';
import { makeFolder } from '../store/sqlite-fixtures.ts';
import { FileServer, JPEG, sha256 } from './file-server.ts';

// One address of the loopback network is permitted, so that another stands for what is forbidden.
const { HUB_ALLOWED_TARGETS } = readHubConfig({ HUB_ALLOWED_TARGETS: '127.0.0.1' });
const agent = createGuardedAgent(guardAddresses(HUB_ALLOWED_TARGETS), { connect: 1_000, answer: 300 });
let server: FileServer;
let folder: Awaited<ReturnType<typeof makeFolder>>;
let count = 0;

beforeAll(async () => {
  server = await FileServer.start();
  folder = await makeFolder();
});
afterAll(async () => {
  await agent.destroy();
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

function fetchTo(url: string, signal = new AbortController().signal) {
  count += 1;
  const leaveRoom = (source: AsyncIterable<Buffer>) => source;
  return fetchFile(agent, url, { path: join(folder.path, `file-${count}`), leaveRoom }, signal);
}

/** The error of a fetch that must fail, with nothing left of it on the disk. */
async function failureOf(url: string, signal?: AbortSignal): Promise<FetchError> {
  const error = await fetchTo(url, signal).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FetchError);
  expect(await readdir(folder.path)).not.toContain(`file-${count}`);
  return error as FetchError;
}

describe('a file', () => {
  test('is stored byte for byte, with its hash, size, name and declared type', async () => {
    const url = server.serve('/a/photo.jpg?x=1', JPEG, { 'content-type': 'image/jpeg' });
    expect(await fetchTo(url)).toEqual({
      sha256: sha256(JPEG),
      size: JPEG.length,
      name: 'photo.jpg',
      declaredType: 'image/jpeg',
    });
    expect(await readFile(join(folder.path, `file-${count}`))).toEqual(JPEG);
  });

  test.each<[string, string]>([
    ['attachment; filename="plain name.jpg"', 'plain name.jpg'],
    ['attachment; filename=bare.jpg; size=3', 'bare.jpg'],
    ['attachment; filename="fallback.jpg"; filename*=UTF-8\'\'%e2%82%ac%20rates.jpg', '€ rates.jpg'],
    ["attachment; filename*=iso-8859-1'en'%A3%20rates.jpg", '£ rates.jpg'],
    ['inline; filename="quoted \\"name\\".jpg"', 'quoted "name".jpg'],
    [Buffer.from('inline; filename="Müller.jpg"').toString('latin1'), 'Müller.jpg'],
    ['inline', 'by url.jpg'],
    ["inline; filename*=utf-9''x.jpg", 'by url.jpg'],
  ])('is named by %s', async (header, name) => {
    const url = server.serve('/by%20url.jpg', JPEG, { 'content-disposition': header });
    expect((await fetchTo(url)).name).toBe(name);
  });

  test('is followed through three redirects, each judged anew, and not through a fourth', async () => {
    const last = server.serve('/end', JPEG);
    const hop = (path: string, to: string): string =>
      server.on(path, (response) => response.writeHead(302, { location: to }).end('moved'));
    hop('/1', last);
    hop('/2', '/1');
    const third = hop('/3', '/2');
    const fourth = hop('/4', '/3');
    expect((await fetchTo(third)).sha256).toBe(sha256(JPEG));
    expect(await failureOf(fourth)).toMatchObject({
      retryable: false,
      message: expect.stringMatching(/redirected/),
    });
  });

  test.each([
    ['the loopback network', (port: number) => `http://127.0.0.2:${port}/secret`],
    ['its short spelling', (port: number) => `http://127.2:${port}/secret`],
    ['IPv6 loopback', (port: number) => `http://[::1]:${port}/secret`],
    ['a mapped address', (port: number) => `http://[::ffff:127.0.0.2]:${port}/secret`],
    ['cloud metadata', () => 'http://169.254.169.254/latest/meta-data'],
    ['a file', () => 'file:///etc/passwd'],
    ['another scheme', () => 'ftp://127.0.0.1/secret'],
    ['credentials', (port: number) => `http://user:pass@127.0.0.1:${port}/secret`],
  ])('is not followed to %s', async (_what, target) => {
    server.serve('/secret', 'secret');
    const before = server.requests.filter((path) => path === '/secret').length;
    const url = server.on('/lure', (response) =>
      response.writeHead(301, { location: target(server.port) }).end(),
    );
    const error = await failureOf(url);
    expect(error.retryable).toBe(false);
    // The client learns nothing of what lies behind.
    expect(error.message).not.toMatch(/127|169|::|passwd/);
    expect(server.requests.filter((path) => path === '/secret').length).toBe(before);
  });

  test('at a forbidden address is not fetched at all', async () => {
    expect(await failureOf('http://10.0.0.1/x.jpg')).toMatchObject({ retryable: false });
    expect(await failureOf(`http://127.0.0.2:${server.port}/x.jpg`)).toMatchObject({ retryable: false });
  });
});

describe('a server', () => {
  test.each([
    [404, false],
    [403, false],
    [410, false],
    [206, false],
    [204, false],
    [500, true],
    [503, true],
    [408, true],
  ])('that answers %i: may another try do better? %s', async (status, retryable) => {
    const url = server.on(`/status-${status}`, (response) => response.writeHead(status).end());
    expect(await failureOf(url)).toMatchObject({ retryable });
  });

  test('that answers 429 is asked again, when it says', async () => {
    const url = server.on('/429', (response) => response.writeHead(429, { 'retry-after': '120' }).end());
    expect(await failureOf(url)).toMatchObject({ retryable: true, retryAfter: '120' });
  });

  test('that declares too much is not read', async () => {
    const url = server.on('/declared', (response) => {
      response.writeHead(200, { 'content-length': String(100 * 1024 * 1024 + 1) });
      response.write('x');
    });
    expect(await failureOf(url)).toMatchObject({
      retryable: false,
      message: expect.stringMatching(/larger than 100 MB/),
    });
  });

  test('that never ends is cut at 100 MB without having been in memory', async () => {
    const piece = Buffer.alloc(256 * 1024, 1);
    const url = server.on('/endless', (response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const before = process.memoryUsage.rss();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss() - before);
    }, 10);
    expect(await failureOf(url)).toMatchObject({ message: expect.stringMatching(/larger than 100 MB/) });
    clearInterval(watch);
    expect(most).toBeLessThan(90 * 1024 * 1024);
  });

  test('that is silent, stops in the middle, or sends less than it declared, is a time-out or a broken connection', async () => {
    const silent = server.on('/silent', () => undefined);
    expect(await failureOf(silent)).toMatchObject({
      retryable: true,
      message: expect.stringMatching(/in time/),
    });
    const stops = server.on('/stops', (response) => void response.writeHead(200).write(JPEG));
    expect(await failureOf(stops)).toMatchObject({
      retryable: true,
      message: expect.stringMatching(/stopped/),
    });
    const lies = server.on('/lies', (response) => {
      response.writeHead(200, { 'content-length': '5000' });
      response.write(JPEG, () => response.destroy());
    });
    expect(await failureOf(lies)).toMatchObject({ retryable: true });
    const closed = server.on('/closed', (response) => response.destroy());
    expect(await failureOf(closed)).toMatchObject({ retryable: true });
  });

  test('that drips for ever is cut by the whole time limit', async () => {
    const url = server.on('/drip', (response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const whole = new AbortController();
    setTimeout(() => whole.abort(new FetchError('too slow', { retryable: true })), 400);
    expect(await failureOf(url, whole.signal)).toMatchObject({ message: 'too slow' });
  });

  test('that compresses unasked is understood; a bomb is cut, broken compression refused', async () => {
    const encoded = { 'content-encoding': 'gzip' };
    const file = await fetchTo(server.serve('/packed', gzipSync(JPEG), encoded));
    expect(file).toMatchObject({ sha256: sha256(JPEG), size: JPEG.length });
    const bomb = server.serve('/bomb', gzipSync(Buffer.alloc(101 * 1024 * 1024)), encoded);
    expect(await failureOf(bomb)).toMatchObject({ message: expect.stringMatching(/larger than/) });
    expect(await failureOf(server.serve('/broken', 'not gzip', encoded))).toMatchObject({ retryable: false });
    const strange = server.serve('/strange', 'x', { 'content-encoding': 'snappy' });
    expect(await failureOf(strange)).toMatchObject({ retryable: false });
  });

  test('that sends nothing has no file', async () => {
    expect(await failureOf(server.serve('/empty', ''))).toMatchObject({
      message: expect.stringMatching(/empty/),
    });
  });

  test('that does not exist may come up, a host name that does not exist may too', async () => {
    expect(await failureOf('http://127.0.0.1:1/x')).toMatchObject({ retryable: true });
    expect(await failureOf('http://no-such-host.invalid/x')).toMatchObject({ retryable: true });
  });
});
