import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Result } from '../../bridge-mac/doctor/result.ts';
import { agentPathIn, readAgent } from '../../bridge-mac/launchd/agent.ts';
import type { Status } from '../../bridge-mac/status.ts';
import { openSqlite } from '../../shared/runtime/sqlite.ts';
import { StandInTools } from '../kit/stand-in-tools.ts';
import { waitFor } from '../kit/wait.ts';
import { BridgeRig } from './kit/bridge-rig.ts';

const ANNA = '+12145550101';
const LAUNCHD = fileURLToPath(new URL('./kit/launchd.mjs', import.meta.url));
/** Tests may run as root, whom `install` refuses. */
const AS_USER = '--import data:text/javascript,process.getuid=()=>501';

/** A paired Mac with a launchd that really starts what is installed. */
class InstalledMac implements AsyncDisposable {
  readonly rig: BridgeRig;
  readonly #tools: StandInTools;

  private constructor(rig: BridgeRig, tools: StandInTools) {
    this.rig = rig;
    this.#tools = tools;
  }

  static async start(): Promise<InstalledMac> {
    const tools = new StandInTools({ onPath: false });
    tools.add('launchctl', `exec '${process.execPath}' '${LAUNCHD}' '${tools.folder}' "$@"`);
    // The simulated Mac's Messages is that of the user who runs the tests.
    tools.add('pgrep', 'echo 4711');
    const rig = await BridgeRig.prepare();
    const { PATH, NODE_OPTIONS } = rig.mac.bridgeEnv();
    rig.set({ PATH: `${tools.folder}${delimiter}${PATH}`, NODE_OPTIONS: `${NODE_OPTIONS} ${AS_USER}` });
    return new InstalledMac(rig, tools);
  }

  get job(): { pid: number } | undefined {
    const path = join(this.#tools.folder, 'job.json');
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { pid: number }) : undefined;
  }

