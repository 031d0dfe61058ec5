import { createHash } from 'node:crypto';

/** Thrown inside a step that must hold more from its start: it is rolled back and done again, holding these too. */
export class StepToRepeat extends Error {
  override readonly name = 'StepToRepeat';
  readonly names: readonly string[];

  constructor(names: readonly string[]) {
    super('The step is done again with more held from its start.');
    this.names = names;
  }
}

/**
 * Statement that waits until nobody else holds the names, and holds them to the end of the transaction. Every step asks in
 * the same order, so that no two wait for each other. As rows: a list of columns ends at 1,664.
 */
export function lockStatement(names: Iterable<string>): string {
  return `SELECT pg_advisory_xact_lock(key) FROM unnest('{${sortKeys(names).join()}}'::bigint[]) AS key`;
}

/** The same order as JSON, for a statement that takes them as a value. */
export function keysOf(names: Iterable<string>): string {
  return JSON.stringify(sortKeys(names).map(String));
}

function sortKeys(names: Iterable<string>): bigint[] {
  return [...new Set(names)].map(keyOf).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Advisory locks are known by 64 bits; two names that share theirs only wait for each other without need. */
function keyOf(name: string): bigint {
  return createHash('sha256').update(`bluewire ${name}`).digest().readBigInt64BE();
}
