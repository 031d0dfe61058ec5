import type { ClientBase, QueryResultRow } from 'pg';
import type { Connection } from '../steps/connection.ts';
import { StoreUnavailableError } from '../store.ts';
import { asStoreError, isConflict } from './errors.ts';
import { StepToRepeat } from './locks.ts';
import { nameStatement } from './statement.ts';

/** One client of the pool, inside a transaction or for single reads. */
export class PostgresConnection implements Connection {
  // Not FOR UPDATE: rows that refer to the locked one may be written meanwhile.
  readonly forUpdate = 'FOR NO KEY UPDATE';
  readonly forUpdateOrSkip = 'FOR NO KEY UPDATE SKIP LOCKED';
  readonly #client: Pick<ClientBase, 'query'>;
  #fault: unknown;
  /** Whether this connection may hold locks on rows by now. */
  wrote = false;

  constructor(client: Pick<ClientBase, 'query'>) {
    this.#client = client;
  }

  async run(sql: string, ...values: unknown[]): Promise<number> {
    const { rowCount } = await this.#query(sql, values);
    return rowCount ?? 0;
  }

  async get<Row>(sql: string, ...values: unknown[]): Promise<Row | undefined> {
    const { rows } = await this.#query(sql, values);
    return rows[0] as Row | undefined;
  }

  async all<Row>(sql: string, ...values: unknown[]): Promise<Row[]> {
    const { rows } = await this.#query(sql, values);
    return rows as Row[];
  }

  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    await this.#client.query('SAVEPOINT step');
    try {
      const result = await work();
      await this.#client.query('RELEASE SAVEPOINT step');
      return result;
    } catch (error) {
      if (this.isFaultOfSavepoint(error)) {
        await this.#client.query('ROLLBACK TO SAVEPOINT step; RELEASE SAVEPOINT step');
        this.#fault = undefined;
      }
      throw error;
    }
  }

  isFaultOfSavepoint(error: unknown): boolean {
    return !(
      error instanceof StepToRepeat ||
      isConflict(error) ||
      asStoreError(error) instanceof StoreUnavailableError
    );
  }

  /** After one statement has failed the server refuses the others: what they are told is the one's error. */
  async #query(sql: string, values: unknown[]) {
    if (!/^\s*SELECT/.test(sql) || /\bFOR NO KEY UPDATE\b/.test(sql)) this.wrote = true;
    try {
      return await this.#client.query<QueryResultRow>({ ...nameStatement(sql), values });
    } catch (error) {
      this.#fault ??= error;
      throw this.#fault;
    }
  }
}
