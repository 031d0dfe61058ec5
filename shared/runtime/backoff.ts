export interface Backoff {
  /** First delay, in milliseconds. */
  base: number;
  /** No delay exceeds this, in milliseconds. */
  max: number;
}

/**
 * Delay before retry number `attempt` (1 for the first), doubling from `base` up to `max`, spread by ±20 %
 * so that many clients of one failed server do not come back together. Milliseconds.
 */
export function delayBefore(
  attempt: number,
  { base, max }: Backoff,
  random: () => number = Math.random,
): number {
  const raw = Math.min(max, base * 2 ** Math.min(attempt - 1, 30));
  return Math.round(raw * (0.8 + 0.4 * random()));
}
