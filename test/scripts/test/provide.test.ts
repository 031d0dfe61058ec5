import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NEEDS } from '../../../scripts/test/needs.ts';
import { type Machine, type Need, provide, THIS_MACHINE } from '../../../scripts/test/provide.ts';
import { listSkipped } from '../../../scripts/test/skipped.ts';

/** A machine that only notes what it is asked to run. `answer` tells how a command ends. */
class StandInMachine implements Machine {
  platform: NodeJS.Platform = 'linux';
  isRoot = true;
  readonly commands: string[] = [];
  readonly lines: string[] = [];
  readonly limits: number[] = [];
  answer: (command: string) => string | undefined = () => undefined;
  readonly #programs: string[];

  constructor(...programs: string[]) {
    this.#programs = programs;
  }

  has = (command: string): boolean => this.#programs.includes(command);
  say = (line: string): void => void this.lines.push(line);
  run = (command: string, args: string[], limitMs: number): string | undefined => {
    this.commands.push([command, ...args].join(' '));
    this.limits.push(limitMs);
    return this.answer(this.commands.at(-1) ?? '');
  };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bluewire-provide-'));
});
afterEach(() => rm(folder, { recursive: true }));

function need(isThere: () => boolean): Need {
  const settings = { file: join(folder, 'conf.d', 'tests.conf'), text: 'cluster = no\n' };
  return { name: 'Thing', isThere, apt: { package: 'thing', settings }, brew: 'thing@17' };
}

describe('what tests need', () => {
  test('is left alone where it is there', () => {
    const machine = new StandInMachine('apt-get', 'brew');
    expect(
      provide(
        need(() => true),
        machine,
      ),
    ).toBeUndefined();
    expect(machine.commands).toEqual([]);
    expect(machine.lines).toEqual([]);
  });

  test('is installed by root on Debian, said in one line, with its settings there meanwhile', () => {
    const machine = new StandInMachine('apt-get');
    let isThere = false;
    let settings = '';
    machine.answer = (command) => {
      if (command.includes('--download-only')) return undefined;
      settings = readFileSync(join(folder, 'conf.d', 'tests.conf'), 'utf8');
      isThere = true;
      return undefined;
    };
    expect(
      provide(
        need(() => isThere),
        machine,
      ),
    ).toBeUndefined();
    expect(machine.commands).toEqual([
      expect.stringMatching(/^apt-get install --download-only .*--yes .* thing$/),
      expect.stringMatching(/^apt-get install -qq --yes .* thing$/),
    ]);
    expect(machine.lines).toEqual([expect.stringContaining('Installing Thing')]);
    expect(settings).toBe('cluster = no\n');
    expect(existsSync(join(folder, 'conf.d'))).toBe(false);
  });

  test('is looked for again in fresh lists of packages', () => {
    const machine = new StandInMachine('apt-get');
    let isThere = false;
    machine.answer = (command) => {
      if (command.startsWith('apt-get update')) isThere = true;
      return isThere ? undefined : 'Unable to locate package thing';
    };
    expect(
      provide(
        need(() => isThere),
        machine,
      ),
    ).toBeUndefined();
    expect(machine.commands.map((command) => command.split(' ').slice(0, 3).join(' '))).toEqual([
      'apt-get install --download-only',
      'apt-get update -qq',
      'apt-get install --download-only',
      'apt-get install -qq',
    ]);
  });

  test('is missing, with the reason, where there is no network; nothing is left of the try', () => {
    const machine = new StandInMachine('apt-get');
    machine.answer = () => 'apt-get ended with 100 (Could not resolve host)';
    expect(
      provide(
        need(() => false),
        machine,
      ),
    ).toContain('Could not resolve host');
    expect(machine.commands).toHaveLength(3);
    expect(existsSync(join(folder, 'conf.d'))).toBe(false);
  });

  test('is missing where it was installed to no use', () => {
    expect(
      provide(
        need(() => false),
        new StandInMachine('apt-get'),
      ),
    ).toContain('it was installed, but');
  });

  test('is missing where its settings cannot be placed', () => {
    const machine = new StandInMachine('apt-get');
    const thing = need(() => false);
    thing.apt.settings = { file: '/dev/null/conf.d/tests.conf', text: '' };
    expect(provide(thing, machine)).toContain('/dev/null');
  });

  test('is installed with Homebrew on a Mac, but not by root', () => {
    const machine = new StandInMachine('brew', 'apt-get');
    machine.platform = 'darwin';
    expect(
      provide(
        need(() => false),
        machine,
      ),
    ).toContain('only as root on Debian');
    expect(machine.commands).toEqual([]);

    machine.isRoot = false;
    let isThere = false;
    machine.answer = () => {
      isThere = true;
      return undefined;
    };
    expect(
      provide(
        need(() => isThere),
        machine,
      ),
    ).toBeUndefined();
    expect(machine.commands).toEqual(['brew install --quiet thing@17']);
  });

  test.each([
    ['linux without root', { platform: 'linux', isRoot: false }, ['apt-get', 'brew']],
    ['linux without apt-get', { platform: 'linux', isRoot: true }, ['dnf']],
    ['a Mac without Homebrew', { platform: 'darwin', isRoot: false }, []],
  ] as const)('is not installed on %s', (_name, kind, programs) => {
    const machine = Object.assign(new StandInMachine(...programs), kind);
    expect(
      provide(
        need(() => false),
        machine,
      ),
    ).toContain('only as root on Debian');
    expect(machine.commands).toEqual([]);
    expect(machine.lines).toEqual([]);
  });

  test('has a name, a package and a formula', () => {
    expect(NEEDS.map(({ name, apt, brew }) => [name, apt.package, brew])).toEqual([
      ['PostgreSQL', 'postgresql', 'postgresql@17'],
      ['Chromium', 'chromium', 'google-chrome'],
    ]);
  });
});

describe('a command of the machine', () => {
  test('answers nothing when it went well, else how it ended and what it said last', () => {
    expect(THIS_MACHINE.run('sh', ['-c', 'exit 0'], 10_000)).toBeUndefined();
    expect(THIS_MACHINE.run('sh', ['-c', 'echo one >&2; echo two >&2; exit 7'], 10_000)).toBe(
      'sh ended with 7 (two)',
    );
    expect(THIS_MACHINE.run('no-such-command-here', [], 10_000)).toContain('ENOENT');
  });

  test('is ended at its limit, and gets no input to wait for', () => {
    expect(THIS_MACHINE.run('sh', ['-c', 'exec sleep 600'], 200)).toBe('sh did not end within 0.2 s');
    expect(THIS_MACHINE.run('sh', ['-c', 'read answer'], 10_000)).toBe('sh ended with 1');
  });

  test('is looked for on the PATH', () => {
    expect(THIS_MACHINE.has('sh')).toBe(true);
    expect(THIS_MACHINE.has('no-such-command-here')).toBe(false);
  });
});

test('skipped tests are listed, many of one kind in one line', () => {
  const make = (
    status: string,
    ...titles: string[]
  ): { ancestorTitles: string[]; fullName: string; status: string } => ({
    ancestorTitles: ['', ...titles.slice(0, -1)],
    fullName: ['', ...titles].join(' '),
    status,
  });
  const many = 'the store on Postgres (needs PostgreSQL)';
  expect(
    listSkipped([
      make('passed', 'a', 'works'),
      make('skipped', 'a', 'needs openssl'),
      ...['one', 'two', 'three', 'four'].map((name) => make('skipped', many, name)),
      make('skipped', 'alone'),
    ]),
  ).toEqual(['skipped: a needs openssl', `skipped: ${many}: 4 tests`, 'skipped: alone']);
});
