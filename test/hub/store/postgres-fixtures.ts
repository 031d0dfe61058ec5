import { Client } from 'pg';
import { openPostgresStore } from '../../../hub/store/open-store.ts';
import type { Store } from '../../../hub/store/store.ts';
import type { PostgresServer } from '../../kit/postgres.ts';
import type { OpenStore } from './contract/fixtures.ts';
import { linkTo, SECRET, silent } from './sqlite-fixtures.ts';

export function openUrl(url: string, secret = SECRET): Promise<Store> {
  return openPostgresStore({ url, shown: 'a test database', hub: 'hub-test', secret, log: silent, linkTo });
}

/** Opens stores on empty databases; one that is let go is emptied for the next, since making one takes half a second. */
export function databasesOf(postgres: () => PostgresServer): OpenStore {
  const free: string[] = [];
  return async () => {
    const url = free.pop() ?? (await postgres().createDatabase()).url;
    const store = await openUrl(url);
    return {
      store,
      async [Symbol.asyncDispose]() {
        await store[Symbol.asyncDispose]();
        await empty(url);
        free.push(url);
      },
    };
  };
}

async function empty(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ tablename: string }>(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'meta'`,
  );
  // Not TRUNCATE, which makes every table a new file. Without triggers the foreign keys ask for no order.
  const deletes = rows.map(({ tablename }) => `DELETE FROM ${tablename}`);
  await client.query(['SET session_replication_role = replica', ...deletes].join('; '));
  await client.end();
}
