import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../../../shared/runtime/log.ts';
import { LogFile } from '../../../shared/runtime/log-file.ts';
import { waitFor } from '../../kit/wait.ts';

let root: string;
let folder: string;
let clock = 0;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bluewire-log-'));
  folder = join(root, 'Logs', 'Bluewire');
  clock = 0;
});
afterEach(() => rm(root, { recursive: true, force: true }));

const open = (generations = 2) =>
  new LogFile({ folder, name: 'bridge.log', maxMegabytes: 1, generations, now: () => clock });

test('the folder is made, and every line is there when the file is closed', async () => {
  {
    await using file = open();
    const log = createLog('bluewire-bridge', 'info', file);
    for (let n = 0; n < 100; n += 1) log.info({ n, token: 'very secret' }, 'a line');
  }
  const content = readFileSync(join(folder, 'bridge.log'), 'utf8');
  expect(content.split('\n')).toHaveLength(101);
  expect(content).not.toContain('very secret');
  expect(statSync(join(folder, 'bridge.log')).mode & 0o777).toBe(0o600);
});

test('it goes on where an earlier program left off, and what has grown is put aside, so many and no more', async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'bridge.log'), 'earlier\n');
  {
    await using file = open();
    file.write('later\n');
  }
  expect(readFileSync(join(folder, 'bridge.log'), 'utf8')).toBe('earlier\nlater\n');
  {
    await using file = open();
    for (let n = 0; n < 5_000; n += 1) {
      file.write(`${'x'.repeat(999)}\n`);
      if (n % 100 === 0) await new Promise(setImmediate);
    }
  }
  const sizes = readdirSync(folder)
    .filter((name) => name.startsWith('bridge.log'))
    .map((name) => [name, statSync(join(folder, name)).size] as const);
  expect(sizes.map(([name]) => name).sort()).toEqual(['bridge.log', 'bridge.log.1', 'bridge.log.2']);
  for (const [, size] of sizes) expect(size).toBeLessThan(1.2 * 1024 * 1024);
});

test('a folder that cannot be written costs lines, not the program, and is sought again', async () => {
  writeFileSync(join(root, 'Logs'), 'a file in the way');
  await using file = open();
  file.write('lost\n');
  // The failure comes in a later turn; until then and shortly after lines are dropped.
  await new Promise((resolve) => setTimeout(resolve, 50));
  file.write('lost too\n');
  rmSync(join(root, 'Logs'));
  await waitFor('the file', () => {
    clock += 20_000;
    file.write('found\n');
    return readdirSync(root).includes('Logs');
  });
  await file[Symbol.asyncDispose]();
  expect(readFileSync(join(folder, 'bridge.log'), 'utf8')).toContain('found');
});
