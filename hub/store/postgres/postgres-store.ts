import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import type { Logger } from 'pino';
import type { Base } from '../base.ts';
import type { LinkTo } from '../files.ts';
import type { Schema } from '../schema.ts';
import type { StoreContext, Turns } from '../steps/context.ts';
import { createStore, type Run, type Runner, type StoreSteps } from '../steps/create-store.ts';
import { Directory, DirectoryMemory } from '../steps/directory.ts';
import { hubSteps } from '../steps/hubs.ts';
import { settleDeliveries } from '../steps/settle.ts';
import { CommitInDoubtError, StoreUnavailableError } from '../store.ts';
import type { Vault } from '../vault.ts';
import { acceptMessages } from './accept.ts';
import { claimDeliveries, nextDeliveryAt } from './claim.ts';
import { PostgresConnection } from './connection.ts';
import { endSessions } from './end-sessions.ts';
import { asStoreError, isCommitRefused, isConflict } from './errors.ts';
import { lockStatement, StepToRepeat } from './locks.ts';
import type { Pools } from './open-pool.ts';

/** What other hubs change is seen after so long at the latest. */
const REMEMBERED_MS = 1_000;
/** A step that meets others again and again gives up, and whoever asked for it tries later. */
const MOST_REPEATS = 20;

/** A client waits for its answer meanwhile. */
const LONGEST_DOUBT_MS = 20_000;
const DOUBT_PAUSE_MS = 200;

interface Parts {
  vault: Vault;
  log: Logger;
  linkTo: LinkTo;
  clock: () => number;
}

type Guard = <T>(work: () => Promise<T>) => Promise<T>;

/** The store on pools whose database has the schema of now. Disposing of it does not end the pools. */
export function createPostgresStore({ pool, lifeline }: Pools, parts: Parts): StoreSteps {
  const own = { acceptMessages, claimDeliveries, nextDeliveryAt, settleDeliveries };
  const watched = watchOutages(parts.log);
  const steps = createStore(createRunner(pool, watched, parts), own, parts.clock);
  const { beatHub, takeOverHub } = hubSteps(createRunner(lifeline, watched, parts));
  return {
    ...steps,
    beatHub,
    takeOverHub: async (hub) => {
      await endSessions(lifeline, hub, parts.log);
      return takeOverHub(hub);
    },
  };
}

/**
 * Runs each step in a transaction of its own, beside those of other hubs. Steps read what is committed and hold by name
 * what they must have alone: serializable transactions were turned down, since every claim would end those of the others.
 */
function createRunner(pool: Pool, watched: Guard, parts: Parts): Runner {
  const { vault, log, linkTo } = parts;
  const memory = new DirectoryMemory(REMEMBERED_MS);
  const turns: Turns = { lastServed: '' };
  const contextOn = (db: PostgresConnection, hold: StoreContext['hold']): StoreContext => ({
    db,
    directory: new Directory(db, vault, memory),
    log,
    linkTo,
    hold,
    turns,
  });
  const step = <T>(begin: string, work: (context: StoreContext) => Promise<T>): Promise<T> =>
    watched(() => repeat(pool, begin, (db, hold) => work(contextOn(db, hold)))).catch((error: unknown) => {
      memory.forget();
      throw error;
    });
  const read: Run = (work) =>
    guarded(() => work(contextOn(new PostgresConnection(pool as Pick<PoolClient, 'query'>), async () => {})));
  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const base: Base = {
    vault,
    like: 'ilike',
    query: (work) => watched(() => work(kysely)),
    change: (work, names) => watched(() => changeAlone(kysely, work, names)).finally(() => memory.forget()),
  };
  return {
    base,
    read,
    write: (work) => step('BEGIN', work),
    writeSurely: (work) => untilCertain(pool, () => step('BEGIN', work)),
    writeRelaxed: (work) => step('BEGIN; SET LOCAL synchronous_commit = off', work),
    recall: read,
  };
}

