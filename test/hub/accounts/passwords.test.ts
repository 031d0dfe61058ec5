import { expect, test } from 'vitest';
import { Passwords } from '../../../hub/accounts/passwords.ts';

test('however many come at once, two are hashed at a time, and those beyond the line are told to come back', async () => {
  const begun: (() => void)[] = [];
  const passwords = new Passwords({
    hash: async (password) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      begun.push(resolve);
      await promise;
      return `hash of ${password}`;
    },
    verify: async () => true,
  });
  const all = Array.from({ length: 55 }, (_, n) => passwords.hash(String(n)));
  const refused = await Promise.allSettled(all.slice(52));
  for (const one of refused)
    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'unavailable', retryAfter: 5 } });
  for (let n = 0; n < 52; n += 1) {
    expect(begun.length).toBe(Math.min(52, n + 2));
    begun[n]?.();
    expect(await all[n]).toBe(`hash of ${n}`);
  }
});

test('one that fails gives its place to the next', async () => {
  const passwords = new Passwords();
  const broken = Array.from({ length: 4 }, () => passwords.verify({ hash: 'no hash', password: 'any' }));
  for (const one of broken) await expect(one).rejects.toThrow();
  const hash = await passwords.hash('a password');
  expect(await passwords.verify({ hash, password: 'a password' })).toBe(true);
  expect(await passwords.verify({ hash, password: 'another' })).toBe(false);
});
