import { type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import type { AuthChange, AuthCondition, AuthQuery, AuthRow, AuthRows, AuthTable } from './auth-rows.ts';
import type { Base } from './base.ts';

type Tables = Record<AuthTable, AuthRow>;

export function authRowSteps({ query }: Base): AuthRows {
  // The columns are the library's to name: the schema of the store does not know them by type.
  const run = <T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> =>
    query((db) => work(db as unknown as Kysely<Tables>));
  return {
    insertAuthRow: (table, row) =>
      run((db) => db.insertInto(table).values(row).returningAll().executeTakeFirstOrThrow()),
    findAuthRows: (table, where, found = {}) => run((db) => find(db, table, where, found)),
    countAuthRows: (table, where) =>
      run(async (db) => {
        const { count } = await db
          .selectFrom(table)
          .select((columns) => columns.fn.countAll<number>().as('count'))
          .where((columns) => matching(columns, where))
          .executeTakeFirstOrThrow();
        return Number(count);
      }),
    updateAuthRows: (table, where, change) => run((db) => update(db, table, where, change)),
    deleteAuthRows: (table, where, { one = false } = {}) =>
      run((db) =>
        db
          .deleteFrom(table)
          .where((columns) => matching(columns, where))
          .$if(one, (rows) => rows.where('id', 'in', firstOf(db, table, where)))
          .returningAll()
          .execute(),
      ),
  };
}

function find(
  db: Kysely<Tables>,
  table: AuthTable,
  where: AuthCondition[],
  { limit, offset, sortBy }: AuthQuery,
): Promise<AuthRow[]> {
  return db
    .selectFrom(table)
    .selectAll()
    .where((columns) => matching(columns, where))
    .$if(sortBy !== undefined, (rows) => rows.orderBy(sortBy?.field ?? 'id', sortBy?.direction))
    .$if(limit !== undefined, (rows) => rows.limit(limit ?? 0))
    .$if(offset !== undefined && offset > 0, (rows) => rows.offset(offset ?? 0))
    .execute();
}

function update(
  db: Kysely<Tables>,
  table: AuthTable,
  where: AuthCondition[],
  { set, increment = {}, one = false }: AuthChange,
): Promise<AuthRow[]> {
  const sums = Object.entries(increment).map(([column, by]) => [
    column,
    sql<number>`coalesce(${sql.ref(column)}, 0) + ${by}`,
  ]);
  return db
    .updateTable(table)
    .set({ ...set, ...Object.fromEntries(sums) })
    .where((columns) => matching(columns, where))
    .$if(one, (rows) => rows.where('id', 'in', firstOf(db, table, where)))
    .returningAll()
    .execute();
}

function firstOf(db: Kysely<Tables>, table: AuthTable, where: AuthCondition[]) {
  return db
    .selectFrom(table)
    .select('id')
    .where((columns) => matching(columns, where))
    .limit(1);
}

function matching(columns: ExpressionBuilder<Tables, AuthTable>, where: AuthCondition[]) {
  const one = ({ field, operator, value }: AuthCondition) => {
    if (value === null) return columns(field, operator === '<>' ? 'is not' : 'is', null);
    return columns(field, operator, value);
  };
  const all = where.filter(({ connector }) => connector === 'and').map(one);
  const any = where.filter(({ connector }) => connector === 'or').map(one);
  if (any.length > 0) all.push(columns.or(any));
  return all.length > 0 ? columns.and(all) : sql<SqlBool>`1 = 1`;
}
