import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser } from './browser.ts';
import { findChromium } from './find-chromium.ts';

const PAGES: Record<string, string> = {
  '/fine': '<title>Fine</title><html lang="en"><main><h1>Fine</h1></main>',
  '/throws': '<script src="/throw.js"></script>',
  '/throw.js': 'throw new Error("out of order")',
  '/complains': '<script src="/complain.js"></script>',
  '/complain.js': 'console.error("it hurts")',
  '/inline': '<body onload="x()"><script>alert(1)</script>',
  '/elsewhere': '<img src="http://127.0.0.1:9/x.png" alt="">',
  '/socket': '<script src="/socket.js"></script>',
  '/socket.js': 'new WebSocket("ws://127.0.0.1:9/")',
  '/broken': '<script src="/nowhere.js"></script>',
  '/refused': '<script src="/refused.js"></script>',
  '/refused.js': 'fetch("/api/me")',
  '/barred': '<html lang="en"><title>Barred</title><main><h1>Barred</h1><input><button></button></main>',
};

const isThere = findChromium() !== undefined;
const title = isThere ? 'a view' : 'a view (needs Chromium, which is not installed)';
describe.skipIf(!isThere)(title, () => {
  let server: Server;
  let origin: string;
  let browser: Browser;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const page = PAGES[request.url ?? ''];
      response.writeHead(page === undefined ? (request.url === '/api/me' ? 401 : 404) : 200, {
        'content-type': request.url?.endsWith('.js') ? 'text/javascript' : 'text/html',
        'content-security-policy': "default-src 'self'; img-src *; connect-src *",
      });
      response.end(page);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await Browser.start();
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    server.close();
  });

  async function problemsOf(path: string): Promise<string> {
    const view = await browser.open(origin);
    await view.page.goto(path, { waitUntil: 'networkidle' });
    return (await browser.closeViews()).join('\n');
  }

  test.each([
    ['/throws', 'the page threw Error: out of order'],
    ['/complains', 'the console says: it hurts'],
    ['/inline', 'Content Security Policy'],
    ['/elsewhere', 'a request left the hub: http://127.0.0.1:9/x.png'],
    ['/socket', 'a request left the hub: http://127.0.0.1:9/'],
    ['/broken', '/nowhere.js was answered 404'],
  ])('remembers what goes wrong in %s', async (path, problem) => {
    expect(await problemsOf(path)).toContain(problem);
  });

  test.each(['/fine', '/refused'])('finds nothing wrong in %s', async (path) => {
    // Chromium asks for it by itself where a page names no icon.
    expect((await problemsOf(path)).replace('/favicon.ico was answered 404', '')).toBe('');
  });

  test('finds what keeps people out', async () => {
    const view = await browser.open(origin);
    await view.goto('/barred');
    const barriers = (await view.findBarriers()).join('\n');
    expect(barriers).toContain('button-name');
    expect(barriers).toContain('label');
    await view.goto('/fine');
    expect(await view.findBarriers()).toEqual([]);
    await browser.closeViews();
  });
});

test('a browser is found on the path, else among the applications of a Mac', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bluewire-chromium-'));
  const app = join(folder, 'Google Chrome.app/Contents/MacOS');
  mkdirSync(app, { recursive: true });
  const place = (file: string): string => {
    writeFileSync(file, '');
    chmodSync(file, 0o755);
    return file;
  };
  expect(findChromium(folder, [folder])).toBeUndefined();
  const chrome = place(join(app, 'Google Chrome'));
  expect(findChromium(folder, [folder])).toBe(chrome);
  const chromium = place(join(folder, 'chromium'));
  expect(findChromium(`/nowhere:${folder}`, [folder])).toBe(chromium);
  await rm(folder, { recursive: true });
});
