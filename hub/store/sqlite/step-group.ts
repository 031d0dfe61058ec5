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
 * would wait for its own. One that fails takes none of the others with it. `onUndone` is called when something was taken
 * back, before anything else is begun.
 */
export function createStepGroup(
  db: SqliteConnection,
  transact: Transaction,
  onUndone: () => void,
): <T>(step: () => Promise<T>) => Promise<T> {
  const group: Group = { db, transact, onUndone };
  const run = groupCalls((steps: Step[]) => runSteps(group, steps), { limit: MOST });
  return async <T>(step: () => Promise<T>): Promise<T> => {
    const outcome = await run(step);
    if ('error' in outcome) throw outcome.error;
    return outcome.value as T;
  };
}

interface Group {
  db: SqliteConnection;
  transact: Transaction;
  onUndone: () => void;
}

async function runSteps(group: Group, steps: Step[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let begun = false;
  try {
    await group.transact(async () => {
      begun = true;
      for (const step of steps) outcomes.push(await runStep(group, step));
    });
    return outcomes;
  } catch (error) {
    group.onUndone();
    // Another program writes: each of them would wait for it anew, and the whole process with it.
    if (!begun || steps.length === 1) return steps.map(() => ({ error }));
    // Nothing of them stands. What one could not write may not be what the others could not.
    const alone: Outcome[] = [];
    for (const step of steps) alone.push(...(await runSteps(group, [step])));
    return alone;
  }
}

async function runStep({ db, onUndone }: Group, step: Step): Promise<Outcome> {
  try {
    return { value: await db.savepoint(step) };
  } catch (error) {
    if (!db.db.inTransaction) throw error;
    onUndone();
    return { error };
  }
}
