import { describe, expect, test } from 'vitest';
import { System } from '../kit/system.ts';
import { waitFor } from '../kit/wait.ts';

const ANNA = '+12145550101';

describe('when a process dies', () => {
  test('a bridge killed between osascript and the row sends once', async () => {
    await using system = await System.start();
    await system.mac.behave(ANNA, 'late-row');
    await system.send('once', ANNA);
    await waitFor('osascript', async () => (await system.mac.calls()).length > 0);
    await system.killBridge();
    await system.startBridge();
    await waitFor('DELIVERED', () => system.receiver.statusesOf('once').includes('DELIVERED'));
    expect(system.receiver.statusesOf('once')).toEqual(['SENT', 'DELIVERED']);
    expect(await system.mac.sent()).toHaveLength(1);
  });

  test('what the hub accepted before it was killed is sent after it is back', async () => {
    await using system = await System.start();
    await system.killBridge();
    const ids = Array.from({ length: 20 }, (_, index) => `kept-${index}`);
    await Promise.all(ids.map((id, index) => system.send(id, `+121455502${String(index).padStart(2, '0')}`)));
    await system.hub.kill();
    await system.hub.restart();
    await system.startBridge();
    for (const id of ids) {
      await waitFor(`DELIVERED of ${id}`, () => system.receiver.statusesOf(id).includes('DELIVERED'));
    }
    expect(await system.mac.sent()).toHaveLength(20);
  });

  test('a bridge that started while the hub was down finds it, and nothing received meanwhile is lost', async () => {
    await using system = await System.start();
    await system.killBridge();
    await system.hub.kill();
    const bridge = system.startBridgeAlone();
    await bridge.waitForLog("Messages' database can be read.");
    await system.mac.receive({ from: ANNA, text: 'while you were out' });
    await system.hub.restart();
    await waitFor('the message', () => system.receiver.events.some((event) => event.type === 'MESSAGE'));
  });

  test('what arrives while the bridge is down is forwarded once it is back', async () => {
    await using system = await System.start();
    await system.mac.receive({ from: ANNA, text: 'one' });
    await system.killBridge();
    await system.mac.receive({ from: ANNA, text: 'two' });
    await system.startBridge();
    await system.mac.receive({ from: ANNA, text: 'three' });
    const texts = (): string[] =>
      system.receiver.events.flatMap((e) => (e.type === 'MESSAGE' ? [e.message] : []));
    await waitFor('three messages', () => texts().length >= 3);
    expect(texts()).toEqual(['one', 'two', 'three']);
  });

  test('a receiver that is down for a while gets everything, in order', async () => {
    await using system = await System.start();
    let refused = 0;
    system.receiver.answer = () => (refused++ < 2 ? 500 : 200);
    await system.send('later', ANNA);
    await waitFor('DELIVERED', () => system.receiver.statusesOf('later').includes('DELIVERED'));
    const calls = system.receiver.calls.map((call) => ('status' in call.event ? call.event.status : ''));
    expect(calls).toEqual(['SENT', 'SENT', 'SENT', 'DELIVERED']);
    expect(new Set(system.receiver.calls.slice(0, 3).map((call) => call.headers['webhook-id'])).size).toBe(1);
  });
});

test('a bridge whose device was removed follows what it began, and begins nothing more', async () => {
  await using system = await System.start();
  await system.mac.behave(ANNA, 'late-row-3000', 1);
  const ids = ['begun', 'waiting-1', 'waiting-2'];
  for (const id of ids) await system.send(id, ANNA);
  await waitFor('osascript', async () => (await system.mac.calls()).length === 1);
  await waitFor('all three on the Mac', async () => {
    const { body } = await system.hub.api<{ items: { status: string }[] }>(
      'GET',
      '/api/messages?status=DISPATCHED',
    );
    return body.items.length === 3;
  });
  expect((await system.hub.api('DELETE', `/api/devices/${system.deviceId}`)).status).toBeLessThan(300);
  for (const id of ids) {
    await waitFor(`FAILED of ${id}`, () => system.receiver.statusesOf(id).includes('FAILED'));
  }
  await waitFor('the refusal', () =>
    system.bridge?.log.some((line) => line.msg?.startsWith('The hub refuses this bridge')),
  );
  await system.bridge?.waitForLog('delivered');
  expect((await system.mac.sent()).map((record) => record.text)).toEqual(['text of begun']);
  expect(await system.mac.calls()).toHaveLength(1);
});