/** The rows that were met before the locks are read again after them, so the change sees what it must. */
async function changeAlone<T>(
  kysely: Kysely<Schema>,
  work: (db: Transaction<Schema>) => Promise<T>,
  names: ((db: Transaction<Schema>) => Promise<string[]>) | undefined,
): Promise<T> {
  for (let tries = 1; ; tries += 1)
    try {
      return await kysely.transaction().execute(async (db) => {
        const held = names ? await names(db) : [];
        if (held.length > 0) await sql.raw(lockStatement(held)).execute(db);
        return work(db);
      });
    } catch (error) {
      if (tries >= MOST_REPEATS || !isConflict(error)) throw error;
    }
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStoreError(error);
  }
}

/** Guards, and says once when the database is back. Not for reads inside of the store, which its memory may answer. */
function watchOutages(log: Logger): Guard {
  let since: number | undefined;
  return async (work) => {
    try {
      const result = await guarded(work);
      if (since !== undefined) {
        const seconds = Math.round((performance.now() - since) / 1_000);
        since = undefined;
        log.info({ seconds }, 'the database can be used again');
      }
      return result;
    } catch (error) {
      if (error instanceof StoreUnavailableError) since ??= performance.now();
      throw error;
    }
  };
}

type Attempt<T> = (db: PostgresConnection, hold: StoreContext['hold']) => Promise<T>;

/**
 * Runs a step until it gets through: again with more held, which comes to an end as there are only so many names, and again
 * where it and another waited for each other.
 */
async function repeat<T>(pool: Pool, begin: string, attempt: Attempt<T>): Promise<T> {
  const held = new Set<string>();
  for (let conflicts = 0; ; ) {
    try {
      return await transact(pool, begin, held, attempt);
    } catch (error) {
      if (error instanceof StepToRepeat) {
        for (const name of error.names) held.add(name);
        continue;
      }
      conflicts += 1;
      if (conflicts >= MOST_REPEATS || !isConflict(error)) throw error;
    }
  }
}

async function transact<T>(
  pool: Pool,
  begin: string,
  held: ReadonlySet<string>,
  attempt: Attempt<T>,
): Promise<T> {
  const client = await pool.connect();
  let fault: unknown;
  try {
    await client.query(held.size > 0 ? `${begin}; ${lockStatement(held)}` : begin);
    const db = new PostgresConnection(client);
    const result = await attempt(db, (names) => hold(client, db, held, names));
    await commit(client);
    return result;
  } catch (error) {
    fault = error;
    throw error;
  } finally {
    await release(client, fault);
  }
}

async function commit(client: PoolClient): Promise<void> {
  try {
    await client.query('COMMIT');
  } catch (cause) {
    if (isCommitRefused(cause)) throw cause;
    throw new CommitInDoubtError('The database was lost while it was asked to commit.', { cause });
  }
}

/** Does a step again whose commit is in doubt, until it stands or the database stays away for too long. */
async function untilCertain<T>(pool: Pool, step: () => Promise<T>): Promise<T> {
  let doubt: CommitInDoubtError | undefined;
  for (let until = Number.POSITIVE_INFINITY; ; ) {
    try {
      return await step();
    } catch (error) {
      if (error instanceof CommitInDoubtError) doubt ??= error;
      if (doubt === undefined || !(error instanceof StoreUnavailableError)) throw error;
      until = Math.min(until, performance.now() + LONGEST_DOUBT_MS);
      if (pool.ending || performance.now() > until) throw doubt;
      await sleep(DOUBT_PAUSE_MS);
    }
  }
}

/** Taken at once where the step holds nothing yet: then nobody can be waiting for it. Else from its start, the next time. */
async function hold(
  client: PoolClient,
  db: PostgresConnection,
  held: ReadonlySet<string>,
  wanted: string[] | (() => Promise<string[]>),
): Promise<void> {
  const names = typeof wanted === 'function' ? await wanted() : wanted;
  const missing = names.filter((name) => !held.has(name));
  if (missing.length === 0) return;
  if (held.size > 0 || db.wrote) throw new StepToRepeat(missing);
  await client.query(lockStatement(missing));
  for (const name of missing) (held as Set<string>).add(name);
}

/** A client that cannot be rolled back is thrown away: the server ends its transaction with the connection. */
async function release(client: PoolClient, fault: unknown): Promise<void> {
  if (fault === undefined) {
    client.release();
    return;
  }
  try {
    await client.query('ROLLBACK');
    client.release();
  } catch {
    client.release(true);
  }
}
