import { z } from 'zod';
import { messageExportQuerySchema } from '../../shared/api/messages.ts';
import { defineRoute, type Route } from '../api/route.ts';
import type { Message, Page } from '../store/records.ts';
import type { AdminDependencies } from './dependencies.ts';
import { csvHead, csvLines } from './message-csv.ts';
import { judgeFilter } from './message-filter.ts';
import { showMessage, showTime } from './views.ts';

const MOST_ROWS = 100_000;
/** Some milliseconds of the hub's time. */
const PAGE_ROWS = 500;

/** The list of messages as a file. */
export function messageExportRoute({ store, quiet, now }: AdminDependencies): Route {
  return defineRoute({
    auth: 'admin',
    tag: 'messages',
    method: 'get',
    path: '/api/messages.csv',
    operationId: 'exportMessages',
    summary: `Answers messages as CSV, newest first, at most ${MOST_ROWS.toLocaleString('en')}.`,
    query: messageExportQuerySchema,
    response: {
      status: 200,
      description: 'One line for each message, below one that names the columns.',
      schema: z.string(),
      contentType: 'text/csv',
    },
    handle: async ({ query: filter }) => {
      judgeFilter(filter);
      const turn = async (cursor: string | undefined, limit: number) =>
        (await quiet.run(() => store.listMessages(filter, { limit, cursor }))).value;
      // What is wrong with the request or the database is found before the answer has begun.
      const first = await turn(undefined, PAGE_ROWS);
      return { status: 200, headers: headersAt(now()), stream: writeCsv(first, turn) };
    },
  });
}

function headersAt(now: number): Record<string, string> {
  const name = `messages-${showTime(now).slice(0, 10)}.csv`;
  return {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': `attachment; filename="${name}"`,
  };
}

type ReadPage = (cursor: string | undefined, limit: number) => Promise<Page<Message>>;

/** Page by page: where no index serves the filter, pages may be short, even empty, and name the next. */
async function* writeCsv(first: Page<Message>, readPage: ReadPage): AsyncGenerator<string> {
  yield csvHead();
  let left = MOST_ROWS;
  for (let page = first; ; ) {
    left -= page.items.length;
    yield csvLines(page.items.map(showMessage));
    if (page.next_cursor === null || left <= 0) return;
    page = await readPage(page.next_cursor, Math.min(PAGE_ROWS, left));
  }
}
