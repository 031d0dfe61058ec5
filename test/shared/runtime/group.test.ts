import { expect, test } from 'vitest';
import { groupCalls } from '../../../shared/runtime/group.ts';

test('calls of one turn share one run and each gets its own answer', async () => {
  const runs: number[][] = [];
  const double = groupCalls(async (inputs: number[]) => {
    runs.push(inputs);
    return inputs.map((input) => input * 2);
  });
  expect(await Promise.all([1, 2, 3].map(double))).toEqual([2, 4, 6]);
  expect(runs).toEqual([[1, 2, 3]]);
});

test('calls made while a run is under way wait for the next', async () => {
  const runs: number[][] = [];
  const echo = groupCalls(
    async (inputs: number[]) => {
      runs.push(inputs);
      await new Promise(setImmediate);
      return inputs;
    },
    { limit: 2 },
  );
  await Promise.all([1, 2, 3, 4, 5].map(echo));
  expect(runs).toEqual([[1, 2], [3, 4], [5]]);
});

test('a failed run fails its callers and nobody after them', async () => {
  let broken = true;
  const call = groupCalls(async (inputs: number[]) => {
    if (broken) throw new Error('disk full');
    return inputs;
  });
  await expect(Promise.all([call(1), call(2)])).rejects.toThrow('disk full');
  broken = false;
  expect(await call(3)).toBe(3);
});
