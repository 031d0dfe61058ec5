import type { SendingStore } from '../store/sending-store.ts';

const MINUTE_MS = 60_000;
/** The longest that a gap with its jitter can be. */
const KEEP_MS = 2 * 3_600_000 + MINUTE_MS;

/**
 * When the next send may begin, in epoch milliseconds; 0 for at once. The beginnings it counts are on disk, so
 * neither a restart nor a silent hub makes a device faster than it was told to be.
 */
export function nextBeginning(sending: SendingStore, now: number): number {
  const { pace } = sending.settings;
  if (pace.per_minute === null && pace.gap_ms === 0 && pace.jitter_ms === 0) return 0;
  const latest = sending.latestBeginning;
  if (latest === undefined) return 0;
  if (latest.at > now) sending.endBeginningsBy(now);
  const afterGap = Math.min(latest.at, now) + pace.gap_ms + Math.round(pace.jitter_ms * latest.spread);
  if (pace.per_minute === null) return afterGap;
  const first = sending.beginningBefore(pace.per_minute - 1);
  return first === undefined ? afterGap : Math.max(afterGap, first + MINUTE_MS);
}

/** Notes that a send begins now: part of the transaction that notes the attempt. */
export function noteBeginning(sending: SendingStore, now: number, random: () => number): void {
  sending.recordBeginning({ at: now, spread: random() }, now - KEEP_MS);
}
