import type { Kysely } from 'kysely';
import type { Page } from './records.ts';
import type { Schema } from './schema.ts';

/**
 * A list filtered by what no index serves looks at no more rows than this for one page, since SQLite holds up the whole
 * process meanwhile. A page may then be short, even empty, and still name the next.
 */
export const SEARCH_WINDOW = 50_000;

/** The page, going on below the floor down to which it was looked for. */
export function withFloor<Item>(page: Page<Item>, floor: number, from: number): Page<Item> {
  if (page.next_cursor !== null || floor <= Math.max(1, from)) return page;
  return { items: page.items, next_cursor: String(floor) };
}

/**
 * Which rows lie in a span of time: those with a `seq` of at least `from` and below `before`. Rows come in order of time, so
 * twenty looks find a place among a million without an index; around a moment when the clock was set back it is a
 * place nearby.
 */
export async function boundTime(
  db: Kysely<Schema>,
  table: 'messages' | 'deliveries',
  { since, until }: { since?: number | undefined; until?: number | undefined },
  start: number,
): Promise<{ from: number; before: number }> {
  const from = since === undefined ? 0 : await firstSince(db, table, since);
  const before = until === undefined ? start : Math.min(start, await firstSince(db, table, until));
  return { from, before };
}

async function firstSince(
  db: Kysely<Schema>,
  table: 'messages' | 'deliveries',
  time: number,
): Promise<number> {
  const rows = () => db.selectFrom(table).select(['seq', 'created_at']).limit(1);
  const newest = await rows().where('seq', '>=', 0).orderBy('seq', 'desc').executeTakeFirst();
  let low = 0;
  let high = (newest?.seq ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = await rows().where('seq', '>=', middle).orderBy('seq').executeTakeFirst();
    if (row === undefined || row.created_at >= time) high = middle;
    else low = row.seq + 1;
  }
  return low;
}
