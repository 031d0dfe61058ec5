import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeFolder, nearestExisting } from '../../../shared/runtime/make-folder.ts';
import { Program } from '../../kit/program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bluewire-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a folder is made with those above it, for its owner alone, and left alone once it is there', () => {
  const path = join(folder, 'a', 'b', 'c');
  expect(nearestExisting(path)).toBe(folder);
  makeFolder(path, 0o700);
  for (const made of [path, join(folder, 'a')]) expect(statSync(made).mode & 0o777).toBe(0o700);
  mkdirSync(join(folder, 'open'), { mode: 0o755 });
  makeFolder(join(folder, 'open'), 0o700);
  expect(statSync(join(folder, 'open')).mode & 0o777).toBe(0o755);
  expect(nearestExisting(path)).toBe(path);
});

test('a file in the way is told, at its end and above it', () => {
  writeFileSync(join(folder, 'file'), '');
  for (const path of [join(folder, 'file'), join(folder, 'file', 'a', 'b')]) {
    expect(() => makeFolder(path, 0o700)).toThrow('ENOTDIR');
  }
});

// Only Linux has a folder that is there and answers ENOENT to whoever makes one in it.
describe.skipIf(process.platform !== 'linux')('below /proc, on Linux', () => {
  test('a folder is refused instead of tried for ever', () => {
    expect(() => makeFolder('/proc/x', 0o700)).toThrow('ENOENT');
    expect(() => makeFolder('/proc/x/y/z', 0o700)).toThrow('ENOENT');
  });

  test.each([
    ['the bridge', 'bridge-mac/main.ts', ['pair', 'http://127.0.0.1:9', 'CODE'], 'BRIDGE_HOME'],
    ['the hub', 'hub/main.ts', [], 'HUB_DATA_DIR'],
  ])('%s ends and names its setting', async (name, file, args, setting) => {
    await using program = new Program(name, file, args, { [setting]: '/proc/x/y', HUB_PORT: '0' });
    expect(await program.waitForExit()).toBe(1);
    expect(program.lines.join('\n')).toContain(setting);
  });
});
