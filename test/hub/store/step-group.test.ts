import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SqliteConnection } from '../../../hub/store/sqlite/database.ts';
import { createStepGroup, type Transaction } from '../../../hub/store/sqlite/step-group.ts';
import { makeFolder } from './sqlite-fixtures.ts';

/** A table of numbers that refuses 3, and at 4 ends the whole transaction. */
async function openNumbers() {
  const folder = await makeFolder();
  const db = new SqliteConnection(join(folder.path, 'numbers.db'));
  db.db.exec(`CREATE TABLE numbers (n INTEGER PRIMARY KEY);
    CREATE TRIGGER no_three BEFORE INSERT ON numbers WHEN NEW.n = 3 BEGIN SELECT RAISE(ABORT, 'three'); END;
    CREATE TRIGGER no_four BEFORE INSERT ON numbers WHEN NEW.n = 4 BEGIN SELECT RAISE(ROLLBACK, 'four'); END`);
  return {
    db,
    add: (n: number) => db.run('INSERT INTO numbers (n) VALUES (?)', n),
    list: () => db.all<{ n: number }>('SELECT n FROM numbers ORDER BY n'),
    async [Symbol.asyncDispose]() {
      db.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('steps that come together are committed together; those that fail are told so, and take no other along', async () => {
  await using opened = await openNumbers();
  const { db, add, list } = opened;
  let commits = 0;
  const transact: Transaction = async (work) => {
    commits += 1;
    await db.transaction(work);
  };
  const run = createStepGroup(db, transact, () => {});
  const steps = (...numbers: number[]) => Promise.allSettled(numbers.map((n) => run(() => add(n))));
  expect((await steps(1, 2, 3, 5)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  expect(commits).toBe(1);
  // The transaction of all is gone here, so each is done again alone.
  const outcomes = await steps(6, 4, 7);
  expect(outcomes).toMatchObject([{ value: 1 }, { reason: { message: 'four' } }, { value: 1 }]);
  expect((await list()).map(({ n }) => n)).toEqual([1, 2, 5, 6, 7]);
});

test('what was undone is told before anything else is begun: nobody goes on with what it read of it', async () => {
  await using opened = await openNumbers();
  const { db, add } = opened;
  const events: string[] = [];
  const run = createStepGroup(
    db,
    (work) => db.transaction(work),
    () => events.push('undone'),
  );
  const step = (n: number) =>
    run(async () => {
      events.push(String(n));
      await add(n);
    });
  await Promise.allSettled([3, 1].map(step));
  expect(events).toEqual(['3', 'undone', '1']);
  events.length = 0;
  await Promise.allSettled([5, 4].map(step));
  expect(events).toEqual(['5', '4', 'undone', '5', '4', 'undone']);
});

test('a transaction that cannot be begun is not tried again for each of its steps: each try waits seconds for others', async () => {
  await using opened = await openNumbers();
  const { db, add } = opened;
  let tries = 0;
  const busy = new Error('another program writes');
  const run = createStepGroup(
    db,
    () => {
      tries += 1;
      return Promise.reject(busy);
    },
    () => {},
  );
  const outcomes = await Promise.allSettled([1, 2, 5].map((n) => run(() => add(n))));
  expect(outcomes).toEqual(Array.from({ length: 3 }, () => ({ status: 'rejected', reason: busy })));
  expect(tries).toBe(1);
});
