import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendRaw } from '../kit/raw-http.ts';
import { type Answer, TestHub } from '../kit/test-hub.ts';

const PAGE = '<!doctype html><meta name="csp-nonce" content="" /><script src="/assets/a-1.js"></script>';
const SCRIPT = 'console.log("the panel")';
const AS_BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

let folder: string;
let hub: TestHub;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bluewire-panel-'));
  mkdirSync(join(folder, 'assets'));
  const files = {
    'index.html': PAGE,
    'manifest.json': '{}',
    '.sources': 'stamp',
    'favicon.svg': '<svg/>',
    'assets/a-1.js': SCRIPT,
    'assets/a-1.js.br': brotliCompressSync(SCRIPT),
    'assets/a-1.js.gz': gzipSync(SCRIPT),
    'assets/b-2.css': 'a{}',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  hub = await TestHub.start({}, { panelFolder: folder });
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return hub.call(method, path, { headers });
}

/** The answer as it came; fetch would decode it. */
function getRaw(path: string, header: string): Promise<string> {
  return sendRaw(hub.url, `GET ${path} HTTP/1.1\r\nhost: hub\r\n${header}\r\nconnection: close\r\n\r\n`);
}

describe('a browser', () => {
  test.each(['/', '/login', '/messages?status=failed', '/conversations/a1/%2B12145550100', '/%ff', '/apis'])(
    'that opens %s gets the page',
    async (path) => {
      const { status, headers, body } = await get(path, AS_BROWSER);
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('etag')).toBeNull();
      expect(headers.get('vary')).toMatch(/accept/i);
      expect(String(body)).toContain('<script src="/assets/a-1.js">');
    },
  );

  test('gets another nonce with each answer, the same one in the page and in the policy', async () => {
    const nonces = await Promise.all(
      [1, 2, 3].map(async () => {
        const { headers, body } = await get('/login', AS_BROWSER);
        const inPage = /content="([\w+/]{22}==)"/.exec(String(body))?.[1];
        expect(headers.get('content-security-policy')).toContain(`'nonce-${inPage}'`);
        return inPage;
      }),
    );
    expect(new Set(nonces).size).toBe(3);
  });

  test('is told to run nothing and to reach nobody but the hub', async () => {
    const { headers } = await get('/', AS_BROWSER);
    const { host } = new URL(hub.url);
    expect(headers.get('content-security-policy')?.replace(/nonce-[^']+/, 'nonce-…')).toBe(
      "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-…'; img-src 'self' data: blob:; " +
        `connect-src 'self' ws://${host} wss://${host}; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'`,
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  });

  test('that names an odd host does not write into the policy', async () => {
    for (const host of ['a; script-src *', "x 'unsafe-inline'", 'a,b', '']) {
      const raw = `GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
      const policy = /content-security-policy: (.*)\r\n/i.exec(await sendRaw(hub.url, raw))?.[1];
      expect(policy).toContain("connect-src 'self'; frame-ancestors");
    }
  });
});

describe('what is no page', () => {
  test.each([
    ['/api/nothing', 404],
    ['/api', 404],
    ['/api/workspaces', 401],
    ['/media', 404],
    ['/assets/gone-3.js', 404],
    ['/assets/', 404],
    ['/webhook', 405],
    ['/healthz', 200],
  ])('%s is answered by the API, to a browser too', async (path, status) => {
    const answer = await get(path, AS_BROWSER);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/json');
  });

  test('a program that asks for no page at an unknown address is told that there is nothing', async () => {
    for (const accept of ['*/*', 'application/json', 'text/plain'])
      expect((await get('/messages', { accept })).status).toBe(404);
    expect((await get('/messages', AS_BROWSER, 'POST')).status).toBe(404);
  });

  test('the front page is there for everyone who asks', async () => {
    expect((await get('/', { accept: '*/*' })).headers.get('content-type')).toContain('text/html');
  });

  test.each(['/manifest.json', '/.sources', '/index.html', '/assets/a-1.js.br', '/assets/../.sources'])(
    '%s is not given out',
    async (path) => {
      expect(await getRaw(path, 'accept: */*')).toMatch(/^HTTP\/1.1 404 /);
    },
  );
});

describe('a file of the panel', () => {
  test('that is named by its content may be kept for ever', async () => {
    const { status, headers, body } = await get('/assets/b-2.css');
    expect(status).toBe(200);
    expect(String(body)).toBe('a{}');
    expect(headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(headers.get('vary')).toBeNull();
  });

  test('that is not is asked for again, and not sent again', async () => {
    const first = await get('/favicon.svg');
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const etag = first.headers.get('etag') ?? '';
    for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*'])
      expect((await get('/favicon.svg', { 'if-none-match': condition })).status).toBe(304);
    expect((await get('/favicon.svg', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['identity', undefined],
    ['zstd', undefined],
    ['', undefined],
  ])('to who takes %j comes compressed as %s', async (accepted, coding) => {
    const answer = await getRaw('/assets/a-1.js', `accept-encoding: ${accepted}`);
    expect(/content-encoding: (\S+)/i.exec(answer)?.[1]).toBe(coding);
    expect(answer).toMatch(/vary: accept-encoding/i);
    const { body } = await get('/assets/a-1.js', { 'accept-encoding': accepted });
    expect(String(body)).toBe(SCRIPT);
  });

  test('has another tag in each coding', async () => {
    const tags = await Promise.all(
      ['br', 'gzip', 'identity'].map(async (coding) =>
        (await get('/assets/a-1.js', { 'accept-encoding': coding })).headers.get('etag'),
      ),
    );
    expect(new Set(tags).size).toBe(3);
  });

  test('and a page answer HEAD as GET, without the body', async () => {
    for (const path of ['/assets/a-1.js', '/login']) {
      const [head, whole] = await Promise.all([get(path, AS_BROWSER, 'HEAD'), get(path, AS_BROWSER)]);
      expect(head.status).toBe(200);
      expect(head.headers.get('content-length')).toBe(whole.headers.get('content-length'));
      expect(head.headers.get('content-type')).toBe(whole.headers.get('content-type'));
      expect(String(head.body)).toBe('');
    }
  });
});

test('a hub without a built panel says what to run, and its API works', async () => {
  await using bare = await TestHub.start({}, { panelFolder: join(folder, 'nowhere') });
  const { status, headers, body } = await bare.call('GET', '/login', { headers: AS_BROWSER });
  expect(status).toBe(200);
  expect(String(body)).toContain('npm run build');
  const nonce = /<style nonce="([^"]+)">/.exec(String(body))?.[1];
  expect(headers.get('content-security-policy')).toContain(`'nonce-${nonce}'`);
  expect((await bare.api('GET', '/api/workspaces')).status).toBe(200);
});
