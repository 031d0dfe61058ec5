import { expect, test } from 'vitest';
import { FailureBudget } from '../../../hub/accounts/failure-budget.ts';

test('ten failures of a source are written down in an hour, two hundred in all, and the next says how many were not', () => {
  let now = 0;
  const budget = new FailureBudget(() => now);
  const take = (source: string, times: number) => Array.from({ length: times }, () => budget.take(source));
  expect(take('a', 12)).toEqual([...Array<number>(10).fill(0), undefined, undefined]);
  expect(budget.take('b')).toBe(2);
  for (let n = 0; n < 189; n += 1) expect(budget.take(`source ${n}`)).toBe(0);
  expect(take('c', 3)).toEqual([undefined, undefined, undefined]);
  now = 3_600_000;
  expect(budget.take('a')).toBe(3);
  // A clock that is set back begins anew.
  for (let n = 0; n < 10; n += 1) budget.take('a');
  now = -10_000_000;
  expect(budget.take('a')).toBe(1);
});
