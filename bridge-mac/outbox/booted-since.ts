import { uptime } from 'node:os';

// Clocks are set after a start.
const BOOT_SLACK_MS = 60_000;

/** Whether the machine was started after `moment`, or too shortly before to be sure. */
export function bootedSince(moment: number, now: number): boolean {
  // A moment to come: the clock was set back, and tells nothing of the time before.
  return moment > now || moment < now - uptime() * 1_000 + BOOT_SLACK_MS;
}
