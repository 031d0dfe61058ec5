import { expect, test } from 'vitest';
import { describeFailure } from '../../../shared/runtime/run-main.ts';

test.each([
  [new Error('no port'), 'no port'],
  [new Error('no port', { cause: new Error('EADDRINUSE') }), 'no port (EADDRINUSE)'],
  [new Error('cannot be used: EOF.', { cause: new Error('EOF') }), 'cannot be used: EOF.'],
  [new Error('a', { cause: new Error('b', { cause: 'c' }) }), 'a (b (c))'],
])('%o is told as %s', (error, told) => {
  expect(describeFailure(error)).toBe(told);
});
