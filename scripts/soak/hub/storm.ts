import type { Weather } from '../repeat.ts';
import type { StandInDevice } from './device.ts';
import type { Fleet } from './fleet.ts';
import type { Inbox } from './inbox.ts';
import type { Ledger, WorkspaceNote } from './ledger.ts';
import type { Receivers } from './receivers.ts';

/** A place for a device: when one is removed, another is paired in its stead. */
export interface Seat {
  readonly index: number;
  device: StandInDevice;
}

export interface Storm extends Weather {
  readonly fleet: Fleet;
  readonly ledger: Ledger;
  readonly inbox: Inbox;
  readonly receivers: Receivers;
  readonly workspaces: readonly WorkspaceNote[];
  readonly seats: readonly Seat[];
}

/** Its client answers always and at once: what happens to the others must not reach it. */
export const STEADY = 0;
/** Which seats serve which workspace. */
export const SEATS_OF = (workspace: number, seats: number): number[] => [
  ...new Set([workspace % seats, (workspace + 1) % seats, (workspace + 3) % seats]),
];
