import { z } from 'zod';
import { messageExportQuerySchema } from '../../shared/api/messages.ts';
import { defineRoute, type Route } from '../api/route.ts';
import type { Message, Page } from '../store/records.ts';
import type { AdminDependencies } from './dependencies.ts';
import { withinWorkspaces } from './lookups.ts';
import { csvHead, csvLines } from './message-csv.ts';
import { judgeFilter } from './message-filter.ts';
import { showMessage, showTime } from './views.ts';

const MOST_ROWS = 100_000;
/** Some milliseconds of the hub's time, with what it takes to write them. */
const PAGE_ROWS = 200;

/** The list of messages as a file. */
export function messageExportRoute({ store, quiet, now }: AdminDependencies): Route {
  return defineRoute({
    auth: 'user',
    tag: 'messages',
    method: 'get',
    path: '/api/messages.csv',
    operationId: 'exportMessages',
    summary: `Answers messages as CSV, newest first, at most ${MOST_ROWS.toLocaleString('en')}.`,
    query: messageExportQuerySchema,
    response: {
      status: 200,
      description:
        'One line for each message, below one that names the columns. Where there are as many as the header `x-row-limit` says, older ones may be left out.',
      schema: z.string(),
      contentType: 'text/csv',
    },
    handle: async ({ query, scope }) => {
      judgeFilter(query);
      quiet.admit();
      const filter = { ...query, ...withinWorkspaces(scope) };
      const read = (cursor: string | undefined, limit: number): Promise<Part> =>
        quiet
          .run(async () => toPart(await store.listMessages(filter, { limit, cursor })))
          .then(({ value }) => value);
      // What is wrong with the request or the database is found before the answer has begun.
      const first = await read(undefined, PAGE_ROWS);
      return { status: 200, headers: headersAt(now()), stream: writeCsv(first, read) };
    },
  });
}

function headersAt(now: number): Record<string, string> {
  const name = `messages-${showTime(now).slice(0, 10)}.csv`;
  return {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': `attachment; filename="${name}"`,
    'x-row-limit': String(MOST_ROWS),
  };
}

/** A page as text. */
interface Part {
  lines: string;
  rows: number;
  next: string | null;
}

function toPart({ items, next_cursor }: Page<Message>): Part {
  return { lines: csvLines(items.map(showMessage)), rows: items.length, next: next_cursor };
}

/** Page by page: where no index serves the filter, pages may be short, even empty, and name the next. */
async function* writeCsv(
  first: Part,
  read: (cursor: string, limit: number) => Promise<Part>,
): AsyncGenerator<string> {
  yield csvHead();
  let left = MOST_ROWS;
  for (let part = first; ; ) {
    left -= part.rows;
    yield part.lines;
    if (part.next === null || left <= 0) return;
    part = await read(part.next, Math.min(PAGE_ROWS, left));
  }
}
