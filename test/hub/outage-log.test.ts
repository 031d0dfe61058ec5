import { expect, test } from 'vitest';
import { showError } from '../../hub/log-error.ts';
import { CommitInDoubtError, StoreUnavailableError } from '../../hub/store/store.ts';
import { VERSION } from '../../shared/version.ts';
import { describeWithPostgres } from '../kit/describe-with-postgres.ts';
import { waitFor } from '../kit/wait.ts';
import { TestHub } from './kit/test-hub.ts';

test('an error that the store foresees is told without stacks, its cause once; any other with its stack', () => {
  const cause = new Error('connect ECONNREFUSED');
  expect(showError(new StoreUnavailableError('Away: connect ECONNREFUSED.', { cause }))).toEqual({
    type: 'StoreUnavailableError',
    message: 'Away: connect ECONNREFUSED.',
  });
  expect(showError(new CommitInDoubtError('Lost.', { cause }))).toEqual({
    type: 'CommitInDoubtError',
    message: 'Lost. (connect ECONNREFUSED)',
  });
  expect(showError(new TypeError('odd'))).toMatchObject({ type: 'TypeError', stack: expect.anything() });
});

test('a hub says its version and its database when it listens', async () => {
  await using hub = await TestHub.start();
  const said = hub.logLines.find(({ msg }) => msg === 'listening');
  expect(said).toMatchObject({ version: VERSION, database: 'sqlite', url: hub.url });
});

describeWithPostgres('a database that goes away', (postgres) => {
  test('is told in one short line for each request that failed, and once when it is back', async () => {
    await using database = await postgres().createDatabase();
    await using hub = await TestHub.start({ DATABASE_URL: database.url, HUB_SECRET: 'of the test alone' });
    const listening = JSON.stringify(hub.logLines.find(({ msg }) => msg === 'listening'));
    expect(listening).toMatch(/"database":"\w+ (on|at) /);
    const { id } = await hub.join((await hub.pairMac()).id, {});
    await postgres().stop('fast');
    await waitFor('a refusal', async () => (await hub.api('GET', '/api/workspaces')).status === 503);
    const before = hub.logLines.length;
    for (let n = 0; n < 3; n += 1) expect((await hub.api('GET', '/api/devices')).status).toBe(503);
    expect((await hub.send(id, 'refused')).status).toBe(503);
    const said = hub.logLines.slice(before).filter(({ level }) => level !== 'debug');
    const ofRequests = said.filter(({ route }) => route === '/api/devices');
    expect(ofRequests).toHaveLength(3);
    for (const line of said) {
      const text = JSON.stringify(line);
      expect(text.length, text).toBeLessThan(500);
      expect(text).not.toContain('stack');
      expect(text.split('connect ').length, text).toBeLessThan(3);
    }
    const isBack = () => hub.logLines.filter(({ msg }) => msg === 'the database can be used again');
    expect(isBack()).toEqual([]);
    await postgres().start();
    await waitFor('an answer', async () => (await hub.api('GET', '/api/workspaces')).status === 200);
    for (let n = 0; n < 3; n += 1) expect((await hub.send(id, `taken-${n}`)).status).toBe(200);
    expect(isBack()).toMatchObject([{ level: 'info', seconds: expect.any(Number) }]);
  });
});
