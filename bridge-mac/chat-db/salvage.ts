import type { ChatDb } from './chat-db.ts';
import type { MessageRow } from './rows.ts';

/** Whether an error says that pages of a database are damaged. */
export function isDamage(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_CORRUPT');
}

export interface Salvaged {
  rows: MessageRow[];
  /** ROWIDs that cannot be read. */
  damaged: number[];
  /** Everything up to here was looked at. */
  upTo: number;
}

/** Runs `read`; where that meets damaged pages, `otherwise`. */
export function readOr<Result>(read: () => Result, otherwise: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!isDamage(error)) throw error;
    return otherwise();
  }
}

/** Reads up to `limit` ROWIDs above `rowId` one by one, past those whose pages are damaged. */
export function salvageRows(db: ChatDb, rowId: number, limit: number): Salvaged {
  const last = Math.min(rowId + limit, db.maxRowId());
  const found: Salvaged = { rows: [], damaged: [], upTo: last };
  for (let id = rowId + 1; id <= last; id += 1) {
    try {
      const row = db.rowAt(id);
      if (row !== undefined) found.rows.push(row);
    } catch (error) {
      if (!isDamage(error)) throw error;
      found.damaged.push(id);
    }
  }
  return found;
}

/** `4, 7–9`: ROWIDs for a sentence. */
export function listRowIds(rowIds: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const id of rowIds) {
    const open = ranges.at(-1);
    if (open !== undefined && open[1] === id - 1) open[1] = id;
    else ranges.push([id, id]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
}
