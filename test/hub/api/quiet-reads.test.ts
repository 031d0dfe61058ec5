import { expect, test } from 'vitest';
import { QuietReads } from '../../../hub/api/quiet-reads.ts';

test('one slice runs at a time, in the order of asking, with turns of the event loop between', async () => {
  const quiet = new QuietReads();
  const told: string[] = [];
  const slice = (name: string) => async () => {
    told.push(`${name} begins`);
    await Promise.resolve();
    told.push(`${name} ends`);
    setImmediate(() => told.push('others'));
    return name;
  };
  const results = await Promise.all(['a', 'b'].map((name) => quiet.run(slice(name))));
  expect(results.map(({ value }) => value)).toEqual(['a', 'b']);
  expect(told.slice(0, 5)).toEqual(['a begins', 'a ends', 'others', 'b begins', 'b ends']);
});

test('a slice that fails fails for its caller alone', async () => {
  const quiet = new QuietReads();
  const failing = quiet.run(async () => {
    throw new Error('the disk is gone');
  });
  const next = quiet.run(async () => 'fine');
  await expect(failing).rejects.toThrow('the disk is gone');
  expect((await next).value).toBe('fine');
});

test('after a long slice the hub has as long for itself', async () => {
  const quiet = new QuietReads();
  const busy = async () => {
    const until = performance.now() + 30;
    while (performance.now() < until);
  };
  const first = await quiet.run(busy);
  const ended = performance.now();
  await quiet.run(async () => undefined);
  expect(performance.now() - ended).toBeGreaterThanOrEqual(first.ms * 0.9);
});

test('who comes when many are in line is told to come back, and those in line are served', async () => {
  const quiet = new QuietReads();
  const gate = Promise.withResolvers<void>();
  const reads = Array.from({ length: 40 }, () => {
    quiet.admit();
    return quiet.run(() => gate.promise);
  });
  await new Promise(setImmediate);
  quiet.admit();
  reads.push(quiet.run(() => gate.promise));
  expect(() => quiet.admit()).toThrow(expect.objectContaining({ code: 'unavailable', retryAfter: 5 }));
  gate.resolve();
  await Promise.all(reads);
  quiet.admit();
});
