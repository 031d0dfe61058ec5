import type Database from 'better-sqlite3';
import type { SqliteStatement } from 'kysely';
import { openSqlite } from '../../../shared/runtime/sqlite.ts';
import type { Connection } from '../steps/connection.ts';
import { StoreUnavailableError } from '../store.ts';
import { asStoreError } from './errors.ts';

/** Kysely's statements differ with the filters of a list; the hub has some hundred. */
const MAX_STATEMENTS = 300;
const BUSY_TIMEOUT_MS = 5_000;
const CACHE_KIB = 64 * 1024;
/** Pages in the WAL before they are copied back: rarer than SQLite's 1000, since each message touches the same few again. */
const CHECKPOINT_PAGES = 4_000;

type Statement = Database.Statement<unknown[], unknown>;

/**
 * One connection with its prepared statements kept: preparing anew costs four times what most of them cost to run.
 * Oldest out when the cache is full.
 */
export class SqliteConnection implements Connection {
  readonly db: Database.Database;
  /** The one connection writes alone: nobody has to be kept off a row. */
  readonly forUpdate = '';
  readonly forUpdateOrSkip = '';
  readonly #statements = new Map<string, Statement>();
  #inStep = false;
  /** What ended the transaction of the step that is not over yet. */
  #ended: unknown;

  constructor(file: string) {
    this.db = openSqlite(file, { timeout: BUSY_TIMEOUT_MS });
    this.db.pragma('journal_mode = WAL');
    this.db.pragma('synchronous = FULL');
    this.db.pragma('fullfsync = ON');
    this.db.pragma('checkpoint_fullfsync = ON');
    this.db.pragma('foreign_keys = ON');
    this.db.pragma('temp_store = MEMORY');
    this.db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    this.db.pragma(`cache_size = -${CACHE_KIB}`);
  }

  prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.db.prepare<unknown[], unknown>(sql);
    if (this.#statements.size >= MAX_STATEMENTS) {
      const oldest = this.#statements.keys().next();
      if (!oldest.done) this.#statements.delete(oldest.value);
    }
    this.#statements.set(sql, statement);
    return statement;
  }

  async run(sql: string, ...values: unknown[]): Promise<number> {
    return this.#execute(() => this.prepare(sql).run(...values).changes);
  }

  async get<Row>(sql: string, ...values: unknown[]): Promise<Row | undefined> {
    return this.#execute(() => this.prepare(sql).get(...values) as Row | undefined);
  }

  async all<Row>(sql: string, ...values: unknown[]): Promise<Row[]> {
    return this.#execute(() => this.prepare(sql).all(...values) as Row[]);
  }

  /** Where SQLite itself ended the step's transaction, what the step still asks would stand alone: it is refused. */
  #execute<T>(statement: () => T): T {
    if (this.#ended !== undefined) throw this.#ended;
    try {
      return statement();
    } catch (error) {
      if (this.#inStep && !this.db.inTransaction) this.#ended = error;
      throw error;
    }
  }

  /**
   * Like `transaction`, but only the next durable commit puts it on disk. It survives the end of this process; a power
   * failure may undo it, in order, with nothing committed later left standing. For steps that no promise hangs on.
   */
  async relaxedTransaction<T>(work: () => Promise<T>): Promise<T> {
    // Never prepared ahead: this pragma acts when it is parsed.
    this.db.exec('PRAGMA synchronous = NORMAL');
    try {
      return await this.transaction(work);
    } finally {
      this.db.exec('PRAGMA synchronous = FULL');
    }
  }

  /** All of `work`, or nothing. SQLite itself rolls back on a full disk: then there is nothing left to undo. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.run('BEGIN IMMEDIATE');
    this.#inStep = true;
    try {
      const result = await work();
      await this.run('COMMIT');
      return result;
    } catch (error) {
      if (this.db.inTransaction) await this.run('ROLLBACK');
      throw error;
    } finally {
      this.#inStep = false;
      this.#ended = undefined;
    }
  }

  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    await this.run('SAVEPOINT step');
    try {
      const result = await work();
      await this.run('RELEASE step');
      return result;
    } catch (error) {
      if (this.db.inTransaction) {
        await this.run('ROLLBACK TO step');
        await this.run('RELEASE step');
      }
      throw error;
    }
  }

  /** A full disk and the like end the transaction, or may do better another time. */
  isFaultOfSavepoint(error: unknown): boolean {
    return this.db.inTransaction && !(asStoreError(error) instanceof StoreUnavailableError);
  }

  /** What Kysely's SQLite dialect takes. Its rollback after SQLite's own is let through, so the cause is what is thrown. */
  get forKysely(): { prepare(sql: string): SqliteStatement; close(): void } {
    const nothing: SqliteStatement = {
      reader: false,
      all: () => [],
      run: () => ({ changes: 0, lastInsertRowid: 0 }),
      iterate: () => [].values(),
    };
    return {
      prepare: (sql) => (sql === 'rollback' && !this.db.inTransaction ? nothing : this.prepare(sql)),
      close: () => this.close(),
    };
  }

  close(): void {
    this.#statements.clear();
    this.db.close();
  }
}
