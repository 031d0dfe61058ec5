import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  checkConnection,
  checkDatabase,
  checkIdentity,
  checkReading,
  checkRunning,
  checkWal,
  judgeAccount,
} from '../../../bridge-mac/doctor/bridge-checks.ts';
import { checkHub } from '../../../bridge-mac/doctor/hub-checks.ts';
import {
  checkDisk,
  checkGuiSession,
  checkMacosVersion,
  checkMessagesRunning,
  checkPower,
  checkStaging,
  lookAtStaging,
} from '../../../bridge-mac/doctor/mac-checks.ts';
import { checkLaunchAgent, checkNode } from '../../../bridge-mac/doctor/program-checks.ts';
import { describeResults, type Result, toFinding } from '../../../bridge-mac/doctor/result.ts';
import type { Identity } from '../../../bridge-mac/identity.ts';
import { inspectStore, readCursor } from '../../../bridge-mac/store/inspect-store.ts';
import { StandInTools } from '../../kit/stand-in-tools.ts';

const IDENTITY: Identity = {
  hub_url: 'https://hub.example.com/blue',
  device_id: 'device-1',
  device_name: 'Front desk',
  token: 'device-token',
  paired_at: 0,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bluewire-doctor-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const makeProgram = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
};

describe('the version of macOS', () => {
  test.each([
    ['sw_vers tells it', 'echo 15.3.1', '24.3.0', 'ok', 'macOS 15.3.1'],
    ['sw_vers is missing', undefined, '25.1.0', 'ok', 'macOS 26'],
    ['sw_vers fails', 'exit 1', '24.3.0', 'ok', 'macOS 15'],
    ['sw_vers is another program', 'echo hello', '21.0.0', 'ok', 'macOS 12'],
    ['it is too old', 'echo 11.7', '20.0.0', 'failed', 'older'],
    ['it is newer than anything known', 'echo 28.0', '27.0.0', 'ok', 'newer'],
  ])('is known where %s', async (_, body, kernel, verdict, words) => {
    using tools = new StandInTools();
    if (body !== undefined) tools.add('sw_vers', body);
    const result = await checkMacosVersion('darwin', kernel);
    expect(result).toMatchObject({ verdict, message: expect.stringContaining(words) });
  });

  test('cannot be told where neither sw_vers nor the kernel is of macOS', async () => {
    using _tools = new StandInTools();
    expect(await checkMacosVersion('darwin', undefined)).toMatchObject({
      verdict: process.platform === 'darwin' ? 'ok' : 'unknown',
    });
  });

  test('another system is none', async () => {
    expect(await checkMacosVersion('linux')).toMatchObject({
      verdict: 'failed',
      message: 'This is Linux, not macOS.',
    });
  });
});

describe('the energy settings', () => {
  const pmset = (line: string): string =>
    `printf 'System-wide power settings:\\nCurrently in use:\\n standby 1\\n${line}\\n displaysleep 10\\n disksleep 10\\n'`;

  test.each([
    [' sleep                0', 'ok', 'does not go to sleep'],
    [' sleep                10', 'failed', 'after 10 min'],
    [
      ' sleep                1 (sleep prevented by caffeinate, powerd)',
      'ok',
      'kept awake (sleep prevented by caffeinate',
    ],
    [' nothing of the kind', 'unknown', 'cannot be told'],
  ])('%j', async (line, verdict, words) => {
    using _tools = new StandInTools().add('pmset', pmset(line));
    expect(await checkPower()).toMatchObject({ verdict, message: expect.stringContaining(words) });
  });

  test('cannot be told without pmset', async () => {
    using _tools = new StandInTools();
    expect(await checkPower()).toMatchObject({ verdict: 'unknown' });
  });
});

