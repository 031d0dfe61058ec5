import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'plist';
import { describe, expect, test } from 'vitest';
import { readAgent } from '../../../bridge-mac/launchd/agent.ts';
import { type InstallOptions, installAgent, uninstallAgent } from '../../../bridge-mac/launchd/install.ts';
import { hasGuiSession, readJob } from '../../../bridge-mac/launchd/launchctl.ts';
import { StandInTools } from '../../kit/stand-in-tools.ts';

const JOB = 'gui/501/com.bluewire.bridge';

// launchd in a few lines: a file `loaded` holds the path of the property list that was bootstrapped.
const LAUNCHCTL = `
case "$1" in
  bootstrap) test -e loaded && { echo 'Bootstrap failed: 37: Operation already in progress' >&2; exit 37; }; echo "$3" > loaded;;
  bootout) test -e loaded || { echo 'Boot-out failed: 3: No such process' >&2; exit 3; }; rm loaded;;
  print) test -e loaded || { echo 'Could not find service "com.bluewire.bridge" in domain for user gui: 501' >&2; exit 113; }
    printf 'gui/501/com.bluewire.bridge = {\\n\\tactive count = 1\\n\\tstate = running\\n\\tpid = 4711\\n\\tlast exit code = (never exited)\\n}\\n';;
  managername) echo Aqua;;
esac
exit 0`;

class Mac implements AsyncDisposable {
  readonly tools = new StandInTools();
  readonly folder: string;
  readonly slept: number[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.tools.add('launchctl', LAUNCHCTL).add('osascript');
    const node = join(folder, 'official-node');
    writeFileSync(node, '#!/bin/sh\necho 10\n');
    chmodSync(node, 0o755);
    writeFileSync(join(folder, 'main.ts'), '');
  }

  static async start(): Promise<Mac> {
    return new Mac(await mkdtemp(join(tmpdir(), 'bluewire-install-')));
  }

  get agentPath(): string {
    return join(this.folder, 'Library/LaunchAgents/com.bluewire.bridge.plist');
  }

  get ownNode(): string {
    return join(this.folder, 'Blue "wire" & sons', 'bin', 'node');
  }

  get options(): InstallOptions {
    return {
      platform: 'darwin',
      uid: 501,
      userHome: this.folder,
      prepareHome: () => {},
      isPaired: () => true,
      notPaired: 'not paired',
      ownNode: this.ownNode,
      pinnedNode: join(this.folder, 'official-node'),
      program: join(this.folder, 'main.ts'),
      environment: { BRIDGE_HOME: '/Users/a <b> & c', BRIDGE_LOG_DIR: join(this.folder, 'Logs') },
      kept: {},
      path: '/usr/bin:/bin',
      crashFile: join(this.folder, 'Logs', 'crashes.log'),
      isBridgeRunning: () => false,
      sleep: async (milliseconds) => this.slept.push(milliseconds),
    };
  }

  install(changes: Partial<InstallOptions> = {}): Promise<string> {
    return installAgent({ ...this.options, ...changes });
  }

