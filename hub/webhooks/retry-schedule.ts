import type { SettledDelivery } from '../store/records.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Rest after the first, second, … failed attempt. An event that fails once more after the last is dead. */
export const RETRY_DELAYS_MS = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
] as const;

const LONGEST_REST_MS = DAY;
const PATIENCE_MS = 5 * DAY;

export interface FailedAttempt {
  /** 1 for the first. */
  attempt: number;
  /** null when no answer came. */
  status: number | null;
  /** The Retry-After header, as sent. */
  retryAfter: string | undefined;
  /** When the workspace's endpoint began to fail without a success since, epoch milliseconds. */
  failingSince: number;
}

/** What becomes of an event after a failed attempt. Times in epoch milliseconds; `random` answers 0 to 1. */
export function afterFailure(
  failed: FailedAttempt,
  now: number,
  random: () => number,
): SettledDelivery['outcome'] {
  if (failed.status === 410)
    return { kind: 'disable', reason: 'The endpoint answered 410 Gone: it asks not to be called again.' };
  if (now - failed.failingSince >= PATIENCE_MS)
    return { kind: 'disable', reason: 'Every attempt has failed for five days.' };
  const planned = RETRY_DELAYS_MS[failed.attempt - 1];
  if (planned === undefined) return { kind: 'dead' };
  const rest = planned * (0.8 + 0.4 * random());
  const asked = failed.status === 429 || failed.status === 503 ? parseRetryAfter(failed.retryAfter, now) : 0;
  return { kind: 'retry', at: Math.round(now + Math.max(rest, Math.min(asked, LONGEST_REST_MS))) };
}

/** Retry-After, in seconds or as an HTTP date, as milliseconds from `now`; 0 when it says nothing usable. */
function parseRetryAfter(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * SECOND;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
