import { type Expression, type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';
import { SEARCH_WINDOW } from './search-window.ts';

interface Scoped {
  workspace?: string | undefined;
  within?: readonly string[] | undefined;
}

/**
 * The filters that together list what `filter` does, each with one workspace at most: an index serves one workspace in
 * order, while a query that asked for several at once would go through everybody else's rows, or sort all of theirs.
 */
export function splitScope<Filter extends Scoped>({ within, ...filter }: Filter): Omit<Filter, 'within'>[] {
  if (within === undefined) return [filter];
  const { workspace } = filter;
  if (workspace !== undefined) return within.includes(workspace) ? [filter] : [];
  return within.map((one) => ({ ...filter, workspace: one }));
}

/** How many rows of each may be looked at for one page, so that all together are no more than of one. */
export function windowOf(scopes: readonly unknown[]): number {
  return Math.max(2, Math.floor(SEARCH_WINDOW / Math.max(1, scopes.length)));
}

export async function readScopes<Filter, Row>(
  scopes: Filter[],
  read: { one: (scope: Filter) => Promise<Row[]>; many: (scopes: Filter[]) => Promise<Row[]> },
): Promise<Row[]> {
  const [only, ...others] = scopes;
  if (only === undefined) return [];
  return others.length === 0 ? read.one(only) : read.many(scopes);
}

/** The highest `seq`s that any of the queries answers, each of which is ordered and limited by itself. */
export async function newestOf(
  db: Kysely<Schema>,
  queries: readonly Expression<unknown>[],
  limit: number,
): Promise<number[]> {
  if (queries.length === 0) return [];
  // A query inside of another comes with its parentheses.
  const union = sql.join(
    queries.map((query) => sql`select seq from ${query} as scope`),
    sql` union all `,
  );
  const { rows } = await sql<{ seq: number }>`
    select seq from (${union}) as found order by seq desc limit ${limit}`.execute(db);
  return rows.map(({ seq }) => seq);
}
