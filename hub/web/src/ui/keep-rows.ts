interface Kept<Row> {
  rows: Row[];
  /** How many there are above them. */
  news: number;
  /** Those of the rows that are listed no longer. */
  gone: ReadonlySet<Row>;
}

/** The rows of before as they are now, newest first, each in its place. */
export function keepRows<Row>(
  before: readonly Row[],
  now: readonly Row[],
  keyOf: (row: Row) => string,
): Kept<Row> {
  const latest = new Map(now.map((row) => [keyOf(row), row]));
  const known = new Set(before.map(keyOf));
  const first = now.findIndex((row) => known.has(keyOf(row)));
  const news = first === -1 ? now.length : first;
  // Below the last that is still listed, rows may also have been pushed off the page by as many new ones.
  const isFull = news > 0 && now.length >= before.length;
  const end = isFull ? before.findLastIndex((row) => latest.has(keyOf(row))) : before.length;
  return {
    rows: before.map((row) => latest.get(keyOf(row)) ?? row),
    news,
    gone: new Set(before.slice(0, Math.max(0, end)).filter((row) => !latest.has(keyOf(row)))),
  };
}
