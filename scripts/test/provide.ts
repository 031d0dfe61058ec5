import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Something that tests need and a machine may lack. */
export interface Need {
  name: string;
  isThere: () => boolean;
  /** Debian's package, and a file that must be there while it is installed. */
  apt: { package: string; settings?: { file: string; text: string } };
  /** Homebrew's formula. */
  brew: string;
}

/** What of a machine decides whether something may be installed on it. */
export interface Machine {
  platform: NodeJS.Platform;
  isRoot: boolean;
  has: (command: string) => boolean;
  /** Runs a command to its end or its limit, without input; answers what went wrong, undefined when nothing did. */
  run: (command: string, args: string[], limitMs: number) => string | undefined;
  say: (line: string) => void;
}

const DOWNLOAD_MS = 180_000;
const INSTALL_MS = 300_000;

/** Gives up soon where there is no network, and where another installation is under way. */
const APT_OPTIONS = [
  '-qq',
  '--yes',
  '--no-install-recommends',
  ...['Acquire::Retries=1', 'Acquire::http::Timeout=15', 'Acquire::https::Timeout=15'].flatMap(asOption),
  ...asOption('DPkg::Lock::Timeout=30'),
];

/**
 * Sees to it that `need` is there: installs it where that is allowed without asking, as root on Debian and with Homebrew on a
 * Mac. Answers why it is missing; undefined when it is there. Never throws, and ends within minutes.
 */
export function provide(need: Need, machine: Machine): string | undefined {
  if (need.isThere()) return undefined;
  const install = chooseInstaller(need, machine);
  if (install === undefined)
    return 'it is installed by itself only as root on Debian (apt-get), or with Homebrew on a Mac';
  machine.say(`Installing ${need.name}, which some tests need (at most a few minutes) …`);
  const problem = install();
  if (need.isThere()) return undefined;
  return problem ?? 'it was installed, but its programs are not where they are looked for';
}

function chooseInstaller(need: Need, machine: Machine): (() => string | undefined) | undefined {
  const { platform, isRoot, has } = machine;
  if (platform === 'linux' && isRoot && has('apt-get')) return () => installWithApt(need, machine);
  // Homebrew refuses root.
  if (platform === 'darwin' && !isRoot && has('brew'))
    return () => machine.run('brew', ['install', '--quiet', need.brew], INSTALL_MS);
  return undefined;
}

// Downloading is the part that may hang, and the one that may be cut off: dpkg killed midway leaves half a package.
function installWithApt(need: Need, { run }: Machine): string | undefined {
  const { package: name, settings } = need.apt;
  const download = (): string | undefined =>
    run('apt-get', ['install', '--download-only', ...APT_OPTIONS, name], DOWNLOAD_MS);
  if (download() !== undefined) {
    const stale = run('apt-get', ['update', ...APT_OPTIONS], DOWNLOAD_MS);
    const problem = download();
    if (problem !== undefined) return stale ?? problem;
  }
  try {
    using _ = settings && placeFile(settings);
    return run('apt-get', ['install', ...APT_OPTIONS, name], INSTALL_MS);
  } catch (error) {
    return String(error);
  }
}

/** Writes a file, unless there is one; disposing removes it, and its folder if that is empty then. */
function placeFile({ file, text }: { file: string; text: string }): Disposable | undefined {
  if (existsSync(file)) return undefined;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return {
    [Symbol.dispose]: () => {
      rmSync(file, { force: true });
      try {
        rmdirSync(dirname(file));
      } catch {
        // Others keep something there.
      }
    },
  };
}

function asOption(setting: string): string[] {
  return ['-o', setting];
}

/** The machine that this runs on. */
export const THIS_MACHINE: Machine = {
  platform: process.platform,
  isRoot: process.getuid?.() === 0,
  has: (command) =>
    (process.env.PATH ?? '').split(delimiter).some((folder) => folder && isExecutable(join(folder, command))),
  run: runLimited,
  say: (line) => console.log(line),
};

function runLimited(command: string, args: string[], limitMs: number): string | undefined {
  const quiet = { DEBIAN_FRONTEND: 'noninteractive', NONINTERACTIVE: '1', HOMEBREW_NO_AUTO_UPDATE: '1' };
  const { status, signal, error, stderr } = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, ...quiet },
    timeout: limitMs,
  });
  if (status === 0 && !error) return undefined;
  if (error && 'code' in error && error.code === 'ETIMEDOUT')
    return `${command} did not end within ${limitMs / 1_000} s`;
  const said = stderr?.trim().split('\n').at(-1);
  return `${command} ended with ${signal ?? status ?? error?.message}${said ? ` (${said})` : ''}`;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
