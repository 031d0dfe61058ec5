import { type Page, request } from './request.ts';

const MOST_PAGES = 50;

/** Every item of a list that is not long: workspaces, devices, users. */
export async function listAll<Item>(path: string, signal: AbortSignal): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  for (let turn = 0; turn < MOST_PAGES; turn += 1) {
    const page: Page<Item> = await request('GET', path, { query: { limit: 200, cursor }, signal });
    items.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  return items;
}
