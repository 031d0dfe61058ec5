import { Client } from 'pg';
import { expect, test } from 'vitest';
import { lockStatement } from '../../../hub/store/postgres/locks.ts';
import { describeWithPostgres } from '../../kit/describe-with-postgres.ts';

describeWithPostgres('a step in Postgres', (postgres) => {
  test('holds the names of two thousand workspaces until its end', async () => {
    await using database = await postgres().createDatabase();
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const countHeld = async (): Promise<unknown> =>
      (await client.query(`SELECT count(*)::int AS held FROM pg_locks WHERE locktype = 'advisory'`)).rows;
    try {
      await client.query('BEGIN');
      await client.query(lockStatement(Array.from({ length: 2_000 }, (_, n) => `workspace ${n}`)));
      expect(await countHeld()).toEqual([{ held: 2_000 }]);
      await client.query('ROLLBACK');
      expect(await countHeld()).toEqual([{ held: 0 }]);
    } finally {
      await client.end();
    }
  });
});
