import { Tooltip } from '@mantine/core';
import { useSyncExternalStore } from 'react';

const TICK_MS = 15_000;
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const ABSOLUTE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const SHORT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 } as const;
const MOMENT = new Intl.DateTimeFormat(undefined, CLOCK);
const DAY_AND_MOMENT = new Intl.DateTimeFormat(undefined, {
  ...CLOCK,
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const JUST_NOW = 'just now';
const UNITS: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

interface TimeProps {
  /** RFC 3339. */
  at: string;
  /** What it shows first; the other is in its tooltip. */
  as?: 'relative' | 'absolute';
  /** Whether it follows the word "since". */
  isSince?: boolean;
}

/** A time in the viewer's own zone. */
export function Time({ at, as = 'relative', isSince = false }: TimeProps) {
  const now = useNow();
  const time = Date.parse(at);
  if (Number.isNaN(time)) return <>–</>;
  const distance = describeDistance(time, now);
  const relative = isSince && distance === JUST_NOW ? 'a moment ago' : distance;
  return (
    <Tooltip label={as === 'relative' ? ABSOLUTE.format(time) : relative}>
      <time dateTime={at} style={{ whiteSpace: 'nowrap' }}>
        {as === 'relative' ? relative : SHORT.format(time)}
      </time>
    </Tooltip>
  );
}

/** "3 minutes ago", "in 2 hours". */
function describeDistance(time: number, now: number): string {
  const seconds = (time - now) / 1_000;
  if (Math.abs(seconds) < 45) return seconds > 20 ? 'in a moment' : JUST_NOW;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['minute', 60];
  return RELATIVE.format(Math.round(seconds / size), unit);
}

export function formatTime(at: string | number): string {
  return ABSOLUTE.format(typeof at === 'string' ? Date.parse(at) : at);
}

/** To the millisecond where steps follow one another closely; without the date on the viewer's own day. */
export function formatMoment(at: string): string {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return '–';
  const isToday = new Date(time).toDateString() === new Date().toDateString();
  return (isToday ? MOMENT : DAY_AND_MOMENT).format(time);
}

let now = Date.now();
const watchers = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

/** Epoch milliseconds, of some seconds ago at most. One clock serves all that is on the page. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => now);
}

function watch(tell: () => void): () => void {
  watchers.add(tell);
  // What has just come is not from the future of a clock that ticks seldom.
  now = Date.now();
  ticking ??= setInterval(tick, TICK_MS);
  return () => {
    watchers.delete(tell);
    if (watchers.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

function tick(): void {
  now = Date.now();
  for (const tell of watchers) tell();
}
