import { expect, test } from 'vitest';
import { asStoreError } from '../../../hub/store/postgres/errors.ts';
import { StoreUnavailableError } from '../../../hub/store/store.ts';

function failed(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

test.each([
  ['ECONNREFUSED', failed('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED')],
  ['ECONNRESET', failed('read ECONNRESET', 'ECONNRESET')],
  // As long as a SQLSTATE, and none.
  ['EPIPE', failed('write EPIPE', 'EPIPE')],
  ['an end without a code', failed('Connection terminated unexpectedly')],
  ['a stop', failed('terminating connection due to administrator command', '57P01')],
  ['a full disk', failed('could not extend file', '53100')],
])('%s means that the database cannot be used now', (_name, error) => {
  const seen = asStoreError(error);
  expect(seen).toBeInstanceOf(StoreUnavailableError);
  expect((seen as Error).cause).toBe(error);
});

test.each([
  ['a broken rule', failed('duplicate key value violates unique constraint', '23505')],
  ['a wrong statement', failed('connection is not a column', '42703')],
  ['a fault of the hub', new TypeError('undefined is not a function')],
])('%s is what it is', (_name, error) => {
  expect(asStoreError(error)).toBe(error);
});
