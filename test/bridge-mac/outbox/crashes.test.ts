import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../kit/wait.ts';
import { BridgeRig } from '../kit/bridge-rig.ts';

const ANNA = '+12145550101';
const DEADLINE = { BRIDGE_SEND_DEADLINE: '3s', BRIDGE_OSASCRIPT_TIMEOUT: '4s' };

describe.concurrent('a bridge killed with SIGKILL', () => {
  test('right after it accepted sends it, once', async () => {
    await using rig = await BridgeRig.start({ env: DEADLINE });
    await rig.hub.send({ id: 'm1', to: ANNA });
    await rig.kill();
    await rig.run();
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    expect(await rig.mac.sent()).toHaveLength(1);
  });

  test('after the attempt was noted and before its inputs were written tries again: nothing can have left', async () => {
    await using rig = await BridgeRig.start({ env: DEADLINE });
    // Opening a pipe for writing waits for a reader: the bridge stands still between the two.
    const inputs = join(rig.home, 'outgoing');
    mkdirSync(inputs, { recursive: true });
    execFileSync('/usr/bin/mkfifo', [join(inputs, '1-1.recipient')]);
    await rig.hub.send({ id: 'm1', to: ANNA });
    await waitFor('the draft of the text', () => existsSync(join(inputs, '1-1.text.new')));
    await rig.kill();
    expect(await rig.mac.calls()).toEqual([]);
    await rig.run();
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    expect(await rig.mac.sent()).toHaveLength(1);
  });

  test('before osascript read its inputs takes them away and sends again: the first can never leave', async () => {
    await using rig = await BridgeRig.start({ env: DEADLINE });
    const osascript = join(rig.mac.home, 'bin', 'osascript');
    const real = readFileSync(osascript, 'utf8');
    const slow = real.replace('\n', '\necho started > "$0.started"\nsleep 5\n');
    writeFileSync(osascript, slow);
    await rig.hub.send({ id: 'm1', to: ANNA });
    await waitFor('osascript', () => existsSync(`${osascript}.started`));
    await rig.kill();
    writeFileSync(`${osascript}.new`, real, { mode: 0o755 });
    renameSync(`${osascript}.new`, osascript);
    await rig.run();
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    await waitFor('the first osascript to give up', async () => (await rig.mac.calls()).length === 2);
    expect(await rig.mac.sent()).toHaveLength(1);
  });

  test('and once more while it takes the inputs away still knows that they may have been read', async () => {
    await using rig = await BridgeRig.start({ env: DEADLINE });
    // Messages has it, and osascript is not back yet.
    const osascript = join(rig.mac.home, 'bin', 'osascript');
    const lingering = `${readFileSync(osascript, 'utf8').replace('exec ', '')}\nsleep 20\n`;
    writeFileSync(osascript, lingering);
    await rig.mac.behave(ANNA, 'late-row-8000', 1);
    await rig.hub.send({ id: 'm1', to: ANNA });
    await waitFor('osascript', async () => (await rig.mac.calls()).length === 1);
    await rig.kill();
    rig.runAlone();
    const inputs = join(rig.home, 'outgoing');
    await waitFor('the withdrawal', () => existsSync(join(inputs, '1-1.text.withdrawn')));
    await rig.kill();
    await rig.run();
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    expect(await rig.mac.sent()).toHaveLength(1);
    expect(await rig.mac.calls()).toHaveLength(1);
  });

  test('while osascript runs and the message leaves finds its row and does not send again', async () => {
    await using rig = await BridgeRig.start({ env: DEADLINE });
    await rig.mac.behave(ANNA, 'late-row-1500');
    await rig.hub.send({ id: 'm1', to: ANNA });
    await waitFor('osascript', async () => (await rig.mac.calls()).length === 1);
    await rig.kill();
    await rig.run();
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    expect(await rig.mac.sent()).toHaveLength(1);
    expect(await rig.mac.calls()).toHaveLength(1);
  });

  test('while osascript hangs and nothing leaves says that it cannot tell, and never sends again', async () => {
    await using rig = await BridgeRig.start({ env: DEADLINE });
    await rig.mac.behave(ANNA, 'hangs', 1);
    await rig.hub.send({ id: 'm1', to: ANNA, text: 'first' });
    await rig.hub.send({ id: 'm2', to: ANNA, text: 'second' });
    await waitFor('osascript', async () => (await rig.mac.calls()).length === 1);
    await rig.kill();
    await rig.run();
    await rig.hub.waitForStatus('m1', 'FAILED');
    expect(rig.hub.statusEntriesOf('m1')[0]?.error?.code).toBe('send_timeout_unknown');
    await rig.hub.waitForStatus('m2', 'DELIVERED');
    expect((await rig.mac.sent()).map((record) => record.text)).toEqual(['second']);
    expect(readdirSync(join(rig.home, 'outgoing'))).toEqual([]);
  });

  test('after the row landed reports it after the restart', async () => {
    await using rig = await BridgeRig.start({ env: DEADLINE });
    await rig.hub.close();
    await rig.hub.listen();
    await rig.hub.send({ id: 'm1', to: ANNA });
    await waitFor('the send', async () => (await rig.mac.sent()).length === 1);
    await rig.kill();
    await rig.run();
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    expect(rig.hub.statusesOf('m1')).toEqual(['SENT', 'DELIVERED']);
    expect(await rig.mac.sent()).toHaveLength(1);
  });

  test('again and again during twenty messages sends each once, with one final status each', async () => {
    await using rig = await BridgeRig.start({ env: { BRIDGE_SEND_DEADLINE: '20s' } });
    const ids = Array.from({ length: 20 }, (_, index) => `m${index}`);
    const sending = (async () => {
      for (const [index, id] of ids.entries()) {
        await rig.hub.send({ id, to: `+1214555010${index % 5}`, text: `text ${index}` });
      }
    })();
    for (let kills = 0; kills < 5; kills += 1) {
      const before = rig.hub.entries.length;
      await waitFor('some progress', () => rig.hub.entries.length > before + 2);
      await rig.kill();
      rig.runAlone();
    }
    await sending;
    for (const id of ids) await rig.hub.waitForStatus(id, 'DELIVERED');
    for (const id of ids) expect(rig.hub.statusesOf(id), id).toEqual(['SENT', 'DELIVERED']);
    const sent = (await rig.mac.sent()).map((record) => record.text);
    expect(sent.toSorted()).toEqual(ids.map((_, index) => `text ${index}`).toSorted());
  });
});

test('inputs that a crash left behind without an attempt to use them are removed at the start', async () => {
  await using rig = await BridgeRig.start();
  await rig.hub.send({ id: 'm1', to: ANNA });
  await rig.hub.waitForStatus('m1', 'DELIVERED');
  await rig.kill();
  writeFileSync(join(rig.home, 'outgoing', '77-1.text'), 'left behind');
  await rig.run();
  await waitFor('an empty folder', () => readdirSync(join(rig.home, 'outgoing')).length === 0);
  rmSync(join(rig.home, 'outgoing'), { recursive: true });
});
