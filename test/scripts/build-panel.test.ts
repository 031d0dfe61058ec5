import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../architecture/sources.ts';

// A checkout in which everything but the panel's sources is the real one.
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bluewire-build-panel-'));
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  write('package-lock.json', '{}');
  write('shared/words.ts', "export const WORD = 'first';");
  write('shared/api/body.ts', '');
  write('shared/wire/send.ts', '');
  write('docs/verifying-webhooks.md', '');
  write('hub/web/index.html', '<body><script type="module" src="/main.ts"></script></body>');
  write('hub/web/main.ts', "import { WORD } from '../../shared/words.ts';\ndocument.title = WORD;");
});
afterEach(() => rm(root, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

/** What `ensurePanel` said, in a process of its own. */
async function ensure(): Promise<string> {
  const file = JSON.stringify(join(ROOT, 'scripts/build-panel.mjs'));
  const code = `import { ensurePanel } from ${file}; ensurePanel(${JSON.stringify(root)});`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code]);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  await once(child, 'close');
  return said;
}

function readScript(): string {
  const assets = join(root, 'dist/panel/assets');
  const name = readdirSync(assets).find((file) => file.endsWith('.js')) ?? '';
  return readFileSync(join(assets, name), 'utf8');
}

test('the panel is built when its sources, or what they import, changed, and not otherwise', async () => {
  expect(await ensure()).toContain('Building the panel');
  expect(readScript()).toContain('first');
  const built = statSync(join(root, 'dist/panel')).ino;
  expect(await ensure()).toBe('');
  expect(statSync(join(root, 'dist/panel')).ino).toBe(built);
  write('shared/words.ts', "export const WORD = 'second';");
  expect(await ensure()).toContain('Building the panel');
  expect(readScript()).toContain('second');
  rmSync(join(root, 'dist'), { recursive: true });
  expect(await ensure()).toContain('Building the panel');
  expect(existsSync(join(root, '.building-panel'))).toBe(false);
});

test('of two at once one builds and the other waits for it', async () => {
  const said = await Promise.all([ensure(), ensure()]);
  expect(said.filter((one) => one.includes('Building the panel'))).toHaveLength(1);
  expect(readScript()).toContain('first');
});

test('a panel that cannot be built leaves the last one, and nothing half made', async () => {
  await ensure();
  write('hub/web/main.ts', 'this is no TypeScript');
  expect(await ensure()).toContain('The panel could not be built: see the message above.');
  expect(readScript()).toContain('first');
  expect(readdirSync(join(root, 'dist'))).toEqual(['panel']);
});
