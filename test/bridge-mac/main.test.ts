import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import { Program } from '../kit/program.ts';
import { waitFor } from '../kit/wait.ts';
import { BridgeRig } from './kit/bridge-rig.ts';
import { StandInHub } from './kit/stand-in-hub.ts';

const ANNA = '+12145550101';

/** Runs the bridge's program without any Mac. */
async function runBare(args: string[], env: Record<string, string> = {}) {
  const home = await mkdtemp(join(tmpdir(), 'bluewire-bare-'));
  await using program = new Program('bridge', 'bridge-mac/main.ts', args, { BRIDGE_HOME: home, ...env });
  const code = await program.waitForExit();
  await rm(home, { recursive: true, force: true });
  return { code, output: program.lines.join('\n'), lines: program.lines };
}

describe.concurrent('the program', () => {
  test('prints its commands and its configuration', async () => {
    const { code, output } = await runBare(['--help']);
    expect(code).toBe(0);
    for (const word of [
      'pair <hub-url> <code>',
      'run',
      'status',
      'BRIDGE_HOME',
      'BRIDGE_CHAT_DB',
      'BRIDGE_STAGING_DIR',
    ]) {
      expect(output).toContain(word);
    }
    for (const word of ['BRIDGE_SEND_DEADLINE', 'BRIDGE_OSASCRIPT_TIMEOUT', 'LOG_LEVEL'])
      expect(output).toContain(word);
  });

  test.each([
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
    [{ BRIDGE_SEND_DEADLINE: 'soon' }, 'BRIDGE_SEND_DEADLINE'],
    [{ BRIDGE_OSASCRIPT_TIMEOUT: '0s' }, 'BRIDGE_OSASCRIPT_TIMEOUT'],
    [
      { BRIDGE_SEND_ROUTES: 'fax,pigeon' },
      'BRIDGE_SEND_ROUTES is not usable: write one or more of participant, buddy, chat, with commas between.',
    ],
  ])('refuses wrong configuration by name: %j', async (env, name) => {
    const { code, output } = await runBare(['run'], env);
    expect(code).toBe(1);
    expect(output).toContain(name);
  });

  test.skipIf(process.platform === 'darwin').each(['run', 'install', 'uninstall'])(
    'says that %s needs macOS, and what there is here, and makes nothing',
    async (command) => {
      const home = join(tmpdir(), `bluewire-none-${command}-${process.pid}`);
      const { code, lines } = await runBare([command], { BRIDGE_HOME: home });
      expect(code).toBe(1);
      expect(lines).toEqual([expect.stringMatching(/macOS.*npm start/)]);
      expect(existsSync(home)).toBe(false);
    },
  );

  test.skipIf(process.platform === 'darwin')(
    'doctor makes nothing, and misses osascript in words',
    async () => {
      const place = await mkdtemp(join(tmpdir(), 'bluewire-looked-at-'));
      const { code, output } = await runBare(['doctor'], { HOME: place, BRIDGE_HOME: join(place, 'home') });
      expect(code).toBe(1);
      expect(output).toContain('there is no osascript on this system');
      expect(output).not.toContain('undefined');
      expect(readdirSync(place)).toEqual([]);
      await rm(place, { recursive: true, force: true });
    },
  );

  test('refuses an unknown command', async () => {
    const { code, output } = await runBare(['dance']);
    expect(code).toBe(1);
    expect(output).toContain('dance');
  });

  test('run and status say that there is no pairing yet', async () => {
    await using rig = await BridgeRig.prepare();
    for (const command of ['run', 'status']) {
      const { code, output } = await rig.outcome(command);
      expect(code, command).toBe(1);
      expect(output).toContain('pair <hub-url> <code>');
    }
    const { code, output } = await rig.outcome('status', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ paired: false, running: false });
  });

  test('says in one line that the identity is damaged', async () => {
    await using rig = await BridgeRig.prepare();
    await rig.pair();
    writeFileSync(join(rig.home, 'identity.json'), '{"token": "half');
    const { code, output } = await rig.outcome('run');
    expect(code).toBe(1);
    expect(output.split('\n')).toHaveLength(1);
    expect(output).toContain('damaged');
    await rig.pair();
    await rig.run();
  });
});

