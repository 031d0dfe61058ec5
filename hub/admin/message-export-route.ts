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
    handle: async ({ query, scope, userId }) => {
      judgeFilter(query);
      quiet.admit();
      const filter = { ...query, ...withinWorkspaces(scope) };
      const rights = userId === undefined ? undefined : await readRights(store, userId);
      const read = async (cursor: string | undefined, limit: number): Promise<Part> => {
        // A file may take its reader minutes. Whoever may not have it any more gets no further line.
        if (userId !== undefined && (await readRights(store, userId)) !== rights)
          throw new RightsChangedError();
        const { value } = await quiet.run(async () =>
          toPart(await store.listMessages(filter, { limit, cursor })),
        );
        return value;
      };
      // What is wrong with the request or the database is found before the answer has begun.
      const first = await read(undefined, PAGE_ROWS);
      return { status: 200, headers: headersAt(now()), stream: writeCsv(first, read) };
    },
  });
}

class RightsChangedError extends Error {
  override readonly name = 'RightsChangedError';

  constructor() {
    super('What may be exported was changed meanwhile: the file ends here.');
  }
}

/** What somebody may see of messages, so that it can be compared. */
async function readRights(store: AdminDependencies['store'], userId: string): Promise<string> {
  const access = await store.readAccess(userId);
  const user = access && !access.user.disabled ? access.user : undefined;
  return JSON.stringify(user && [user.role, user.workspaces.toSorted()]);
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
