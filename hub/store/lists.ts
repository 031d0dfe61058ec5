import { type Kysely, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { Base } from './base.ts';
import { startOf, toPage } from './pages.ts';
import type { Message, MessageFilter, Page, PageRequest } from './records.ts';
import { toMessage } from './rows.ts';
import type { Schema } from './schema.ts';
import { newestOf, readScopes, splitScope, windowOf } from './scopes.ts';
import { boundTime, withFloor } from './search-window.ts';
import type { MessageStore } from './store.ts';

type Steps = Pick<MessageStore, 'listMessages' | 'findMessage' | 'listTimeline'>;

export function listSteps({ query, like }: Base): Steps {
  return {
    listMessages: (filter, page) => query((db) => listMessages(db, filter, page, like)),

    findMessage: async (id) => {
      const row = await query((db) =>
        db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirst(),
      );
      return row && toMessage(row);
    },

    listTimeline: (id) => query((db) => listTimeline(db, id)),
  };
}

async function listMessages(
  db: Kysely<Schema>,
  filter: MessageFilter,
  page: PageRequest,
  like: Base['like'],
): Promise<Page<Message>> {
  const { from, before } = await boundTime(db, 'messages', filter, startOf(page));
  const scopes = splitScope(filter);
  const floor = await searchFloor(db, scopes, before);
  const span = <Row>(messages: SelectQueryBuilder<Schema, 'messages', Row>) =>
    messages
      .where('seq', '<', before)
      .where('seq', '>=', Math.max(floor, from))
      .orderBy('seq', 'desc')
      .limit(page.limit + 1);
  const rows = await readScopes(scopes, {
    one: (only) => span(filteredMessages(db, only, like)).execute(),
    many: async (each) => {
      const lanes = each.map((one) => span(filteredMessages(db, one, like).clearSelect().select('seq')));
      const seqs = await newestOf(db, lanes, page.limit + 1);
      return seqs.length === 0
        ? []
        : db.selectFrom('messages').selectAll().where('seq', 'in', seqs).orderBy('seq', 'desc').execute();
    },
  });
  return withFloor(toPage(rows, page.limit, toMessage), floor, from);
}

/** Looking for a part of three columns takes so many times as long as comparing one. */
const PATTERN_COST = 5;

/** From where on to look for what no index serves. Counted are the rows that an index brings. */
async function searchFloor(db: Kysely<Schema>, scopes: MessageFilter[], before: number): Promise<number> {
  const [{ workspace, phone, status, since: _, until: __, within: ___, ...rest } = {}] = scopes;
  // One row at most.
  if (workspace !== undefined && rest.message_id !== undefined) return 0;
  const isServed = status === undefined || isFailed(status);
  if (isServed && Object.values(rest).every((value) => value === undefined)) return 0;
  const rows =
    rest.q === undefined ? windowOf(scopes) : Math.max(2, Math.floor(windowOf(scopes) / PATTERN_COST));
  const lanes = scopes.map((one) => {
    const served = isGroup(rest.conversation) ? {} : { phone: phone ?? rest.conversation };
    return filteredMessages(db, { ...served, workspace: one.workspace }, 'like')
      .clearSelect()
      .select('seq')
      .where('seq', '<', before)
      .orderBy('seq', 'desc')
      .limit(1)
      .offset(rows - 1);
  });
  return (await newestOf(db, lanes, 1))[0] ?? 0;
}

function filteredMessages(db: Kysely<Schema>, filter: MessageFilter, like: Base['like']) {
  let messages = db.selectFrom('messages').selectAll();
  if (filter.workspace !== undefined) messages = messages.where('location_id', '=', filter.workspace);
  if (filter.phone !== undefined) messages = messages.where('phone', '=', filter.phone);
  if (filter.device !== undefined) messages = messages.where('device_id', '=', filter.device);
  if (filter.conversation !== undefined) messages = withConversation(messages, filter.conversation);
  if (filter.channel !== undefined) messages = messages.where('channel', '=', filter.channel);
  if (filter.direction !== undefined) messages = messages.where('direction', '=', filter.direction);
  // The literal lets the index of clients' ids serve it, as one way alone has them.
  if (filter.message_id !== undefined)
    messages = messages.where('message_id', '=', filter.message_id).where('direction', '=', sql.lit('out'));
  if (filter.from_me !== undefined) messages = messages.where('from_me', '=', filter.from_me ? 1 : 0);
  // The literal lets the partial index of failures serve the one status that is both rare and looked for.
  if (filter.status !== undefined && isFailed(filter.status))
    messages = messages.where('status', '=', sql.lit('FAILED'));
  else if (filter.status !== undefined) messages = messages.where('status', 'in', filter.status);
  if (filter.q !== undefined) {
    const pattern = `%${filter.q.replace(/[\\%_]/g, '\\$&')}%`;
    const part = (column: 'message_id' | 'id' | 'phone') =>
      sql<SqlBool>`${sql.ref(column)} ${sql.raw(like)} ${pattern} escape '\\'`;
    messages = messages.where((where) => where.or([part('message_id'), part('id'), part('phone')]));
  }
  return messages;
}

function isFailed(status: NonNullable<MessageFilter['status']>): boolean {
  return status.length === 1 && status[0] === 'FAILED';
}

/** What goes out to a group has it for its phone; what comes in has whom it is from. */
function withConversation<Row>(messages: SelectQueryBuilder<Schema, 'messages', Row>, conversation: string) {
  if (!isGroup(conversation)) return messages.where('phone', '=', conversation).where('group_id', 'is', null);
  return messages.where((where) =>
    where.or([where('phone', '=', conversation), where('group_id', '=', conversation)]),
  );
}

function isGroup(conversation: string | undefined): boolean {
  return conversation?.startsWith('group:') === true;
}

/** Accepting is the first step of an outgoing message, told by the row itself. */
async function listTimeline(db: Kysely<Schema>, id: string) {
  const message = await db
    .selectFrom('messages')
    .select(['seq', 'direction', 'created_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (message === undefined) return [];
  const events = await db
    .selectFrom('timeline')
    .select(['at', 'status', 'source', 'detail'])
    .where('message_seq', '=', message.seq)
    .orderBy('n')
    .execute();
  if (message.direction === 'in') return events;
  return [{ at: message.created_at, status: 'QUEUED', source: 'hub', detail: null }, ...events];
}
