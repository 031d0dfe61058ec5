/** One line of the bench's table: ours and a reference, measured in the same run, so that the ratio means something. */
export interface BenchRow {
  what: string;
  ours: string;
  reference: string;
  ratio: string;
  goal: string;
}

/** Nearest-rank percentile of unsorted samples; `share` is 0–1. */
export function percentile(samples: number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}

export function formatMs(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(2) : milliseconds.toFixed(1)} ms`;
}

export function formatRows(rows: BenchRow[]): string {
  const lines = rows.map(
    (row) => `| ${row.what} | ${row.ours} | ${row.reference} | ${row.ratio} | ${row.goal} |`,
  );
  return ['| what | ours | reference | ratio | goal |', '|---|---|---|---|---|', ...lines].join('\n');
}
