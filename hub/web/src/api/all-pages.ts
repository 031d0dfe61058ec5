import { type Page, type Query, request } from './request.ts';

const MOST_PAGES = 50;

/** Every item of a list that is not long: workspaces, devices, users. */
export async function listAll<Item>(path: string, signal: AbortSignal, query: Query = {}): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  for (let turn = 0; turn < MOST_PAGES; turn += 1) {
    const page: Page<Item> = await request('GET', path, {
      query: { ...query, limit: 200, cursor },
      signal,
    });
    items.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  return items;
}

/** How many there are, counted up to the length of a page. */
export async function countUpToPage(path: string, query: Query, signal: AbortSignal): Promise<string> {
  const page = await request<Page<unknown>>('GET', path, { query: { ...query, limit: 200 }, signal });
  return page.next_cursor === null ? String(page.items.length) : `more than ${page.items.length}`;
}

const PAGE = 50;
/** A filter that no index serves brings empty pages that lead on: so many are followed before the viewer is asked. */
const MOST_EMPTY_PAGES = 12;

/** One page of a long list; an empty one with a cursor, where nothing was found so far. */
export async function listPage<Item>(
  path: string,
  query: Query & { cursor: string | undefined },
  signal: AbortSignal,
): Promise<Page<Item>> {
  let { cursor } = query;
  for (let turn = 1; ; turn += 1) {
    const page = await request<Page<Item>>('GET', path, { query: { limit: PAGE, ...query, cursor }, signal });
    if (page.items.length > 0 || page.next_cursor === null || turn === MOST_EMPTY_PAGES) return page;
    cursor = page.next_cursor;
  }
}
