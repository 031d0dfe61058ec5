/**
 * One database connection inside a whole step. The statements are the same text on every database: `?` stands for a
 * value, and lists travel as JSON text through `json_each`.
 */
export interface Connection {
  /** Runs a statement that answers no rows; how many rows it changed. */
  run(sql: string, ...values: unknown[]): Promise<number>;
  /** First row of a statement, or undefined. `Row` is what the statement's column list says. */
  get<Row>(sql: string, ...values: unknown[]): Promise<Row | undefined>;
  all<Row>(sql: string, ...values: unknown[]): Promise<Row[]>;
  /** Within the step's transaction: all of `work`, or nothing of it. */
  savepoint<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Whether a savepoint failed by its own doing, so that the transaction may go on without it. Not where the database
   * cannot be used, nor where the whole step is to be done again.
   */
  isFaultOfSavepoint(error: unknown): boolean;
  /**
   * Ends a SELECT of rows that the step goes on to change: where others write at the same time, it keeps them off until
   * the step's end. `orSkip` passes over rows that another step is changing.
   */
  readonly forUpdate: string;
  readonly forUpdateOrSkip: string;
}
