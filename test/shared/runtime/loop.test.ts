import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { Loop } from '../../../shared/runtime/loop.ts';

const log = pino({ level: 'silent' });
const HOUR = 3_600_000;

test('a wake during a step is not lost', async () => {
  let steps = 0;
  let finishFirst = (): void => {};
  const firstMayFinish = new Promise<void>((resolve) => {
    finishFirst = resolve;
  });
  await using loop = new Loop({
    name: 'test',
    log,
    step: async () => {
      steps += 1;
      if (steps === 1) await firstMayFinish;
      return HOUR;
    },
  }).start();
  await vi.waitUntil(() => steps === 1);
  loop.wake();
  finishFirst();
  await vi.waitUntil(() => steps === 2);
});

test('a wake ends a rest', async () => {
  let steps = 0;
  const step = async (): Promise<number> => {
    steps += 1;
    return HOUR;
  };
  await using loop = new Loop({ name: 'test', log, step }).start();
  await vi.waitUntil(() => steps === 1);
  loop.wake();
  await vi.waitUntil(() => steps === 2);
});

test('a failing step is tried again', async () => {
  let steps = 0;
  await using _loop = new Loop({
    name: 'test',
    log,
    backoff: { base: 1, max: 2 },
    step: async () => {
      steps += 1;
      if (steps < 5) throw new Error('not yet');
      return HOUR;
    },
  }).start();
  await vi.waitUntil(() => steps === 5);
});

test('stop waits for the running step, and stopped means stopped', async () => {
  let running = false;
  let steps = 0;
  const loop = new Loop({
    name: 'test',
    log,
    step: async (signal) => {
      steps += 1;
      running = true;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => setTimeout(resolve, 20)));
      running = false;
      return 0;
    },
  }).start();
  await vi.waitUntil(() => running);
  await Promise.all([loop.stop(), loop.stop()]);
  expect(running).toBe(false);
  loop.wake();
  expect(steps).toBe(1);
});
