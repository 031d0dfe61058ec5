import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { waitFor } from '../kit/wait.ts';
import { startSimulatedMac } from './client.ts';
import { runTool, sendText, tell } from './kit.ts';

const ANNA = '+12145550100';
const uid = process.getuid?.() ?? 0;
const mac = await startSimulatedMac({ pace: 0.01 });
afterAll(() => mac[Symbol.asyncDispose]());
const run = (tool: string, ...args: string[]) => runTool(mac, tool, args);

describe('Messages as a process', () => {
  test('gone, it is −600 to every script until open or a script’s launch starts it', async () => {
    for (const start of [() => run('open', '-g', '-j', '-a', 'Messages'), () => tell(mac, 'launch')]) {
      await mac.happen({ happening: 'messages-quits' });
      expect((await run('pgrep', '-U', String(uid), '-x', 'Messages')).code).toBe(1);
      expect((await sendText(mac, ANNA, 'no')).stderr).toContain('(-600)');
      expect((await tell(mac, 'count accounts')).stderr).toContain('(-600)');
      expect((await start()).code).toBe(0);
      expect((await run('pgrep', '-U', String(uid), '-x', 'Messages')).stdout).toMatch(/^\d+\n$/);
      expect((await tell(mac, 'count accounts')).stdout).toBe('3\n');
    }
    expect((await mac.sent()).length).toBe(0);
    expect((await run('open', '-a', 'Nothing')).stderr).toContain('Unable to find application');
  });

  test('stuck, it answers nothing, quit neither, until it is killed and opened', async () => {
    for (const [tool, ...args] of [
      ['pkill', '-TERM', '-U', String(uid), '-x', 'Messages'],
      ['killall', 'Messages'],
    ] as const) {
      await mac.happen({ happening: 'messages-stuck' });
      expect((await sendText(mac, ANNA, 'no')).stderr).toContain('(-1712)');
      expect((await tell(mac, 'quit')).stderr).toContain('(-1712)');
      expect((await runTool(mac, tool, args)).code).toBe(0);
      expect((await runTool(mac, tool, args)).code).toBe(1);
      expect((await tell(mac, 'count accounts')).stderr).toContain('(-600)');
      await run('open', '-a', 'Messages');
      expect((await tell(mac, 'count accounts')).stdout).toBe('3\n');
    }
    expect((await mac.sent()).length).toBe(0);
  });

  test('killed while an Apple event waits for it, the event gets −609', async () => {
    await using slow = await startSimulatedMac({ pace: 1 });
    await slow.happen({ happening: 'messages-stuck' });
    const call = sendText(slow, ANNA, 'x');
    await waitFor('the call', async () => (await slow.calls()).length === 1);
    await runTool(slow, 'pkill', ['-x', 'Messages']);
    expect((await call).stderr).toContain('(-609)');
  });

  test('pgrep shows other users nothing, and launchd only with -a', async () => {
    expect((await run('pgrep', '-U', '77777', '-x', 'Messages')).code).toBe(1);
    expect((await run('pgrep', '-x', 'launchd')).code).toBe(1);
    expect((await run('pgrep', '-a', '-x', 'launchd')).stdout).toBe('1\n');
    expect((await run('pkill', '-U', '77777', '-x', 'Messages')).code).toBe(1);
    expect((await run('pgrep', '-x', 'Messages')).code).toBe(0);
  });

  test('asleep, it takes what people write only with the next Apple event, even over a restart', async () => {
    await using idle = await startSimulatedMac({ pace: 0 });
    await idle.happen({ happening: 'messages-sleeps' });
    expect((await idle.receive({ from: ANNA, text: 'one' })).rowid).toBe(0);
    await idle.restart();
    expect((await idle.receive({ from: ANNA, text: 'two' })).rowid).toBe(0);
    await tell(idle, 'count accounts');
    expect((await idle.receive({ from: ANNA, text: 'three' })).rowid).toBe(3);
  });
});

describe('the permission to control Messages', () => {
  const unasked = () => mac.happen({ happening: 'automation-reset' });

  test('the first Apple event waits for a person, who allows it or not', async () => {
    await using slow = await startSimulatedMac({ pace: 1 });
    await slow.happen({ happening: 'automation-reset' });
    const allowed = tell(slow, 'count accounts');
    await waitFor('the call', async () => (await slow.calls()).length === 1);
    await slow.happen({ happening: 'automation-allowed' });
    expect((await allowed).stdout).toBe('3\n');
    await runTool(slow, 'tccutil', ['reset', 'AppleEvents']);
    const refused = tell(slow, 'count accounts');
    await waitFor('the call', async () => (await slow.calls()).length === 2);
    await slow.happen({ happening: 'automation-refused' });
    expect((await refused).stderr).toContain('(-1743)');
  });

  test('nobody there: after two minutes it is denied, and stays so until it is reset', async () => {
    await unasked();
    expect((await tell(mac, 'count accounts')).stderr).toContain('(-1743)');
    expect((await sendText(mac, ANNA, 'no')).stderr).toContain('(-1743)');
    await mac.restart();
    expect((await tell(mac, 'count accounts')).stderr).toContain('(-1743)');
    await mac.happen({ happening: 'automation-allowed' });
    expect((await tell(mac, 'count accounts')).stdout).toBe('3\n');
  });
});

