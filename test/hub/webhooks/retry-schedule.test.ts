import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { afterFailure, RETRY_DELAYS_MS } from '../../../hub/webhooks/retry-schedule.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const DAY = 86_400_000;
const failed = {
  attempt: 1,
  status: 500 as number | null,
  retryAfter: undefined as string | undefined,
  failingSince: NOW,
};
const middle = () => 0.5;

describe('after a failed attempt', () => {
  test('rests grow as the contract says', () => {
    expect(RETRY_DELAYS_MS.map((delay) => delay / 1_000)).toEqual([
      5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400,
    ]);
    for (const [index, delay] of RETRY_DELAYS_MS.entries())
      expect(afterFailure({ ...failed, attempt: index + 1 }, NOW, middle)).toEqual({
        kind: 'retry',
        at: NOW + delay,
      });
  });

  test('the eleventh is the last', () => {
    expect(afterFailure({ ...failed, attempt: 11 }, NOW, middle)).toEqual({ kind: 'dead' });
  });

  test('rests are spread by no more than a fifth', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, random) => {
          const outcome = afterFailure({ ...failed, attempt }, NOW, () => random);
          const delay = RETRY_DELAYS_MS[attempt - 1]!;
          const rest = outcome.kind === 'retry' ? outcome.at - NOW : -1;
          expect(rest).toBeGreaterThanOrEqual(Math.floor(0.8 * delay));
          expect(rest).toBeLessThanOrEqual(Math.ceil(1.2 * delay));
        },
      ),
    );
  });

  test.each([
    [429, '120', 120_000],
    [503, '120', 120_000],
    [503, 'Sun, 22 Nov 2026 12:03:00 GMT', 180_000],
    [429, '1', 5_000],
    [429, '999999', DAY],
    [429, '99999999999999999999999', DAY],
    [503, 'Sat, 22 Nov 2025 12:00:00 GMT', 5_000],
    [503, 'soon', 5_000],
    [503, '-5', 5_000],
    [503, '', 5_000],
    [500, '120', 5_000],
    [302, '120', 5_000],
  ])('%i with Retry-After %j rests as asked, within the schedule and a day', (status, retryAfter, rest) => {
    expect(afterFailure({ ...failed, status, retryAfter }, NOW, middle)).toEqual({
      kind: 'retry',
      at: NOW + rest,
    });
  });

  test('410 disables at once', () => {
    expect(afterFailure({ ...failed, status: 410 }, NOW, middle)).toMatchObject({ kind: 'disable' });
  });

  test('five days without a success disable, and not a moment less', () => {
    const since = (ago: number) => afterFailure({ ...failed, failingSince: NOW - ago }, NOW, middle).kind;
    expect(since(5 * DAY)).toBe('disable');
    expect(since(5 * DAY - 1)).toBe('retry');
  });
});
