/** A span of time up to now that an overview is made of. */
interface Range {
  value: string;
  label: string;
  /** Minutes of each step of the charts. */
  bucket: number;
  /** When it began, for somebody whose clock shows `now`: the same for some minutes, so that the answer is shared. */
  begin: (now: Date) => Date;
}

const MINUTE_MS = 60_000;

function ago(minutes: number, bucket: number): (now: Date) => Date {
  const step = bucket * MINUTE_MS;
  return (now) => new Date(Math.floor((now.getTime() - minutes * MINUTE_MS) / step) * step);
}

/** By the viewer's calendar: days are not all of one length. */
function daysAgo(days: number): (now: Date) => Date {
  return (now) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days);
}

export const RANGES: [Range, ...Range[]] = [
  { value: 'today', label: 'Today', bucket: 60, begin: daysAgo(0) },
  { value: 'hour', label: 'Hour', bucket: 2, begin: ago(60, 2) },
  { value: 'day', label: '24 hours', bucket: 60, begin: ago(1_440, 60) },
  { value: 'week', label: '7 days', bucket: 360, begin: daysAgo(6) },
  { value: 'month', label: '30 days', bucket: 1_440, begin: daysAgo(29) },
];

export function rangeOf(value: string | undefined): Range {
  return RANGES.find((range) => range.value === value) ?? RANGES[0];
}
