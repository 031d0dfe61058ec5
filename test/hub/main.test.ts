import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HUB_SETTINGS } from '../../hub/config.ts';
import { Hub } from '../kit/hub.ts';
import { Program } from '../kit/program.ts';

async function runHub(
  env: Record<string, string>,
  ...args: string[]
): Promise<{ code: number | null; text: string }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bluewire-hub-main-'));
  await using program = new Program('hub', 'hub/main.ts', args, {
    HUB_PORT: '0',
    HUB_DATA_DIR: dataDir,
    ...env,
  });
  const code = await program.waitForExit();
  await rm(dataDir, { recursive: true, force: true });
  return { code, text: program.lines.join('\n') };
}

describe('the hub program', () => {
  test('--help prints every setting and ends well', async () => {
    const { code, text } = await runHub({}, '--help');
    expect(code).toBe(0);
    for (const name of Object.keys(HUB_SETTINGS)) expect(text).toContain(name);
  });

  test.each([
    ['HUB_PORT', 'eighty'],
    ['HUB_DATA_DIR', '/dev/null/x'],
    ['HUB_HOST', '203.0.113.7'],
  ])('refuses to start with %s=%s, in a sentence that names it', async (name, value) => {
    const { code, text } = await runHub({ [name]: value });
    expect(code).toBe(1);
    expect(text).toContain(name);
    expect(text).not.toMatch(/^\s+at /m);
  });

  test('refuses a DATABASE_URL that it cannot read without showing the password', async () => {
    const { code, text } = await runHub({ DATABASE_URL: 'postgres://hub:p/s3cret@db.example/bluewire' });
    expect(code).toBe(1);
    expect(text).toContain('DATABASE_URL is not usable');
    expect(text).not.toMatch(/s3cret|^\s+at /m);
  });

  test('warns of secrets that can be guessed, and shows none of them', async () => {
    await using hub = await Hub.start({ HUB_SECRET: 'guess-me', HUB_ADMIN_TOKEN: 'admin1' });
    const warnings = hub.program.log.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ variable }) => variable)).toEqual(['HUB_SECRET', 'HUB_ADMIN_TOKEN']);
    expect(hub.program.lines.join('\n')).not.toMatch(/guess-me|admin1/);
  });

  test('makes its secrets on first start, for its owner only, and logs where and not what', async () => {
    await using hub = await Hub.start({ HUB_ADMIN_TOKEN: '' });
    const token = (await readFile(join(hub.dataDir, 'admin-token'), 'utf8')).trim();
    expect(token).toMatch(/^[\w-]{43}$/);
    for (const file of ['admin-token', 'secret'])
      expect((await stat(join(hub.dataDir, file))).mode & 0o777).toBe(0o600);
    expect((await stat(hub.dataDir)).mode & 0o777).toBe(0o700);
    expect(hub.program.lines.join('\n')).toContain('admin-token');
    expect(hub.program.lines.join('\n')).not.toContain(token);
    const authorization = `Bearer ${token}`;
    expect((await fetch(`${hub.url}/api/devices`, { headers: { authorization } })).status).toBe(200);
    await hub.kill();
    await hub.restart();
    expect((await fetch(`${hub.url}/api/devices`, { headers: { authorization } })).status).toBe(200);
  });

  test('ends with 0 on SIGTERM, and a second hub on its data is refused meanwhile', async () => {
    await using hub = await Hub.start();
    const { code, text } = await runHub({ HUB_DATA_DIR: hub.dataDir });
    expect(code).toBe(1);
    expect(text).toContain(hub.dataDir);
    expect(await hub.stop()).toBe(0);
  });

  test('finishes what it is asked when SIGTERM comes', async () => {
    await using hub = await Hub.start();
    const answers = Array.from({ length: 50 }, () =>
      hub.api('POST', '/api/workspaces', { name: 'x' }).catch(() => undefined),
    );
    await Promise.race(answers);
    expect(await hub.stop()).toBe(0);
    const created = (await Promise.all(answers)).filter((answer) => answer?.status === 201);
    await hub.restart();
    const { body } = await hub.api<{ items: unknown[] }>('GET', '/api/workspaces?limit=200');
    expect(body.items.length).toBeGreaterThanOrEqual(created.length);
    expect(created.length).toBeGreaterThan(0);
  });
});
