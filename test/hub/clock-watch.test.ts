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
  let moves = 0;
  let fails = true;
  await using watch = new ClockWatch({
    now: () => wall,
    steady: () => {
      looks += 1;
      return steady;
    },
    log: createLog('hub', 'silent'),
    follow: async (setBack) => {
      if (setBack === undefined) return 0;
      told.push(setBack);
      if (fails) throw new Error('the disk is full');
      return setBack;
    },
    onMoved: () => {
      moves += 1;
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
  expect(moves).toBe(1);
});

const HOUR = 3_600_000;

/** A hub whose clock stands `ahead` of the real one, on data that outlives it. */
function startAt(ahead: () => number, dataDir?: string): Promise<TestHub> {
  return TestHub.start({}, { now: () => Date.now() + ahead() }, dataDir);
}

test('a retry planned before the clock was set back while the hub was down does not wait for the old time', async () => {
  let ahead = 0;
  await using receiver = await Receiver.start();
  receiver.answer = () => 500;
  const first = await startAt(() => ahead);
  let second: TestHub | undefined;
  try {
    const mac = await first.pairMac();
    const { id } = await first.join(mac.id, { url: receiver.url });
    using device = await TestDevice.online(first.url, mac.token);
    await device.report(messageEntry('g1', 'one'), messageEntry('g2', 'two'));
    await waitFor('the retry to be planned', async () => {
      const { body } = await first.api('GET', `/api/deliveries?workspace=${id}`);
      return [body.items?.[0], body.items?.[1]].some((one) => one?.last_error);
    });
    await first.stop();
    ahead = -HOUR;
    receiver.answer = () => 200;
    second = await startAt(() => ahead, first.dataDir);
    await waitFor('both', () => receiver.calls.length >= 3);
    expect(receiver.calls.map(({ event }) => event.type === 'MESSAGE' && event.message)).toEqual([
      'one',
      'one',
      'two',
    ]);
    expect(new Set(receiver.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
  } finally {
    await second?.stop();
    await first[Symbol.asyncDispose]();
  }
});

test('a clock that leaps an hour ahead while POSTs are under way sends none of them twice, and tries what waits', async () => {
  let ahead = 0;
  await using receiver = await Receiver.start();
  await using hub = await startAt(() => ahead);
  const mac = await hub.pairMac();
  const { id } = await hub.join(mac.id, { url: receiver.url });
  using device = await TestDevice.online(hub.url, mac.token);
  const hanging = Promise.withResolvers<number>();
  const asked: string[] = [];
  receiver.answer = ({ event }) => {
    const text = event.type === 'MESSAGE' ? event.message : '';
    asked.push(text);
    if (text === 'retried') return asked.filter((one) => one === text).length === 1 ? 500 : 200;
    return text === 'hanging' ? hanging.promise : 200;
  };
  await device.report(
    messageEntry('g1', 'hanging', '+12145550101'),
    messageEntry('g2', 'behind', '+12145550101'),
    messageEntry('g3', 'retried', '+12145550102'),
  );
  await waitFor('both to be tried', () => asked.length === 2);
  await waitFor('the failure to be noted', async () => {
    const { body } = await hub.api('GET', `/api/deliveries?workspace=${id}&status=pending`);
    return JSON.stringify(body).includes('500');
  });
  const queued = await hub.send(id, 'm1', { phone: '+12145550103' });
  ahead = HOUR;
  await device.report(messageEntry('g4', 'after', '+12145550104'));
  await waitFor('what came later, and the retry', () => asked.includes('after') && asked.length >= 4);
  expect(asked.filter((text) => text === 'hanging')).toHaveLength(1);
  expect(asked).not.toContain('behind');
  hanging.resolve(200);
  await waitFor('what stood behind', () => asked.includes('behind'));
  expect(asked.toSorted()).toEqual(['after', 'behind', 'hanging', 'retried', 'retried']);
  await waitFor('all to be delivered', async () => {
    const { body } = await hub.api('GET', `/api/deliveries?workspace=${id}&status=pending`);
    return JSON.stringify(body.items) === '[]';
  });
  await waitFor('the send', () => device.sends.length > 0);
  expect(device.sends.map((send) => send.id)).toEqual([String(queued.body.id)]);
  const shown = await hub.api('GET', `/api/messages/${queued.body.id}`);
  expect(shown.body.status).toBe('DISPATCHED');
});
