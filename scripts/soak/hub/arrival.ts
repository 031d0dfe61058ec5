/** How a receiver treats what it gets. */
export type Mood = (typeof MOODS)[number] | 'well' | 'gone';

/** Moods that pass by themselves. */
export const MOODS = [
  'server error',
  'unauthorized',
  'redirect',
  'moody',
  'hang',
  'reset',
  'too many',
  'come again',
  'slow',
  'slow body',
] as const;

/** One POST as a receiver got it. */
export interface Arrival {
  readonly workspace: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Microseconds of the machine's monotonic clock, which all receivers share. */
  readonly order: number;
  readonly id: string;
  /** Seconds. */
  readonly timestamp: number;
  readonly signature: string;
  readonly body: string;
  /** What it was answered; 0 when it was not. */
  readonly status: number;
}
