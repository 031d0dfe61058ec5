import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from './random.ts';

/** What a soak gives to each of its loops. */
export interface Weather {
  readonly seed: number;
  /** Fires when the last deed is done; what is under way ends by itself. */
  readonly signal: AbortSignal;
}

/** One deed after another with pauses between, until the storm is over. */
export async function repeat(
  { seed, signal }: Weather,
  name: string,
  pauseMs: readonly [number, number],
  deed: (random: Random) => Promise<void>,
): Promise<void> {
  const random = new Random(seed, name);
  while (!signal.aborted) {
    await pause(random.between(...pauseMs), signal);
    if (signal.aborted) return;
    await deed(random);
  }
}

/** Sleeps, and no longer than until the storm is over. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
