import { Kysely, SqliteDialect } from 'kysely';
import type { Logger } from 'pino';
import type { Base } from '../base.ts';
import type { LinkTo } from '../files.ts';
import type { Schema } from '../schema.ts';
import { claimDeliveries, nextDeliveryAt } from '../steps/claim.ts';
import type { StoreContext } from '../steps/context.ts';
import { createStore, type Run, type Runner, type StoreSteps } from '../steps/create-store.ts';
import { Directory, DirectoryMemory } from '../steps/directory.ts';
import { settleDeliveries } from '../steps/settle.ts';
import { StoreUnavailableError } from '../store.ts';
import type { Vault } from '../vault.ts';
import { acceptMessages } from './accept.ts';
import type { SqliteConnection } from './database.ts';
import { asStoreError } from './errors.ts';
import { createStepGroup, type Transaction } from './step-group.ts';

interface Parts {
  vault: Vault;
  log: Logger;
  linkTo: LinkTo;
  clock: () => number;
}

/** The store on a connection of its own, whose schema is up to date. Disposing of it does not close the connection. */
export function createSqliteStore(db: SqliteConnection, parts: Parts): StoreSteps {
  const own = { acceptMessages, claimDeliveries, nextDeliveryAt, settleDeliveries };
  return createStore(createRunner(db, parts), own, parts.clock);
}

/** Runs steps one at a time, and commits those together that came together. */
function createRunner(db: SqliteConnection, { vault, log, linkTo }: Parts): Runner {
  // This process alone writes the database, so what is remembered of it never grows old.
  const memory = new DirectoryMemory(Number.POSITIVE_INFINITY);
  const directory = new Directory(db, vault, memory);
  const context: StoreContext = {
    db,
    directory,
    log,
    linkTo,
    hold: async () => {},
    turns: { lastServed: '' },
  };
  const kysely = new Kysely<Schema>({ dialect: new SqliteDialect({ database: db.forKysely }) });
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!db.db.open) throw new StoreUnavailableError('The store is closed.');
    try {
      return await work();
    } catch (error) {
      throw asStoreError(error);
    }
  };
  // A step is open across turns of the event loop: Kysely's lock on its one connection keeps them apart.
  const commitTogether = (transaction: Transaction) => {
    const inTurn: Transaction = (steps) => kysely.connection().execute(() => transaction(steps));
    const run = createStepGroup(db, inTurn, () => memory.forget());
    return <T>(work: (context: StoreContext) => Promise<T>): Promise<T> =>
      guarded(() => run(() => work(context)));
  };
  const write: Run = commitTogether((steps) => db.transaction(steps));
  const writeRelaxed: Run = commitTogether((steps) => db.relaxedTransaction(steps));
  const read: Run = (work) => guarded(() => kysely.connection().execute(() => work(context)));
  // Mostly from memory, so not behind that lock. What it may meet of an open change, the change's end forgets.
  const recall: Run = (work) => guarded(() => work(context));
  const base: Base = {
    vault,
    like: 'like',
    query: (work) => guarded(() => work(kysely)),
    change: (work) => guarded(() => kysely.transaction().execute(work)).finally(() => memory.forget()),
  };
  return { base, read, write, writeSurely: write, writeRelaxed, recall };
}