describe.concurrent('pair', () => {
  test('stores a credential that only its owner can read', async () => {
    await using rig = await BridgeRig.prepare();
    const { code, output } = await rig.outcome('pair', `${rig.hub.url}/`, rig.hub.code);
    expect(code).toBe(0);
    expect(output).toContain('Front desk');
    expect(output).not.toContain(rig.hub.token);
    const path = join(rig.home, 'identity.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      hub_url: rig.hub.url,
      device_id: 'device-1',
    });
    expect(rig.hub.pairings[0]).toMatchObject({
      kind: 'mac',
      protocol: PROTOCOL_VERSION,
      code: rig.hub.code,
    });
  });

  test("repeats the hub's sentence when the code is wrong or the protocol another", async () => {
    await using rig = await BridgeRig.prepare();
    const wrong = await rig.outcome('pair', rig.hub.url, 'BAD-CODE');
    expect(wrong).toEqual({ code: 1, output: 'This code is wrong, used or expired.' });
    const message = 'The hub speaks protocol 9.';
    const body = { status: 'error', code: 'unsupported_protocol', error: message, message, details: [] };
    rig.hub.pairAnswer = { status: 426, body };
    expect(await rig.outcome('pair', rig.hub.url, 'X')).toEqual({ code: 1, output: message });
  });

  test('says so when nothing, or something else, answers', async () => {
    await using hub = await StandInHub.start();
    const { url } = hub;
    hub.pairAnswer = { status: 200, body: '<html>' };
    const other = await runBare(['pair', url, 'X']);
    expect(other.output).toContain('not a Bluewire hub');
    await hub.close();
    const none = await runBare(['pair', url, 'X']);
    expect(none.code).toBe(1);
    expect(none.output).toContain('cannot be reached');
    for (const address of ['nonsense', 'ftp://hub', 'localhost:8080']) {
      const { code, lines } = await runBare(['pair', address, 'X']);
      expect(code).toBe(1);
      expect(lines).toEqual([expect.stringContaining('not the address of a hub')]);
    }
  });

  test('again with the same device keeps what waits; with another it says what is dropped', async () => {
    await using rig = await BridgeRig.start();
    await rig.hub.close();
    await rig.mac.receive({ from: ANNA, text: 'waits for the hub' });
    await waitFor('the row', () => rig.bridge!.log.some((line) => line.msg === 'received'));
    const refused = await rig.outcome('pair', rig.hub.url, rig.hub.code);
    expect(refused.output).toContain('is running');
    await rig.kill();
    await rig.hub.listen();
    const same = await rig.outcome('pair', rig.hub.url, rig.hub.code);
    expect(same.output).toContain('kept');
    await rig.run();
    await waitFor('the message', () => rig.hub.messages.length === 1);
    const journal = rig.hub.hellos.at(-1)!.journal_id;
    await rig.kill();

    rig.hub.deviceId = 'device-2';
    const other = await rig.outcome('pair', rig.hub.url, rig.hub.code);
    expect(other.output).toContain('dropped');
    await rig.run();
    expect(rig.hub.hellos.at(-1)!.journal_id).not.toBe(journal);
    await rig.mac.receive({ from: ANNA, text: 'for the second device' });
    await waitFor('the second message', () => rig.hub.messages.length === 2);
    expect(rig.hub.messages.map((message) => message.text)).toEqual([
      'waits for the hub',
      'for the second device',
    ]);
  });
});

describe.concurrent('run', () => {
  test('is refused a second time on the same home, until the first is gone', async () => {
    await using rig = await BridgeRig.start();
    const { code, output } = await rig.outcome('run');
    expect(code).toBe(1);
    expect(output).toContain('Another bridge already runs');
    await rig.kill();
    await rig.run();
  });

  test('ends cleanly on SIGTERM, with and without a hub', async () => {
    await using rig = await BridgeRig.start();
    expect(await rig.bridge!.end('SIGTERM')).toBe(0);
    await rig.hub.close();
    const bridge = rig.runAlone();
    await bridge.waitForLog('bridge started');
    expect(await bridge.end('SIGTERM')).toBe(0);
  });

  test('says what to do about a chat.db that it may not read, and goes on', async () => {
    await using rig = await BridgeRig.prepare({ env: { BRIDGE_CHAT_DB: '/nowhere/chat.db' } });
    await rig.pair();
    await rig.run();
    await waitFor('a warning', () => rig.bridge!.log.some((line) => line.msg?.includes('Full Disk Access')));
    const health = await waitFor('health', () => rig.hub.healths.find(({ findings }) => findings.length > 0));
    expect(health.findings[0]).toMatchObject({ check: 'chat_db', ok: false });
    await rig.hub.send({ id: 'm1', to: ANNA });
    expect(await rig.mac.calls()).toEqual([]);
  });

  test('refuses a database of a newer Bluewire', async () => {
    await using rig = await BridgeRig.start();
    await rig.kill();
    const { default: Database } = await import('better-sqlite3');
    const db = new Database(join(rig.home, 'bridge.db'));
    db.pragma('user_version = 99');
    db.close();
    const { code, output } = await rig.outcome('run');
    expect(code).toBe(1);
    expect(output).toContain('newer Bluewire');
  });
});

test('status says with whom this Mac is paired, whether the bridge runs, and what waits', async () => {
  await using rig = await BridgeRig.start();
  const running = await rig.outcome('status');
  expect(running.code).toBe(0);
  expect(running.output).toContain(rig.hub.url);
  expect(running.output).toContain('Front desk');
  expect(running.output).toMatch(/bridge +running/);
  expect(running.output).toContain('chat.db can be read');
  expect(running.output).not.toContain(rig.hub.token);
  await rig.kill();
  expect((await rig.outcome('status')).output).toMatch(/bridge +not running/);
});
