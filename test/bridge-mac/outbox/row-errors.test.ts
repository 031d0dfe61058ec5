import { expect, test } from 'vitest';
import { explainRowError, ROW_ERRORS } from '../../../bridge-mac/outbox/row-errors.ts';

test('every error that Messages can note has its meaning, and one that is new is named', () => {
  expect(Object.keys(ROW_ERRORS).map(Number)).toEqual(Array.from({ length: 42 }, (_, index) => index + 1));
  const meanings: [number, string][] = [
    [3, 'network'],
    [9, 'network'],
    [22, 'not_on_imessage'],
    [25, 'attachment_unreadable'],
    [33, 'account_unavailable'],
    [34, 'attachment_upload_failed'],
    [36, 'attachment_upload_failed'],
    [40, 'account_unavailable'],
    [41, 'attachment_missing'],
    [4, 'rejected'],
  ];
  for (const [error, code] of meanings) expect(explainRowError(error).code, `${error}`).toBe(code);
  for (const unknown of [-1, 43, 999]) {
    expect(explainRowError(unknown)).toMatchObject({
      code: 'rejected',
      message: expect.stringContaining(`error ${unknown}`),
    });
  }
});
