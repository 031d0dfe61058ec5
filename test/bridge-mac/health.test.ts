import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HealthReport, readReportedHealth } from '../../bridge-mac/health.ts';

let folder: string;
let path: string;
let changes = 0;
const report = (): HealthReport =>
  new HealthReport({
    path,
    counts: () => ({ open_sends: 2, unacked_entries: 3 }),
    isConnected: () => true,
    onChange: () => {
      changes += 1;
    },
    now: () => 1_000,
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bluewire-health-'));
  path = join(folder, 'health.json');
  changes = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('what stops sending stands first, then what else is wrong', () => {
  const health = report();
  health.note({ check: 'disk', ok: true, message: 'Room.' });
  health.note({ check: 'power', ok: false, message: 'Sleeps.' });
  health.note({ check: 'chat_db', ok: false, message: 'Hidden.', blocks_sending: true });
  expect(health.current().findings.map(({ check }) => check)).toEqual(['chat_db', 'power', 'disk']);
  expect(health.current()).toMatchObject({ open_sends: 2, unacked_entries: 3 });
});

test('only news is told: the same again is none, a new verdict, a new reason and silence are', () => {
  const health = report();
  const finding = { check: 'power', ok: false, message: 'Sleeps.' };
  expect(health.note(finding)).toBe(true);
  expect(health.note({ ...finding })).toBe(false);
  expect(health.note({ ...finding, blocks_sending: true })).toBe(true);
  expect(health.note({ ...finding, message: 'Sleeps soon.' })).toBe(true);
  health.drop('power');
  health.drop('power');
  expect(changes).toBe(4);
  expect(health.current().findings).toEqual([]);
});

test('the report is left for status and doctor, for its owner alone', () => {
  const health = report();
  health.note({ check: 'power', ok: false, message: 'Sleeps.' });
  expect(readReportedHealth(path)).toEqual({
    ...health.current(),
    at: 1_000,
    pid: process.pid,
    connected: true,
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a report that cannot be left, or is damaged, stops nothing', () => {
  expect(readReportedHealth(path)).toBeUndefined();
  for (const content of ['', '{"at": 1', '{}', '[]', JSON.stringify({ at: 1, pid: 2, findings: [{}] })]) {
    writeFileSync(path, content);
    expect(readReportedHealth(path), content).toBeUndefined();
  }
  rmSync(path);
  mkdirSync(path);
  report().note({ check: 'power', ok: false, message: 'Sleeps.' });
  expect(() => readFileSync(path)).toThrow();
});
