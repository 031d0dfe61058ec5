import { appendFileSync, existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { showLog, trimCrashes } from '../../bridge-mac/read-log.ts';
import { waitFor } from '../kit/wait.ts';

let folder: string;
let shown: string;
const write = (text: string): void => {
  shown += text;
};
const entry = (n: number): string =>
  `${JSON.stringify({ level: 'info', time: '2026-01-01T10:00:00.000Z', program: 'bluewire-bridge', msg: `entry ${n};` })}\n`;
const path = (name: string): string => join(folder, name);
const numbers = (): number[] => [...shown.matchAll(/entry (\d+);/g)].map(([, n]) => Number(n));
const { signal } = new AbortController();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bluewire-read-log-'));
  shown = '';
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the last lines', () => {
  test('are shown in words', async () => {
    writeFileSync(path('bridge.log'), `${entry(1)}${entry(2)}not JSON\n${entry(3)}{"half":`);
    await showLog({ folder, lines: 3, follow: false, write, signal });
    expect(numbers()).toEqual([2, 3]);
    expect(shown).toContain('not JSON\n');
    expect(shown).toContain('INFO');
    expect(shown).not.toContain('"msg"');
    expect(shown).not.toContain('half');
  });

  test('reach back into the files that were put aside', async () => {
    writeFileSync(path('bridge.log.2'), entry(1) + entry(2));
    writeFileSync(path('bridge.log.1'), entry(3) + entry(4));
    writeFileSync(path('bridge.log'), entry(5));
    await showLog({ folder, lines: 4, follow: false, write, signal });
    expect(numbers()).toEqual([2, 3, 4, 5]);
    shown = '';
    await showLog({ folder, lines: 0, follow: false, write, signal });
    expect(numbers()).toEqual([]);
    await showLog({ folder, lines: 100, follow: false, write, signal });
    expect(numbers()).toEqual([1, 2, 3, 4, 5]);
  });

  test('are followed by what was said outside the log', async () => {
    writeFileSync(path('bridge.log'), entry(1));
    writeFileSync(path('crashes.log'), 'This Mac is not paired.\n');
    await showLog({ folder, lines: 10, follow: false, write, signal });
    expect(shown).toMatch(/entry 1.*outside the log.*not paired/s);
  });

  test('where there is no log, that is said', async () => {
    await expect(showLog({ folder, lines: 5, follow: false, write, signal })).rejects.toThrow(
      'There is no log',
    );
    expect(shown).toBe('');
  });
});

test('what is written is followed, over a file that is put aside, and nothing is shown twice', async () => {
  writeFileSync(path('bridge.log'), entry(1) + entry(2));
  const stopping = new AbortController();
  const done = showLog({ folder, lines: 1, follow: true, write, signal: stopping.signal });
  await waitFor('the tail', () => numbers().length === 1);
  const third = entry(3);
  appendFileSync(path('bridge.log'), third.slice(0, 20));
  appendFileSync(path('bridge.log'), third.slice(20));
  await waitFor('an entry', () => numbers().includes(3));
  appendFileSync(path('bridge.log'), entry(4));
  renameSync(path('bridge.log'), path('bridge.log.1'));
  writeFileSync(path('bridge.log'), entry(5));
  await waitFor('the new file', () => numbers().includes(5));
  stopping.abort();
  await done;
  expect(numbers()).toEqual([2, 3, 4, 5]);
});

test('a log that is not there yet is waited for', async () => {
  const stopping = new AbortController();
  const done = showLog({ folder, lines: 5, follow: true, write, signal: stopping.signal });
  writeFileSync(path('bridge.log'), entry(1));
  await waitFor('the first entry', () => numbers().includes(1));
  stopping.abort();
  await done;
});

test('the words of crashes do not grow without end', () => {
  trimCrashes(folder);
  expect(existsSync(path('crashes.log'))).toBe(false);
  writeFileSync(path('crashes.log'), 'small');
  trimCrashes(folder);
  expect(statSync(path('crashes.log')).size).toBe(5);
  writeFileSync(path('crashes.log'), 'x'.repeat(2 * 1024 * 1024));
  trimCrashes(folder);
  expect(statSync(path('crashes.log')).size).toBe(0);
});
