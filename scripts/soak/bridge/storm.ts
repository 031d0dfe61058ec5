import type { BridgeRig } from '../../../test/bridge-mac/kit/bridge-rig.ts';
import type { Weather } from '../repeat.ts';
import type { Ledger } from './ledger.ts';

export const PEOPLE = Array.from({ length: 14 }, (_, index) => `+1214555${7000 + index}`);
export const GROUPS = ['chat910000001', 'chat910000002'];

export interface Storm extends Weather {
  readonly rig: BridgeRig;
  readonly ledger: Ledger;
}

/** Asks the simulated Mac; undefined when it was down, or refused because there is nothing yet to do it to. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}