describe('launchctl', () => {
  const label = 'com.example.agent';
  const target = `gui/${uid}/${label}`;
  const file = join(mac.home, 'agent.plist');
  const agent = (program: string) =>
    `<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict><key>Label</key><string>${label}</string>
     <key>ProgramArguments</key><array><string>${program}</string></array></dict></plist>`;

  test('an agent is loaded, printed, kicked, unloaded; a second time or when it is not there, refused by number', async () => {
    writeFileSync(file, agent('/bin/agent'));
    expect((await run('launchctl', 'print', target)).code).toBe(113);
    expect((await run('launchctl', 'bootstrap', `gui/${uid}`, file)).code).toBe(0);
    expect(await run('launchctl', 'bootstrap', `gui/${uid}`, file)).toMatchObject({
      code: 37,
      stderr: 'Bootstrap failed: 37: Operation already in progress\n',
    });
    expect((await run('launchctl', 'print', target)).stdout).toMatch(/program = \/bin\/agent\n\tpid = \d+/);
    expect((await run('launchctl', 'kickstart', '-k', target)).code).toBe(0);
    expect((await run('launchctl', 'bootout', target)).code).toBe(0);
    expect((await run('launchctl', 'bootout', target)).stderr).toBe('Boot-out failed: 3: No such process\n');
    expect((await run('launchctl', 'kickstart', target)).code).toBe(113);
    expect((await run('launchctl', 'managername')).stdout).toBe('Aqua\n');
  });

  test('a disabled agent, a broken list, another domain are refused', async () => {
    writeFileSync(file, agent('/bin/agent'));
    await run('launchctl', 'disable', target);
    expect((await run('launchctl', 'bootstrap', `gui/${uid}`, file)).code).toBe(119);
    await run('launchctl', 'enable', target);
    expect((await run('launchctl', 'bootstrap', `user/${uid}`, file)).stderr).toContain(
      '125: Domain does not',
    );
    writeFileSync(file, 'no list');
    expect((await run('launchctl', 'bootstrap', `gui/${uid}`, file)).stderr).toContain(
      '5: Input/output error',
    );
  });

  test('one subcommand may be made to fail or to hang, so many times', async () => {
    const fault = { code: 5, stderr: 'Bootstrap failed: 5: Input/output error\n' };
    await mac.toolBehaves('launchctl bootstrap', fault, 1);
    writeFileSync(file, agent('/bin/other'));
    expect(await run('launchctl', 'bootstrap', `gui/${uid}`, file)).toEqual({ ...fault, stdout: '' });
    expect((await run('launchctl', 'bootstrap', `gui/${uid}`, file)).code).toBe(0);
    await mac.toolBehaves('launchctl', 'hangs');
    const kill = new AbortController();
    const calls = async () => (await mac.toolCalls()).filter(({ argv }) => argv.includes(target)).length;
    const before = await calls();
    const hanging = runTool(mac, 'launchctl', ['print', target], kill.signal);
    await waitFor('the call', async () => (await calls()) > before);
    kill.abort();
    expect((await hanging).code).toBeNull();
    await mac.toolBehaves('launchctl', 'normal');
    expect((await run('launchctl', 'print', target)).code).toBe(0);
  });
});

describe('other tools', () => {
  test('sips and afconvert write files that are recognised, or say what is wrong', async () => {
    const [heic, caf] = [join(mac.home, 'a.heic'), join(mac.home, 'a.caf')];
    for (const path of [heic, caf]) writeFileSync(path, 'original');
    const [jpeg, m4a] = [join(mac.home, 'a.jpg'), join(mac.home, 'a.m4a')];
    expect((await run('sips', '-s', 'format', 'jpeg', heic, '--out', jpeg)).code).toBe(0);
    expect((await run('afconvert', '-f', 'm4af', '-d', 'aac', caf, m4a)).code).toBe(0);
    expect(readFileSync(jpeg).subarray(0, 3).toString('hex')).toBe('ffd8ff');
    expect(readFileSync(m4a).subarray(4, 11).toString()).toBe('ftypM4A');
    expect((await run('sips', '-s', 'format', 'jpeg', '/none', '--out', jpeg)).code).toBe(13);
    expect((await run('afconvert', '-f', 'm4af', '-d', 'aac', '/none', m4a)).code).toBe(1);
    await mac.toolBehaves('sips', { code: 1, stderr: 'Error 4' }, 1);
    expect(await run('sips', '-s', 'format', 'jpeg', heic, '--out', jpeg)).toMatchObject({
      code: 1,
      stderr: 'Error 4',
    });
  });

  test('caffeinate stays as long as the process it is told to watch', async () => {
    const watched = execFile(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    const call = run('caffeinate', '-i', '-m', '-s', '-w', String(watched.pid));
    await waitFor('the call', async () => (await mac.toolCalls()).some(({ tool }) => tool === 'caffeinate'));
    watched.kill();
    expect((await call).code).toBe(0);
  });

  test('they say what this Mac is, and every call is kept', async () => {
    expect((await run('sw_vers', '-productVersion')).stdout).toBe('26.3\n');
    expect((await run('sw_vers')).stdout).toContain('ProductName:\t\tmacOS');
    expect((await run('pmset', '-g')).stdout).toMatch(/ sleep +1/);
    expect((await run('id', '-u')).stdout).toBe(`${uid}\n`);
    expect((await run('defaults', 'read', 'com.apple.x', 'y')).code).toBe(1);
    expect((await mac.toolCalls()).at(-1)).toMatchObject({
      tool: 'defaults',
      argv: ['read', 'com.apple.x', 'y'],
    });
  });

  test('without tools a bridge finds osascript and nothing else of this Mac', () => {
    const [withTools, without] = [mac.bridgeEnv().PATH ?? '', mac.bridgeEnv({ tools: false }).PATH ?? ''];
    expect(withTools.split(':').slice(0, 2)).toEqual([join(mac.home, 'bin'), join(mac.home, 'tools')]);
    expect(without).not.toContain(join(mac.home, 'tools'));
  });
});
