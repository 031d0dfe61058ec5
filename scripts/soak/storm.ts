import { setTimeout as sleep } from 'node:timers/promises';
import type { BridgeRig } from '../../test/bridge-mac/kit/bridge-rig.ts';
import type { Ledger } from './ledger.ts';
import { Random } from './random.ts';

export const PEOPLE = Array.from({ length: 14 }, (_, index) => `+1214555${7000 + index}`);
export const GROUPS = ['chat910000001', 'chat910000002'];

export interface Storm {
  readonly rig: BridgeRig;
  readonly ledger: Ledger;
  readonly seed: number;
  /** Fires when the last deed is done; what is under way ends by itself. */
  readonly signal: AbortSignal;
}

/** One deed after another with pauses between, until the storm is over. A Mac that is down meanwhile forgives. */
export async function repeat(
  storm: Storm,
  name: string,
  pauseMs: readonly [number, number],
  deed: (random: Random) => Promise<void>,
): Promise<void> {
  const random = new Random(storm.seed, name);
  while (!storm.signal.aborted) {
    await sleep(random.between(...pauseMs), undefined, { signal: storm.signal }).catch(() => {});
    if (storm.signal.aborted) return;
    await deed(random);
  }
}

/** Asks the simulated Mac; undefined when it was down, or refused because there is nothing yet to do it to. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}
