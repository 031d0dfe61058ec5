// 2001-01-01T00:00:00Z, where Apple's clock starts.
const APPLE_EPOCH_MS = 978_307_200_000n;
const NS_PER_MS = 1_000_000n;
// Below this a date can only be in seconds, as macOS wrote it before 10.13.
const LARGEST_SECONDS = 1_000_000_000_000_000n;

// 9999-12-31T23:59:59.999Z: a damaged date becomes the nearest one that can be written, and holds up no journal.
const LAST_INSTANT_MS = 253_402_300_799_999n;

/** A `date` column (nanoseconds since 2001, seconds in old rows) as epoch milliseconds, rounded down, years 1970–9999. */
export function fromAppleTime(date: bigint): number {
  const sinceEpoch = isInSeconds(date) ? date * 1_000n : date / NS_PER_MS;
  const at = sinceEpoch + APPLE_EPOCH_MS;
  if (at < 0n) return 0;
  return Number(at > LAST_INSTANT_MS ? LAST_INSTANT_MS : at);
}

/** Whether a `date` column is in seconds. */
export function isInSeconds(date: bigint): boolean {
  return date < LARGEST_SECONDS;
}

/** Epoch milliseconds as nanoseconds since 2001. */
export function toAppleTime(epochMs: number): bigint {
  return (BigInt(Math.floor(epochMs)) - APPLE_EPOCH_MS) * NS_PER_MS;
}