  readPlist(): Record<string, unknown> {
    return parse(readFileSync(this.agentPath, 'utf8')) as Record<string, unknown>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.tools[Symbol.dispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

describe('install', () => {
  test('makes the folders that a fresh macOS lacks, writes the agent and starts it', async () => {
    await using mac = await Mac.start();
    const said = await mac.install();
    expect(mac.readPlist()).toEqual({
      Label: 'com.bluewire.bridge',
      ProgramArguments: [mac.ownNode, join(mac.folder, 'main.ts'), 'run'],
      EnvironmentVariables: {
        PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
        BRIDGE_HOME: '/Users/a <b> & c',
        BRIDGE_LOG_DIR: join(mac.folder, 'Logs'),
      },
      WorkingDirectory: mac.folder,
      LimitLoadToSessionType: 'Aqua',
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false, Crashed: true },
      ThrottleInterval: 30,
      ExitTimeOut: 20,
      ProcessType: 'Interactive',
      Umask: 0o077,
      StandardOutPath: join(mac.folder, 'Logs', 'crashes.log'),
      StandardErrorPath: join(mac.folder, 'Logs', 'crashes.log'),
    });
    expect(statSync(mac.agentPath).mode & 0o777).toBe(0o644);
    expect(existsSync(join(mac.folder, 'Logs'))).toBe(true);
    expect(mac.tools.calls).toEqual([
      `launchctl bootout ${JOB}`,
      `launchctl enable ${JOB}`,
      `launchctl bootstrap gui/501 ${mac.agentPath}`,
      `launchctl print ${JOB}`,
      `launchctl print ${JOB}`,
    ]);
    for (const word of ['process 4711', mac.ownNode, 'Full Disk Access', 'Automation'])
      expect(said).toContain(word);
  });

  test('again is an upgrade: the old job is gone before the new one is loaded, and the node stays the same file', async () => {
    await using mac = await Mac.start();
    await mac.install();
    const { ino } = statSync(mac.ownNode);
    writeFileSync(join(mac.folder, 'newer.ts'), '');
    writeFileSync(join(mac.folder, 'official-node'), '#!/bin/sh\necho 11\n');
    const said = await mac.install({ program: join(mac.folder, 'newer.ts') });
    expect(statSync(mac.ownNode).ino).toBe(ino);
    expect(said).toContain('still holds');
    expect(mac.readPlist().ProgramArguments).toEqual([mac.ownNode, join(mac.folder, 'newer.ts'), 'run']);
    expect(readdirSync(join(mac.folder, 'Library/LaunchAgents'))).toHaveLength(1);
  });

  test('names the settings that were kept, and says when those of before are gone', async () => {
    await using mac = await Mac.start();
    expect(await mac.install()).not.toContain('Settings kept');
    const said = await mac.install({ kept: { BRIDGE_SEND_DEADLINE: '5m' } });
    expect(said).toContain('  BRIDGE_SEND_DEADLINE=5m');
    writeFileSync(mac.agentPath, 'not a property list');
    expect(await mac.install()).toContain('are gone');
  });

  test('waits for a job that takes its time to end', async () => {
    await using mac = await Mac.start();
    await mac.install();
    mac.tools.add(
      'launchctl',
      `case "$1" in bootout) test -e leaving && { rm -f loaded leaving; } || touch leaving; exit 0;; print) test -e leaving && test "$(ls looks 2>/dev/null | wc -l)" -gt 2 && rm -f loaded leaving; mkdir -p looks; touch looks/$$;; esac\n${LAUNCHCTL}`,
    );
    await mac.install();
    expect(mac.slept.length).toBeGreaterThan(1);
    expect(await readJob(501)).toEqual({
      kind: 'loaded',
      state: 'running',
      pid: 4711,
      lastExit: undefined,
    });
  });

  test('keeps osascript findable where it is not in the usual place', async () => {
    await using mac = await Mac.start();
    await mac.install({ path: `/nowhere:${mac.tools.folder}:/usr/bin` });
    const { PATH } = readEnvironment(mac);
    expect(PATH).toBe(`${mac.tools.folder}:/usr/bin:/bin:/usr/sbin:/sbin`);
  });

  test.each([
    ['on another system', { platform: 'linux' }, 'this is Linux. On this machine `npm start`'],
    ['with a home that cannot be used', { prepareHome: refuseHome }, 'no such home'],
    ['as root', { uid: 0 }, 'sudo'],
    ['while this Mac is not paired', { isPaired: () => false }, 'not paired'],
    ['while a bridge runs in a terminal', { isBridgeRunning: () => true }, 'another window'],
    ['with a node that does not run', { pinnedNode: '/etc/hostname' }, 'does not run'],
    ['with a node that is not there', { pinnedNode: '/nowhere/node' }, 'cannot be put'],
  ])('is refused %s, and leaves nothing', async (_, changes, word) => {
    await using mac = await Mac.start();
    await expect(mac.install(changes)).rejects.toThrow(word);
    expect(existsSync(mac.agentPath)).toBe(false);
  });

  test('says so when the folder of LaunchAgents cannot be made', async () => {
    await using mac = await Mac.start();
    writeFileSync(join(mac.folder, 'Library'), 'a file in the way');
    await expect(mac.install()).rejects.toThrow('LaunchAgents');
  });

  test('replaces a node of its own that does not run any more', async () => {
    await using mac = await Mac.start();
    await mac.install();
    writeFileSync(mac.ownNode, '#!/bin/sh\nkill -9 $$\n');
    expect(await mac.install()).toContain('was put at');
    expect(readFileSync(mac.ownNode, 'utf8')).toContain('echo 10');
  });
});

describe('launchctl that fails', () => {
  const failing = (action: string, words: string, status: number): string =>
    `case "$1" in ${action}) echo '${words}' >&2; exit ${status};; esac\n${LAUNCHCTL}`;

  test.each([
    ['bootstrap', 'Bootstrap failed: 5: Input/output error', 5, 'Log in to this Mac at its screen'],
    [
      'bootstrap',
      'Bootstrap failed: 125: Domain does not support specified action',
      125,
      'Log in to this Mac',
    ],
    ['bootstrap', 'Could not find domain for user gui: 501', 112, 'Log in to this Mac'],
    [
      'bootstrap',
      'Bootstrap failed: 134: Service cannot load in requested session',
      134,
      'Log in to this Mac',
    ],
    ['bootstrap', 'Bootstrap failed: 119: Service is disabled', 119, 'Allow in the Background'],
    ['bootstrap', 'Bootstrap failed: 17: File exists', 17, 'launchctl bootout'],
    ['bootstrap', 'Bootstrap failed: 37: Operation already in progress', 37, 'Wait a minute'],
    ['bootout', 'Boot-out failed: 1: Operation not permitted', 1, 'without sudo'],
    ['bootstrap', 'Something that nobody has seen', 99, 'Something that nobody has seen'],
  ])('%s “%s” is answered with what to do', async (action, words, status, remedy) => {
    await using mac = await Mac.start();
    mac.tools.add('launchctl', failing(action, words, status));
    await expect(mac.install()).rejects.toThrow(remedy);
  });

  test('what passes by itself is tried again', async () => {
    await using mac = await Mac.start();
    mac.tools.add(
      'launchctl',
      `case "$1" in bootstrap) test -e tried || { touch tried; echo 'Bootstrap failed: 5: Input/output error' >&2; exit 5; };; esac\n${LAUNCHCTL}`,
    );
    expect(await mac.install()).toContain('process 4711');
    expect(mac.tools.calls.filter((call) => call.includes('bootstrap'))).toHaveLength(2);
  });

  test('a launchctl that is missing is named', async () => {
    await using mac = await Mac.start();
    mac.tools.remove('launchctl');
    await expect(mac.install()).rejects.toThrow('launchctl is not there');
    expect(await readJob(501)).toMatchObject({ kind: 'unknown' });
    expect(await hasGuiSession(501)).toBeUndefined();
  });

  test('a job that is dropped at once is told', async () => {
    await using mac = await Mac.start();
    mac.tools.add('launchctl', `case "$1" in bootstrap) exit 0;; esac\n${LAUNCHCTL}`);
    await expect(mac.install()).rejects.toThrow('dropped it at once');
  });

  test('a job that launchd has not started yet is told', async () => {
    await using mac = await Mac.start();
    mac.tools.add(
      'launchctl',
      `case "$1" in print) test -e loaded && { printf '\\tstate = waiting\\n\\tlast exit code = 1\\n'; exit 0; };; esac\n${LAUNCHCTL}`,
    );
    expect(await mac.install()).toContain('has not started it yet');
    expect(await readJob(501)).toEqual({ kind: 'loaded', state: 'waiting', pid: undefined, lastExit: '1' });
  });
});

test('somebody at the screen is seen from an ssh session, and nobody is seen as nobody', async () => {
  using tools = new StandInTools().add('launchctl', 'test "$1" = managername && echo Background; exit 0');
  expect(await hasGuiSession(501)).toBe(true);
  tools.add('launchctl', 'test "$1" = managername && echo Background && exit 0; exit 125');
  expect(await hasGuiSession(501)).toBe(false);
  tools.add('launchctl', 'exit 64');
  expect(await hasGuiSession(501)).toBeUndefined();
});

describe('uninstall', () => {
  test('stops the bridge, removes the agent, keeps the pairing, and can be repeated', async () => {
    await using mac = await Mac.start();
    await mac.install();
    const options = { ...mac.options, home: '/the/home' };
    const said = await uninstallAgent(options);
    expect(said).toContain('no longer starts');
    expect(said).toContain('/the/home');
    expect(existsSync(mac.agentPath)).toBe(false);
    expect(existsSync(mac.ownNode)).toBe(true);
    expect(await readJob(501)).toEqual({ kind: 'not_loaded' });
    expect(await uninstallAgent(options)).toContain('There was no LaunchAgent');
    await expect(uninstallAgent({ ...options, uid: 0 })).rejects.toThrow('sudo');
  });

  test('works over ssh while nobody is logged in at the screen', async () => {
    await using mac = await Mac.start();
    await mac.install();
    mac.tools.add(
      'launchctl',
      'echo "Boot-out failed: 125: Domain does not support specified action" >&2; exit 125',
    );
    await uninstallAgent({ ...mac.options, home: '/the/home' });
    expect(existsSync(mac.agentPath)).toBe(false);
  });

  test('leaves the agent where launchd does not let go of the job', async () => {
    await using mac = await Mac.start();
    await mac.install();
    mac.tools.add('launchctl', 'echo "Boot-out failed: 1: Operation not permitted" >&2; exit 1');
    await expect(uninstallAgent({ ...mac.options, home: '/the/home' })).rejects.toThrow('does not permit');
    expect(existsSync(mac.agentPath)).toBe(true);
  });
});

test.each([
  ['', 'damaged'],
  ['not a property list', 'damaged'],
  ['<plist><dict><key>Label</key><string>x</string></dict></plist>', 'damaged'],
])('a LaunchAgent that is damaged is seen as such: %j', async (content, seen) => {
  await using mac = await Mac.start();
  expect(readAgent(mac.agentPath)).toBeUndefined();
  mkdirSync(join(mac.folder, 'Library/LaunchAgents'), { recursive: true });
  writeFileSync(mac.agentPath, content);
  expect(readAgent(mac.agentPath)).toBe(seen);
});

function refuseHome(): never {
  throw new Error('no such home');
}

function readEnvironment(mac: Mac): Record<string, string> {
  return mac.readPlist().EnvironmentVariables as Record<string, string>;
}
