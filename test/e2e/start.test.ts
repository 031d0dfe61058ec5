import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findLastingPort } from '../kit/port.ts';
import { Program } from '../kit/program.ts';
import { waitFor } from '../kit/wait.ts';

async function makeFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'bluewire-start-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 20 }) };
}

async function start(folder: string, env: Record<string, string> = {}): Promise<Program> {
  return new Program('npm start', 'scripts/start.ts', [], {
    HUB_PORT: String(await findLastingPort()),
    HUB_DATA_DIR: join(folder, 'hub'),
    SIMULATED_MAC_HOME: join(folder, 'mac'),
    ...env,
  });
}

/** The request of the printed curl. */
async function printedRequest(program: Program): Promise<{ url: string; body: string; messageId: string }> {
  const line = await waitFor('the curl', () => program.lines.find((one) => one.startsWith('First message:')));
  const [, url, body] = /curl -sS (\S+) .* -d '(.*)'/.exec(line) ?? [];
  return { url: url!, body: body!, messageId: (JSON.parse(body!) as { message_id: string }).message_id };
}

async function sendFirstMessage(program: Program): Promise<void> {
  const { url, body, messageId } = await printedRequest(program);
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body });
  expect(answer.status).toBe(200);
  await waitFor('DELIVERED', () =>
    program.lines.some((line) => line.includes(messageId) && line.endsWith(': DELIVERED')),
  );
}

test('npm start sets everything up; its curl ends in DELIVERED; it goes on where it was, on another port too', async () => {
  await using folder = await makeFolder();
  await using first = await start(folder.path);
  await sendFirstMessage(first);
  expect(await first.end('SIGTERM')).toBe(0);
  await using second = await start(folder.path);
  await sendFirstMessage(second);
  const [before, after] = await Promise.all([printedRequest(first), printedRequest(second)]);
  const workspaceOf = (body: string): unknown => (JSON.parse(body) as { location_id: string }).location_id;
  expect(workspaceOf(after.body)).toBe(workspaceOf(before.body));
  expect(after.url).not.toBe(before.url);
});

test('the set-up link makes an admin once, who then sees the workspace', async () => {
  await using folder = await makeFolder();
  await using program = await start(folder.path);
  const { url, body } = await printedRequest(program);
  const link = program.lines.find((line) => line.startsWith('Set-up link:'))?.split(/\s+/)[2] ?? '';
  const { origin, pathname } = new URL(link);
  expect(origin).toBe(new URL(url).origin);
  const join = (email: string) =>
    fetch(`${origin}/api${pathname}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Ann', email, password: 'correct horse battery' }),
    });
  const made = await join('ann@example.com');
  expect(made.status).toBe(201);
  const [cookie = ''] = made.headers.getSetCookie();
  const headers = { cookie: cookie.split(';')[0] ?? '' };
  const { location_id } = JSON.parse(body) as { location_id: string };
  expect((await fetch(`${origin}/api/workspaces/${location_id}`, { headers })).status).toBe(200);
  expect((await join('eve@example.com')).status).toBe(410);
});

test('npm start killed with SIGKILL leaves no hub behind: the next one starts', async () => {
  await using folder = await makeFolder();
  await using first = await start(folder.path);
  const { url } = await printedRequest(first);
  await first.end('SIGKILL');
  await waitFor('the end of the hub', () =>
    fetch(new URL('/healthz', url)).then(
      () => false,
      () => true,
    ),
  );
  await using second = await start(folder.path);
  await sendFirstMessage(second);
  expect(await second.end('SIGTERM')).toBe(0);
});

test('a hub that cannot start ends npm start with the hub’s own sentence', async () => {
  await using folder = await makeFolder();
  await using program = await start(folder.path, { HUB_PORT: 'abc' });
  expect(await program.waitForExit()).toBe(1);
  expect(program.lines.at(-1)).toMatch(/^HUB_PORT is not usable/);
});
