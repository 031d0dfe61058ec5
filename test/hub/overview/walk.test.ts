import { expect, test } from 'vitest';
import { QuietReads } from '../../../hub/api/quiet-reads.ts';
import { walkNewest } from '../../../hub/overview/walk.ts';
import type { TrafficSlice, TrafficWalk } from '../../../hub/store/traffic.ts';

/** A table whose row `seq` belongs to the workspace `seq % 3`. */
function tableOf(count: number) {
  const walks: TrafficWalk[] = [];
  const read = async (walk: TrafficWalk): Promise<TrafficSlice<number>> => {
    walks.push(walk);
    const rows: number[] = [];
    for (
      let seq = Math.min(walk.before, count + 1) - 1;
      seq >= walk.from && rows.length < walk.limit;
      seq -= 1
    )
      if (walk.workspace === undefined || walk.workspace === `w${seq % 3}`) rows.push(seq);
    return { rows, next: rows.length < walk.limit ? undefined : rows.at(-1) };
  };
  return { walks, read };
}

async function walkAll(count: number, workspaces: string[] | undefined) {
  const { walks, read } = tableOf(count);
  const seen: number[] = [];
  const span = { from: 1, before: count + 1 };
  const onRow = (row: number) => void seen.push(row);
  const { truncated } = await walkNewest({ span, workspaces, read, onRow }, new QuietReads());
  return { walks, seen, truncated };
}

test('every row is shown once, of all workspaces or of some', async () => {
  const all = await walkAll(5_000, undefined);
  expect(all.seen).toEqual(Array.from({ length: 5_000 }, (_, index) => 5_000 - index));
  expect(all.truncated).toBe(false);
  const some = await walkAll(5_000, ['w0', 'w2']);
  expect(some.seen.toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 5_000 }, (_, index) => index + 1).filter((seq) => seq % 3 !== 1),
  );
  expect((await walkAll(5_000, [])).seen).toEqual([]);
});

test('of more rows than are read at once the newest are shown, and it is said', async () => {
  const { seen, truncated } = await walkAll(200_001, undefined);
  expect(seen).toHaveLength(200_000);
  expect(seen.at(-1)).toBe(2);
  expect(truncated).toBe(true);
});

test('workspaces are read back side by side, so that an early end leaves none out', async () => {
  const { walks } = await walkAll(30_000, ['w0', 'w1', 'w2']);
  for (const [index, { before }] of walks.entries()) {
    const later = walks.slice(index + 1).map((walk) => walk.before);
    expect(Math.max(0, ...later)).toBeLessThanOrEqual(before);
  }
});
