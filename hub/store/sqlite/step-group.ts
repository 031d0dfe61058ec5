import { groupCalls } from '../../../shared/runtime/group.ts';
import type { SqliteConnection } from './database.ts';

/** Runs work in a transaction of its own: all of it, or nothing. */
export type Transaction = (work: () => Promise<void>) => Promise<void>;

type Step = () => Promise<unknown>;
type Outcome = { value: unknown } | { error: unknown };

/** Steps in one commit at most: the first of them waits for the last. */
const MOST = 100;

/**
 * Steps that come while others are at work share one commit, so that one fsync serves all of them: with many devices each
 * would wait for its own. One that fails takes none of the others with it.
 */
export function createStepGroup(
  db: SqliteConnection,
  transact: Transaction,
): <T>(step: () => Promise<T>) => Promise<T> {
  const run = groupCalls((steps: Step[]) => runSteps(db, transact, steps), { limit: MOST });
  return async <T>(step: () => Promise<T>): Promise<T> => {
    const outcome = await run(step);
    if ('error' in outcome) throw outcome.error;
    return outcome.value as T;
  };
}

async function runSteps(db: SqliteConnection, transact: Transaction, steps: Step[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  try {
    await transact(async () => {
      for (const step of steps) outcomes.push(await runStep(db, step));
    });
    return outcomes;
  } catch (error) {
    // Nothing of them stands. What one could not write may not be what the others could not.
    if (steps.length === 1) return [{ error }];
    const alone: Outcome[] = [];
    for (const step of steps) alone.push(...(await runSteps(db, transact, [step])));
    return alone;
  }
}

async function runStep(db: SqliteConnection, step: Step): Promise<Outcome> {
  try {
    return { value: await db.savepoint(step) };
  } catch (error) {
    if (!db.db.inTransaction) throw error;
    return { error };
  }
}