describe('the node that is granted access', () => {
  const agent = (node: string) => ({ node, program: node, environment: {} });

  test('is the installed one, named with who signed it', async () => {
    const node = makeProgram('bin/node');
    using tools = new StandInTools().add(
      'codesign',
      'echo "Authority=Developer ID Application: Node.js Foundation (HX7739G8FX)" >&2',
    );
    expect(await checkNode(agent(node), '/elsewhere')).toMatchObject({
      verdict: 'ok',
      message: `${node} (signed by Developer ID Application: Node.js Foundation (HX7739G8FX)).`,
    });
    expect(tools.calls).toEqual([`codesign -d --verbose=2 ${node}`]);
  });

  test.each([
    ['echo "Signature=adhoc" >&2', 'ok', 'ad hoc'],
    ['echo "code object is not signed at all" >&2; exit 1', 'ok', 'not signed'],
    ['echo "a sealed resource is missing or invalid" >&2; exit 1', 'failed', 'damaged'],
    [undefined, 'ok', 'not looked at'],
  ])('whatever codesign says: %s', async (body, verdict, words) => {
    const node = makeProgram('bin/node');
    using tools = new StandInTools();
    if (body !== undefined) tools.add('codesign', body);
    expect(await checkNode(agent(node), '/elsewhere')).toMatchObject({
      verdict,
      message: expect.stringContaining(words),
    });
  });

  test('may not be gone', async () => {
    expect(await checkNode(agent('/nowhere/node'), process.execPath)).toMatchObject({ verdict: 'failed' });
  });

  test('is told to stay put where upgrades move it', async () => {
    using _tools = new StandInTools();
    for (const place of ['.nvm/versions/node/v24/bin/node', 'homebrew/Cellar/node/24/bin/node']) {
      const node = makeProgram(place);
      expect((await checkNode(undefined, node)).message).toContain('install');
      expect((await checkNode(agent(node), '/elsewhere')).message).not.toContain('install');
    }
  });
});

describe('the LaunchAgent', () => {
  const job = (changes: object) =>
    ({ kind: 'loaded', state: 'running', pid: 4711, lastExit: undefined, ...changes }) as const;

  test('is judged with its job', () => {
    const node = makeProgram('node');
    const agent = { node, program: node, environment: {} };
    const cases: [Result['verdict'], string, Parameters<typeof checkLaunchAgent>][] = [
      ['ok', '4711', [agent, job({})]],
      [
        'failed',
        'last exit code 1',
        [agent, job({ state: 'spawn scheduled', pid: undefined, lastExit: '1' })],
      ],
      ['failed', 'not loaded', [agent, { kind: 'not_loaded' }]],
      ['unknown', 'because', [agent, { kind: 'unknown', why: 'because' }]],
      ['unknown', 'Not installed', [undefined, { kind: 'not_loaded' }]],
      ['failed', 'gone', [undefined, job({})]],
      ['failed', 'understood', ['damaged', job({})]],
      ['failed', '/nowhere/main.ts', [{ ...agent, program: '/nowhere/main.ts' }, job({})]],
    ];
    for (const [verdict, words, given] of cases) {
      const result = checkLaunchAgent(...given);
      expect(result, words).toMatchObject({ verdict, message: expect.stringContaining(words) });
      if (verdict === 'failed') expect(result.remedy, words).toBeTruthy();
    }
  });
});

