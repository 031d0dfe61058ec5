import { expect, test } from 'vitest';
import { ClockWatch } from '../../hub/clock-watch.ts';
import { createLog } from '../../shared/runtime/log.ts';
import { Receiver } from '../kit/receiver.ts';
import { waitFor } from '../kit/wait.ts';
import { messageEntry, TestDevice } from './kit/test-device.ts';
import { TestHub } from './kit/test-hub.ts';
import { FileServer, JPEG } from './media/file-server.ts';

test('a clock set back by an hour puts off no retry, neither of an event nor of a file', async () => {
  let back = 0;
  await using receiver = await Receiver.start();
  await using server = await FileServer.start();
  await using hub = await TestHub.start({}, { now: () => Date.now() - back });
  const mac = await hub.pairMac();
  const { id } = await hub.join(mac.id, { url: receiver.url });
  using device = await TestDevice.online(hub.url, mac.token);
  receiver.answer = () => 500;
  await device.report(messageEntry('g1', 'before'));
  let answer = 503;
  const photo = server.on('/a.jpg', (response) => response.writeHead(answer).end(JPEG));
  const sent = await hub.send(id, 'm1', { attachments: [photo], phone: '+12145550101' });
  await waitFor('both to fail', () => receiver.calls.length > 0 && server.requests.length > 0);
  await waitFor('the retry to be planned', async () => {
    const { body } = await hub.api('GET', `/api/deliveries?workspace=${id}`);
    return body.items?.[0]?.last_error;
  });
  back = 3_600_000;
  answer = 200;
  receiver.answer = () => 200;
  await device.report(messageEntry('g2', 'after'));
  await waitFor('the file', () => device.sends.some((send) => send.id === String(sent.body.id)));
  await waitFor(
    'the events',
    () => receiver.calls.filter(({ event }) => event.type === 'MESSAGE').length >= 3,
  );
  expect(receiver.events.map((event) => event.type === 'MESSAGE' && event.message)).toEqual(
    expect.arrayContaining(['before', 'after']),
  );
});

test('a clock that runs on, jumps ahead or drifts moves nothing; a failure to move is made up for', async () => {
  let wall = 1_000_000;
  let steady = 0;
  let looks = 0;
  const told: number[] = [];
  let fails = true;
  await using watch = new ClockWatch({
    now: () => wall,
    steady: () => {
      looks += 1;
      return steady;
    },
    log: createLog('hub', 'silent'),
    onSetBack: async (by) => {
      told.push(by);
      if (fails) throw new Error('the disk is full');
    },
  });
  watch.start();
  const look = async (): Promise<void> => {
    const before = looks;
    await waitFor('a look at the clock', () => looks > before);
  };
  for (const [wallBy, steadyBy] of [
    [1_000, 1_000],
    [86_400_000, 1_000],
    [-3_000, 1_000],
  ] as const) {
    wall += wallBy;
    steady += steadyBy;
    await look();
  }
  expect(told).toEqual([]);
  wall -= 60_000;
  await waitFor('two tries', () => told.length >= 2);
  fails = false;
  const tries = told.length;
  await waitFor('one more', () => told.length > tries);
  await look();
  expect(told.length).toBe(tries + 1);
  expect(new Set(told)).toEqual(new Set([60_000]));
});
