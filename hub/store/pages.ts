import type { Page, PageRequest } from './records.ts';
import { InvalidCursorError } from './store.ts';

/** Rows of a page come newest first, those with a `seq` below this one. A cursor is the `seq` of the last row shown. */
export function startOf({ cursor }: PageRequest): number {
  if (cursor === undefined) return Number.MAX_SAFE_INTEGER;
  if (!/^[1-9]\d{0,15}$/.test(cursor) || !Number.isSafeInteger(Number(cursor)))
    throw new InvalidCursorError('The cursor is not one that a list answered: start without one.');
  return Number(cursor);
}

/** `rows` were asked for with one more than the limit, which tells whether another page follows. */
export function toPage<Row extends { seq: number }, Item>(
  rows: Row[],
  limit: number,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(toItem), next_cursor: last ? String(last.seq) : null };
}

/** Ids for an IN, of which there must be one: no id is empty. */
export function listed(ids: readonly string[]): string[] {
  return [...ids, ''];
}
