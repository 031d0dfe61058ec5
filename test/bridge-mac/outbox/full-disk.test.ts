import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { waitFor } from '../../kit/wait.ts';
import { BridgeRig } from '../kit/bridge-rig.ts';

const ANNA = '+12145550101';

test('a bridge that starts after a crash on a disk where nothing can be written waits, and then decides and sends', async () => {
  await using rig = await BridgeRig.start({
    env: { BRIDGE_SEND_DEADLINE: '1s', BRIDGE_OSASCRIPT_TIMEOUT: '3s' },
  });
  await rig.mac.behave(ANNA, 'hangs', 1);
  await rig.hub.send({ id: 'm1', to: ANNA });
  await rig.bridge!.waitForLog('attempt');
  await rig.kill();
  // A full disk is stood in for by a database that fails every change to a send.
  const path = join(rig.home, 'bridge.db');
  const refuse = (sql: string): void => {
    const db = new Database(path, { timeout: 10_000 });
    db.exec(sql);
    db.close();
  };
  refuse("CREATE TRIGGER full BEFORE UPDATE ON sends BEGIN SELECT RAISE(ABORT, 'disk is full'); END");
  const bridge = await rig.run();
  await rig.hub.send({ id: 'm2', to: ANNA, text: 'second' });
  expect(bridge.running).toBe(true);
  expect(rig.hub.statusesOf('m1')).toEqual([]);
  refuse('DROP TRIGGER full');
  await rig.hub.waitForStatus('m1', 'FAILED', 20_000);
  await rig.hub.waitForStatus('m2', 'DELIVERED', 20_000);
  expect((await rig.mac.sent()).map((record) => record.text)).toEqual(['second']);
});

test('a bridge that cannot write down how far the hub has heard it goes on, and says nothing twice', async () => {
  await using rig = await BridgeRig.start();
  const path = join(rig.home, 'bridge.db');
  const change = (sql: string): void => {
    const db = new Database(path, { timeout: 10_000 });
    db.exec(sql);
    db.close();
  };
  change("CREATE TRIGGER full BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'disk is full'); END");
  rig.hub.loseAcks = 1;
  await rig.mac.receive({ from: ANNA, text: 'first' });
  await waitFor('a second connection', () => rig.hub.hellos.length > 1);
  await rig.bridge!.waitForLog('received');
  await rig.mac.receive({ from: ANNA, text: 'second' });
  await waitFor('it to be read', () => rig.bridge!.log.filter(({ msg }) => msg === 'received').length > 1);
  expect(rig.bridge!.running).toBe(true);
  change('DROP TRIGGER full');
  await rig.mac.receive({ from: ANNA, text: 'third' });
  await waitFor('all messages', () => rig.hub.messages.length === 3);
  expect(rig.hub.messages.map(({ text }) => text)).toEqual(['first', 'second', 'third']);
});