describe('the hub', () => {
  const NOW = Date.parse('2026-05-01T12:00:00Z');
  const hub = (changes: { health?: number; file?: Response | Error; date?: string } = {}) => {
    const asked: { url: string; authorization: string | undefined }[] = [];
    const fetch = (async (url: string, init: RequestInit = {}) => {
      const headers = init.headers as Record<string, string> | undefined;
      asked.push({ url, authorization: headers?.authorization });
      if (url.endsWith('/healthz')) {
        const date = changes.date ?? new Date(NOW).toUTCString();
        return new Response('ok', { status: changes.health ?? 200, headers: { date } });
      }
      if (changes.file instanceof Error) throw changes.file;
      return changes.file ?? new Response(null, { status: 404, headers: { 'upload-offset': '0' } });
    }) as typeof globalThis.fetch;
    return { asked, run: () => checkHub({ identity: IDENTITY, fetch, now: () => NOW }) };
  };
  const verdicts = (results: Result[]) =>
    Object.fromEntries(results.map(({ check, verdict }) => [check, verdict]));

  test('answers, knows this Mac and agrees on the time', async () => {
    const { asked, run } = hub();
    expect(verdicts(await run())).toEqual({ hub: 'ok', pairing: 'ok', clock: 'ok' });
    expect(asked).toEqual([
      { url: 'https://hub.example.com/blue/healthz', authorization: undefined },
      {
        url: `https://hub.example.com/blue/devices/files/${'0'.repeat(64)}`,
        authorization: 'Bearer device-token',
      },
    ]);
  });

  test.each([
    [
      'a credential that was revoked',
      { file: new Response(null, { status: 401 }) },
      { hub: 'ok', pairing: 'failed', clock: 'ok' },
    ],
    [
      'something in between that knows no devices',
      { file: new Response(null, { status: 404 }) },
      { hub: 'ok', pairing: 'unknown', clock: 'ok' },
    ],
    [
      'a connection that breaks',
      { file: new TypeError('fetch failed') },
      { hub: 'ok', pairing: 'unknown', clock: 'ok' },
    ],
    [
      'a clock that is off',
      { date: new Date(NOW - 600_000).toUTCString() },
      { hub: 'ok', pairing: 'ok', clock: 'failed' },
    ],
    ['no time', { date: 'soon' }, { hub: 'ok', pairing: 'ok', clock: 'unknown' }],
    ['a proxy without a hub', { health: 502 }, { hub: 'failed' }],
    ['a redirection', { health: 301 }, { hub: 'failed' }],
  ])('is judged with %s', async (_, changes, expected) => {
    const results = await hub(changes).run();
    expect(verdicts(results)).toEqual(expected);
    expect(JSON.stringify(results)).not.toContain('device-token');
  });

  test('that cannot be reached is named with the reason', async () => {
    const fetch = () =>
      Promise.reject(
        new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
      );
    const [result] = await checkHub({ identity: IDENTITY, fetch, now: () => NOW });
    expect(result).toMatchObject({
      check: 'hub',
      verdict: 'failed',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

test('a hub that does not answer in time is told as such', async () => {
  const fetch = () => Promise.reject(new DOMException('The operation was aborted.', 'TimeoutError'));
  const [result] = await checkHub({ identity: IDENTITY, fetch, now: Date.now });
  expect(result?.message).toContain('no answer in time');
});

describe('what the bridge has read', () => {
  const reading = (newest: number | undefined, read: (number | undefined)[], isRunning = true) =>
    checkReading({
      chatDb: join(folder, 'chat.db'),
      isRunning,
      newestRow: () => newest,
      readUpTo: () => (read.length > 1 ? read.shift() : read[0]),
      now: Date.now,
      sleep: async () => {},
    });

  test.each([
    [10, [10], true, 'ok'],
    [10, [8, 9, 10], true, 'ok'],
    [10, [8], true, 'failed'],
    [10, [8], false, 'unknown'],
    [undefined, [8], true, 'unknown'],
    [10, [undefined], true, 'unknown'],
    [3, [10], true, 'ok'],
  ])('newest row %s, read up to %j, running: %s → %s', async (newest, read, isRunning, verdict) => {
    expect(await reading(newest, read, isRunning)).toMatchObject({ verdict });
  });
});

describe('the bridge itself', () => {
  test('is missed when it runs and does not report', () => {
    const now = 3_600_000;
    const running = (reportedAt: number | undefined) =>
      checkRunning({ isRunning: true, reportedAt, isPaired: true, isInstalled: true, now });
    expect(running(now - 30_000)).toMatchObject({ verdict: 'ok' });
    expect(running(undefined)).toMatchObject({ verdict: 'ok' });
    expect(running(0)).toMatchObject({ verdict: 'failed' });
  });

  test('is missed when it does not run, with what starts it, once this Mac is paired', () => {
    const stopped = (isPaired: boolean, isInstalled: boolean) =>
      checkRunning({ isRunning: false, reportedAt: 0, isPaired, isInstalled, now: 0 });
    expect(stopped(false, false)).toMatchObject({ verdict: 'unknown' });
    expect(stopped(true, false)).toMatchObject({
      verdict: 'failed',
      remedy: expect.stringContaining('bluewire-bridge run'),
    });
    for (const isPaired of [true, false]) {
      expect(stopped(isPaired, true)).toMatchObject({
        verdict: 'failed',
        remedy: expect.stringContaining('bluewire-bridge logs'),
      });
    }
  });

  test('is connected, is not, or does not run', () => {
    expect(checkConnection(true)).toMatchObject({ verdict: 'ok' });
    expect(checkConnection(false)).toMatchObject({ verdict: 'failed' });
    expect(checkConnection(undefined)).toMatchObject({ verdict: 'unknown' });
  });

  test('has a database that is sound, damaged, or not there yet', () => {
    const path = join(folder, 'bridge.db');
    expect(checkDatabase(path, inspectStore(path))).toMatchObject({ verdict: 'unknown' });
    writeFileSync(path, 'this is not a database, and it is long enough to be read as one'.repeat(100));
    const result = checkDatabase(path, inspectStore(path));
    expect(result).toMatchObject({ verdict: 'failed', message: expect.stringContaining(path) });
    expect(result.remedy).toContain('Move');
    expect(readCursor(path)).toBeUndefined();
  });

  test('is paired, not paired, or has an identity that is damaged', () => {
    expect(checkIdentity(() => IDENTITY)).toMatchObject({ verdict: 'ok' });
    expect(JSON.stringify(checkIdentity(() => IDENTITY))).not.toContain('device-token');
    expect(checkIdentity(() => undefined)).toMatchObject({ verdict: 'failed' });
    const damaged = () => {
      throw new Error('The identity file is damaged.');
    };
    expect(checkIdentity(damaged)).toMatchObject({
      verdict: 'failed',
      message: 'The identity file is damaged.',
    });
  });
});

test('a Mac that is only looked at keeps its folders as they are', () => {
  expect(lookAtStaging(join(folder, 'a', 'b'))).toMatchObject({ verdict: 'ok' });
  expect(checkDisk(join(folder, 'a', 'b'))).toMatchObject({ check: 'disk' });
  expect(readdirSync(folder)).toEqual([]);
  mkdirSync(join(folder, 'there'));
  expect(lookAtStaging(join(folder, 'there'))).toMatchObject({ verdict: 'ok' });
  expect(readdirSync(join(folder, 'there'))).toEqual([]);
  writeFileSync(join(folder, 'file'), '');
  for (const path of [join(folder, 'file'), join(folder, 'file', 'b')]) {
    expect(lookAtStaging(path)).toMatchObject({
      verdict: 'failed',
      message: expect.stringContaining('ENOTDIR'),
    });
  }
});

test('places: the staging folder is made, one that cannot be is told; disk; chat.db-wal', () => {
  expect(checkStaging(join(folder, 'a', 'b'))).toMatchObject({ verdict: 'ok' });
  writeFileSync(join(folder, 'file'), '');
  const result = checkStaging(join(folder, 'file', 'b'));
  expect(result).toMatchObject({ verdict: 'failed', message: expect.stringContaining('ENOTDIR') });
  expect(toFinding(result)?.blocks_sending).toBeUndefined();
  expect(checkDisk(folder)).toMatchObject({ check: 'disk', message: expect.stringContaining('500 MB free') });
  expect(checkWal(join(folder, 'chat.db'))).toMatchObject({ verdict: 'unknown' });
  writeFileSync(join(folder, 'chat.db-wal'), '');
  expect(checkWal(join(folder, 'chat.db'))).toMatchObject({ verdict: 'ok' });
});

test('Messages and the session at the screen: yes, no, and not to be told', async () => {
  const verdictOf = async (check: typeof checkGuiSession, value: boolean | undefined) =>
    (await check(async () => value)).verdict;
  for (const check of [checkGuiSession, checkMessagesRunning]) {
    expect(await verdictOf(check, true)).toBe('ok');
    expect(await verdictOf(check, false)).toBe('failed');
    expect(await verdictOf(check, undefined)).toBe('unknown');
  }
});

test('every answer of Messages is told with its remedy', () => {
  const verdicts = (...[answer]: Parameters<typeof judgeAccount>) =>
    judgeAccount(answer).map(({ verdict, remedy }) => {
      if (verdict === 'failed') expect(remedy).toBeTruthy();
      return verdict;
    });
  expect(verdicts({ kind: 'enabled' })).toEqual(['ok', 'ok']);
  expect(verdicts({ kind: 'disabled' })).toEqual(['ok', 'failed']);
  expect(verdicts({ kind: 'none' })).toEqual(['ok', 'failed']);
  expect(verdicts({ kind: 'denied' })).toEqual(['failed', 'unknown']);
  expect(verdicts({ kind: 'silent' })).toEqual(['failed', 'unknown']);
  expect(verdicts({ kind: 'failed', detail: 'osascript ended with error -600' })).toEqual([
    'unknown',
    'unknown',
  ]);
});

test('results are printed a line each, with the remedy below what failed, and summed up', () => {
  const text = describeResults([
    { check: 'disk', verdict: 'ok', message: 'Room.' },
    { check: 'power', verdict: 'failed', message: 'Sleeps.', remedy: 'Wake it.' },
    { check: 'hub', verdict: 'unknown', message: 'No hub.' },
  ]);
  expect(text.split('\n')).toEqual([
    '✓ disk   Room.',
    '✗ power  Sleeps.',
    '         → Wake it.',
    '– hub    No hub.',
    '',
    '1 of 3 checks failed; 1 could not be told.',
  ]);
  expect(toFinding({ check: 'hub', verdict: 'unknown', message: 'No hub.' })).toBeUndefined();
});
