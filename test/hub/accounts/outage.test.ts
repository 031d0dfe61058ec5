import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Accounts } from '../../../hub/accounts/accounts.ts';
import { type Store, StoreUnavailableError } from '../../../hub/store/store.ts';

/** A store whose database is away. */
const away = new Proxy({} as Store, {
  get: () => () => Promise.reject(new StoreUnavailableError('The database cannot be used now.')),
});

test('while the database is away nobody is taken for a stranger: the hub is unavailable', async () => {
  const accounts = new Accounts({
    store: away,
    secret: 'the secret of this test',
    publicUrl: () => 'http://localhost:8080',
    now: Date.now,
    log: pino({ level: 'silent' }),
  });
  const sender = { headers: { host: 'localhost:8080' }, source: '203.0.113.1' };
  const body = { email: 'ann@example.com', password: 'correct horse battery' };
  await expect(accounts.serve('POST', '/sign-in/email', { ...sender, body })).rejects.toThrow(
    StoreUnavailableError,
  );
  await expect(accounts.signIn(sender, body)).rejects.toThrow(StoreUnavailableError);
});
