import { afterAll, beforeAll, describe } from 'vitest';
import { findPostgres } from './find-postgres.ts';
import { type PostgresOptions, type PostgresServer, startPostgres } from './postgres.ts';

/**
 * `describe` with a Postgres server of its own, started before its tests and gone after them; the tests have it from the
 * function that `define` is given. Where Postgres is not installed they are skipped, and their name says why.
 */
export function describeWithPostgres(
  name: string,
  define: (postgres: () => PostgresServer) => void,
  options?: PostgresOptions,
): void {
  const isThere = findPostgres() !== undefined;
  const title = isThere ? name : `${name} (needs PostgreSQL, which is not installed)`;
  describe.skipIf(!isThere)(title, () => {
    let server: PostgresServer | undefined;
    beforeAll(async () => {
      server = await startPostgres(options);
    });
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
    });
    define(() => {
      if (server === undefined) throw new Error('Postgres is there in tests and hooks only');
      return server;
    });
  });
}
