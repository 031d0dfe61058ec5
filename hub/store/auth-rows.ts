/**
 * The tables that the panel's sign-in library keeps: rows by column, found by conditions. Times are epoch milliseconds and
 * truth values 0 or 1, as everywhere in the store.
 */
export type AuthTable = 'users' | 'accounts' | 'sessions' | 'verifications' | 'two_factors' | 'rate_limits';

type Cell = string | number | null;
export type AuthRow = Record<string, Cell>;

export interface AuthCondition {
  field: string;
  operator: '=' | '<>' | '<' | '<=' | '>' | '>=' | 'in';
  value: Cell | Cell[];
  /** Of those that say `or`, one must hold; of the others, all. */
  connector: 'and' | 'or';
}

export interface AuthQuery {
  limit?: number | undefined;
  offset?: number | undefined;
  sortBy?: { field: string; direction: 'asc' | 'desc' } | undefined;
}

export interface AuthChange {
  set: AuthRow;
  /** Added to what the columns hold. */
  increment?: Record<string, number>;
  /** At most one row is changed; of two that would change it at once, the second sees what the first left. */
  one?: boolean;
}

/** Each is one statement. */
export interface AuthRows {
  insertAuthRow(table: AuthTable, row: AuthRow): Promise<AuthRow>;
  findAuthRows(table: AuthTable, where: AuthCondition[], query?: AuthQuery): Promise<AuthRow[]>;
  countAuthRows(table: AuthTable, where: AuthCondition[]): Promise<number>;
  /** The rows as they are afterwards. */
  updateAuthRows(table: AuthTable, where: AuthCondition[], change: AuthChange): Promise<AuthRow[]>;
  /** The rows that are gone; with `one` at most one, and of two that take it at once, one alone gets it. */
  deleteAuthRows(table: AuthTable, where: AuthCondition[], options?: { one?: boolean }): Promise<AuthRow[]>;
}
