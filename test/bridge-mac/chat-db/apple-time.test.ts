import { expect, test } from 'vitest';
import { fromAppleTime, toAppleTime } from '../../../bridge-mac/chat-db/apple-time.ts';

test('a time survives the way to Apple’s clock and back', () => {
  const at = Date.UTC(2026, 10, 22, 12, 34, 56, 789);
  expect(fromAppleTime(toAppleTime(at))).toBe(at);
});

test('whatever a damaged row says becomes a time that can be written', () => {
  for (const date of [0n, -1n, 9n * 10n ** 12n, 5n * 10n ** 14n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    const at = fromAppleTime(date);
    expect(Number.isSafeInteger(at), String(date)).toBe(true);
    expect(() => new Date(at).toISOString(), String(date)).not.toThrow();
  }
});
