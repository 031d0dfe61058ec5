// 2001-01-01T00:00:00Z, where Apple's clock starts.
const APPLE_EPOCH_MS = 978_307_200_000n;
const NS_PER_MS = 1_000_000n;
// Below this a date can only be in seconds, as macOS wrote it before 10.13.
const LARGEST_SECONDS = 1_000_000_000_000_000n;

/** A `date` column (nanoseconds since 2001, seconds in old rows) as epoch milliseconds, rounded down. */
export function fromAppleTime(date: bigint): number {
  const sinceEpoch = date < LARGEST_SECONDS ? date * 1_000n : date / NS_PER_MS;
  return Number(sinceEpoch + APPLE_EPOCH_MS);
}

/** Epoch milliseconds as nanoseconds since 2001. */
export function toAppleTime(epochMs: number): bigint {
  return (BigInt(Math.floor(epochMs)) - APPLE_EPOCH_MS) * NS_PER_MS;
}