  /** What the bridge ended with when it was booted out last. */
  get lastExit(): string {
    return readFileSync(join(this.#tools.folder, 'last-exit'), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig.outcome('uninstall');
    await waitFor('the end of the job', () => this.job === undefined);
    await this.rig[Symbol.asyncDispose]();
    this.#tools[Symbol.dispose]();
  }
}

test('an installed bridge runs on a node of its own, comes back after a kill, is upgraded and uninstalled', async () => {
  await using mac = await InstalledMac.start();
  const { rig } = mac;
  const early = await rig.outcome('install');
  expect(early.output).toContain('not paired');
  await rig.pair();
  const installed = await rig.outcome('install');
  expect(installed.code, installed.output).toBe(0);
  const node = join(rig.home, 'bin', 'node');
  expect(installed.output).toContain(node);
  await waitFor('the bridge', () => rig.hub.connected);
  const { ino } = statSync(node);
  expect(readAgent(agentPathIn(rig.mac.home))).toMatchObject({ node });

  const connections = rig.hub.hellos.length;
  process.kill(mac.job!.pid, 'SIGKILL');
  await waitFor('the bridge again', () => rig.hub.hellos.length > connections && rig.hub.connected);
  await rig.hub.send({ id: 'm1', to: ANNA });
  await rig.hub.waitForStatus('m1', 'SENT');

  const status = await rig.outcome('status');
  expect(status.output).toMatch(/launchd +installed, running, process \d+/);
  const doctor = await rig.outcome('doctor');
  expect(doctor.output).toContain('Nothing is wrong.');
  expect(doctor.code).toBe(0);
  expect(doctor.output).toMatch(/✓ connection/);
  const logs = await rig.outcome('logs');
  expect(logs.output).toContain('connected to the hub');
  expect(logs.output).not.toContain(rig.hub.token);

  const before = mac.job!.pid;
  const again = await rig.outcome('install');
  expect(again.code, again.output).toBe(0);
  expect(again.output).toContain('still holds');
  expect(mac.lastExit).toBe('0');
  expect(mac.job?.pid).not.toBe(before);
  expect(statSync(node).ino).toBe(ino);

  const uninstalled = await rig.outcome('uninstall');
  expect(uninstalled.code, uninstalled.output).toBe(0);
  await waitFor('its end', () => mac.job === undefined);
  const after = await rig.outcome('status');
  expect(after.output).toContain('Front desk');
  expect(after.output).toMatch(/bridge +not running/);
  expect(after.output).toMatch(/launchd +not installed/);
});

test('what an install was given holds for every command and every install after it, until it is changed', async () => {
  await using mac = await InstalledMac.start();
  const { rig } = mac;
  rig.writePairing();
  const logs = join(rig.mac.home, 'Logs of another place');
  rig.set({ BRIDGE_LOG_DIR: logs, BRIDGE_SEND_DEADLINE: '5m' });
  expect((await rig.outcome('install')).code).toBe(0);
  rig.unset('BRIDGE_LOG_DIR', 'BRIDGE_SEND_DEADLINE', 'BRIDGE_HOME');
  await waitFor('its log', () => existsSync(join(logs, 'bridge.log')));
  expect((await rig.outcome('logs')).output).toContain('bridge started');
  expect((await rig.outcome('status')).output).toMatch(/bridge +running/);
  const kept = await rig.outcome('install');
  expect(kept.output).toContain('BRIDGE_SEND_DEADLINE=5m');
  expect(readAgent(agentPathIn(rig.mac.home))).toMatchObject({
    environment: { BRIDGE_LOG_DIR: logs, BRIDGE_SEND_DEADLINE: '5m', BRIDGE_HOME: rig.home },
  });
  rig.set({ BRIDGE_SEND_DEADLINE: '' });
  expect((await rig.outcome('install')).output).not.toContain('BRIDGE_SEND_DEADLINE=');
  expect(JSON.stringify(readAgent(agentPathIn(rig.mac.home)))).not.toContain('BRIDGE_SEND_DEADLINE');

  // Another BRIDGE_HOME is another bridge.
  rig.set({ BRIDGE_HOME: join(rig.home, 'another') });
  expect((await rig.outcome('logs')).output).toContain('There is no log');
  rig.set({ BRIDGE_HOME: rig.home, BRIDGE_CHAT_DB: '/nowhere/chat.db' });
  expect((await rig.outcome('uninstall')).code).toBe(0);
  await waitFor('its end', () => mac.job === undefined);
  const remedy = (await rig.outcome('status')).output;
  expect(remedy).toContain(`Grant Full Disk Access to ${join(rig.home, 'bin', 'node')}`);
});

test('doctor misses an installed bridge that was ended', async () => {
  await using mac = await InstalledMac.start();
  const { rig } = mac;
  rig.writePairing();
  expect((await rig.outcome('install')).code).toBe(0);
  await waitFor('the bridge', () => rig.hub.connected);
  process.kill(mac.job!.pid, 'SIGTERM');
  await waitFor('its end', async () => /bridge +not running/.test((await rig.outcome('status')).output));
  const ended = await rig.outcome('doctor');
  expect(ended.code).toBe(1);
  expect(ended.output).toMatch(/✗ bridge .*installed, but not running/);
  expect((await rig.outcome('install')).code).toBe(0);
});

describe.concurrent('doctor', () => {
  test('names what is wrong, with the remedy, and ends with 1', async () => {
    await using rig = await BridgeRig.start({ env: { BRIDGE_CHAT_DB: '/nowhere/chat.db' } });
    await rig.mac.happen({ happening: 'messages-quits' });
    await rig.mac.toolBehaves('pmset', { code: 0, stdout: ' sleep 10\n', stderr: '' });
    await rig.hub.close();
    const { code, output } = await rig.outcome('doctor');
    expect(code).toBe(1);
    for (const words of [
      /✗ chat_db .*\n +→ .*Full Disk Access/,
      /✗ power .*\n +→ /,
      /✗ hub .*cannot be reached/,
    ]) {
      expect(output).toMatch(words);
    }
    expect(output).not.toContain(rig.hub.token);
  });

  test('says as JSON what it says in words, for a Mac that is not paired too', async () => {
    await using rig = await BridgeRig.prepare();
    const { code, output } = await rig.outcome('doctor', '--json');
    const results = JSON.parse(output) as Result[];
    expect(code).toBe(1);
    expect(results.filter(({ verdict }) => verdict === 'failed').map(({ check }) => check)).toEqual([
      'paired',
    ]);
    const checks = results.map(({ check }) => check);
    expect(new Set(checks).size).toBe(checks.length);
  });

  test('tells a refusal and an account that is signed out from each other', async () => {
    await using rig = await BridgeRig.prepare();
    await rig.mac.behave('*', 'automation-denied');
    const denied = await rig.outcome('doctor');
    expect(denied.output).toMatch(/✗ automation .*refuses[^\n]*\n +→ [^\n]*Automation/);
    await rig.mac.behave('*', 'normal');
    expect((await rig.outcome('doctor')).output).toMatch(/✓ automation/);
  });

  test('repeats what the running bridge says where this terminal is granted less or more', async () => {
    await using rig = await BridgeRig.start();
    await waitFor('its report', () => existsSync(join(rig.home, 'health.json')));
    const real = rig.mac.chatDb;
    rig.set({ BRIDGE_CHAT_DB: '/nowhere/chat.db' });
    const blind = await rig.outcome('doctor');
    expect(blind.output).toMatch(/✓ chat_db .*The running bridge says so/);
    expect((await rig.outcome('status')).output).toMatch(
      /messages +.*chat.db can be read \(the running bridge says so\)/,
    );
    await rig.kill();
    const still = await rig.outcome('doctor');
    expect(still.output).toMatch(/✗ chat_db /);
    expect(still.output).toContain(process.execPath);
    const bridge = rig.runAlone();
    await bridge.waitForLog('bridge started');
    await waitFor('a blind bridge', () =>
      readFileSync(join(rig.home, 'health.json'), 'utf8').includes('nowhere'),
    );
    rig.set({ BRIDGE_CHAT_DB: real });
    const seeing = await rig.outcome('doctor');
    expect(seeing.output).toMatch(/✗ chat_db .*The running bridge says so/);
  });

  test('goes on where every tool is missing: what cannot be told is no failure', async () => {
    await using rig = await BridgeRig.prepare();
    rig.set({ PATH: `${join(rig.mac.home, 'bin')}${delimiter}${dirname(process.execPath)}` });
    rig.writePairing();
    const { code, output } = await rig.outcome('doctor');
    expect(output.match(/✗ \S+/g)).toEqual(['✗ bridge']);
    expect(code).toBe(1);
    expect(output).toMatch(/– power/);
    expect(output).toMatch(/– messages_running/);
  });
});

test('status tells programs what it tells people: pace, what waits, what was found', async () => {
  await using rig = await BridgeRig.start();
  rig.hub.tell({ pace: { per_minute: 10, gap_ms: 2_000, jitter_ms: 500 }, extra_events: [] });
  const status = await waitFor('the pace', async () => {
    const { output } = await rig.outcome('status', '--json');
    const told = JSON.parse(output) as Status;
    return told.pace?.per_minute === 10 && told.findings.length > 0 && told;
  });
  expect(status).toMatchObject({
    device_id: 'device-1',
    running: true,
    connected: true,
    launchd: { installed: false, state: 'not_loaded' },
    messages_running: true,
    waiting: { open_sends: 0, unacked_entries: 0 },
  });
  expect(JSON.stringify(status)).not.toContain(rig.hub.token);
  await rig.kill();
  const { output } = await rig.outcome('status');
  expect(output).toMatch(/pace +10 a minute at most, 2000 to 2500 ms apart/);
  expect(output).toMatch(/findings +nothing wrong when it last ran/);
});

describe.concurrent('device health', () => {
  const healthWith = (rig: BridgeRig, check: string, ok: boolean) =>
    waitFor(`${check} ${ok}`, () =>
      rig.hub.healths.at(-1)?.findings.find((finding) => finding.check === check && finding.ok === ok),
    );

  test('a chat.db that cannot be read stops sending until it can', async () => {
    await using rig = await BridgeRig.prepare();
    rig.writePairing();
    const later = join(dirname(rig.home), 'later.db');
    rig.set({ BRIDGE_CHAT_DB: later });
    await rig.run();
    const finding = await healthWith(rig, 'chat_db', false);
    expect(finding.blocks_sending).toBe(true);
    const messages = openSqlite(rig.mac.chatDb);
    await messages.backup(`${later}.new`);
    messages.close();
    renameSync(`${later}.new`, later);
    const lifted = await healthWith(rig, 'chat_db', true);
    expect(lifted.blocks_sending).toBeUndefined();
  });

  test('a staging folder that cannot be written, and a Messages that does not run, are told and stop no text', async () => {
    await using rig = await BridgeRig.prepare();
    rig.writePairing();
    const file = join(dirname(rig.home), 'in-the-way');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    rig.set({ BRIDGE_STAGING_DIR: join(file, 'staging') });
    await rig.mac.happen({ happening: 'messages-quits' });
    await rig.run();
    for (const check of ['staging', 'messages_running']) {
      expect((await healthWith(rig, check, false)).blocks_sending).toBeUndefined();
    }
    await rig.hub.send({ id: 'm1', to: ANNA });
    await rig.hub.waitForStatus('m1', 'SENT');
  });
});

describe.concurrent('sending and receiving work', () => {
  const sendAndReceive = async (rig: BridgeRig): Promise<void> => {
    await rig.hub.send({ id: 'm1', to: ANNA });
    await rig.hub.waitForStatus('m1', 'SENT');
    await rig.mac.receive({ from: ANNA, text: 'hello' });
    await waitFor('the message', () => rig.hub.messages.length === 1);
  };

  test('where every tool is missing', async () => {
    await using rig = await BridgeRig.prepare();
    rig.writePairing();
    rig.set({ PATH: `${join(rig.mac.home, 'bin')}${delimiter}${dirname(process.execPath)}` });
    await rig.run();
    await sendAndReceive(rig);
    expect(await rig.bridge!.end('SIGTERM')).toBe(0);
  });

  test('where every tool hangs', async () => {
    await using rig = await BridgeRig.prepare();
    rig.writePairing();
    for (const tool of [
      'pgrep',
      'open',
      'pmset',
      'caffeinate',
      'launchctl',
      'sw_vers',
      'sips',
      'afconvert',
    ]) {
      await rig.mac.toolBehaves(tool, 'hangs');
    }
    await rig.run();
    await sendAndReceive(rig);
    expect(await rig.bridge!.end('SIGTERM')).toBe(0);
  });
});

describe.concurrent('the Mac is kept awake', () => {
  test('while the bridge runs, by a caffeinate that watches it', async () => {
    await using rig = await BridgeRig.start();
    const pid = rig.bridge!.child.pid;
    const call = await waitFor('caffeinate', async () =>
      (await rig.mac.toolCalls()).find(({ tool }) => tool === 'caffeinate'),
    );
    expect(call.argv).toEqual(['-i', '-m', '-s', '-w', String(pid)]);
  });

  test('only where that is wanted', async () => {
    await using rig = await BridgeRig.start({ env: { BRIDGE_KEEP_AWAKE: 'false' } });
    await waitFor('the checks', async () => (await rig.mac.toolCalls()).some(({ tool }) => tool === 'pmset'));
    expect((await rig.mac.toolCalls()).map(({ tool }) => tool)).not.toContain('caffeinate');
  });
});

describe.concurrent('files that are damaged', () => {
  test('a damaged database is refused with its path and what to do, and told by doctor', async () => {
    await using rig = await BridgeRig.start();
    await rig.kill();
    const path = join(rig.home, 'bridge.db');
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    writeFileSync(path, 'not a database at all, but long enough to be read as one. '.repeat(200));
    for (const command of ['run', 'status']) {
      const { code, output } = await rig.outcome(command);
      expect(code, command).toBe(1);
      expect(
        output.split('\n').filter((line) => !line.startsWith('{')),
        command,
      ).toHaveLength(1);
      expect(output).toContain(path);
      expect(output).toContain('Move');
    }
    expect((await rig.outcome('doctor')).output).toMatch(/✗ database/);
    rmSync(path);
    await rig.run();
  });

  test('a damaged lock and a home that is no folder are refused with their path', async () => {
    await using rig = await BridgeRig.prepare();
    rig.writePairing();
    const lock = join(rig.home, 'bridge.lock');
    writeFileSync(lock, 'not a database at all, but long enough to be read as one. '.repeat(200));
    const locked = await rig.outcome('run');
    expect(locked.code).toBe(1);
    expect(locked.output).toContain(lock);
    expect(locked.output).toContain('remove it');
    rig.set({ BRIDGE_HOME: lock, NODE_OPTIONS: `${rig.mac.bridgeEnv().NODE_OPTIONS} ${AS_USER}` });
    for (const command of ['run', 'doctor', 'install', 'pair'] as const) {
      const args = command === 'pair' ? [rig.hub.url, rig.hub.code] : [];
      const { code, output } = await rig.outcome(command, ...args);
      expect(code, command).toBe(1);
      expect(output, command).toContain(lock);
    }
  });
});

test('the log goes to a file where it is asked to, and is followed while it is written', async () => {
  await using rig = await BridgeRig.prepare();
  rig.writePairing();
  const none = await rig.outcome('logs');
  expect(none.code).toBe(1);
  expect(none.output).toContain('There is no log');
  rig.set({ BRIDGE_LOG_DIR: join(rig.mac.home, 'Logs here') });
  await using reader = rig.command('logs', '-f', '-n', '5');
  const bridge = rig.runAlone();
  await waitFor('the log', () => reader.lines.some((line) => line.includes('connected to the hub')));
  expect(await bridge.end('SIGTERM')).toBe(0);
  await waitFor('its end', () => reader.lines.some((line) => line.includes('bridge stopping')));
  expect(bridge.lines).toEqual([]);
  expect(await reader.end('SIGTERM')).toBe(0);
});
