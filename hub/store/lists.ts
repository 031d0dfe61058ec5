import { type Kysely, type Selectable, type SqlBool, sql } from 'kysely';
import type { Base } from './base.ts';
import { startOf, toPage } from './pages.ts';
import type { Message, MessageFilter, Page, PageRequest } from './records.ts';
import { toAttempt, toDelivery, toMessage } from './rows.ts';
import type { MessageRow, Schema } from './schema.ts';
import type { DeliveryStore, MessageStore } from './store.ts';

type Steps = Pick<MessageStore, 'listMessages' | 'findMessage' | 'listTimeline'> &
  Pick<DeliveryStore, 'listDeliveries' | 'findDelivery' | 'listAttempts'>;

/**
 * A search within texts looks at no more rows than this for one page, since no index serves it and SQLite holds up the
 * whole process meanwhile. A page may then be short, even empty, and still name the next.
 */
const SEARCH_WINDOW = 50_000;

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

    listDeliveries: async ({ workspace, status }, page) => {
      const rows = await query((db) =>
        db
          .selectFrom('deliveries')
          .selectAll()
          .where('seq', '<', startOf(page))
          .$if(workspace !== undefined, (some) => some.where('location_id', '=', workspace ?? ''))
          .$if(status === 'dead' || status === 'recorded', (some) =>
            some.where(sql<SqlBool>`status in ('dead', 'recorded')`),
          )
          .$if(status === 'pending', (some) => some.where('status', '=', sql.lit('pending')))
          .$if(status !== undefined, (some) => some.where('status', '=', status ?? 'pending'))
          .orderBy('seq', 'desc')
          .limit(page.limit + 1)
          .execute(),
      );
      return toPage(rows, page.limit, toDelivery);
    },

    findDelivery: async (id) => {
      const row = await query((db) =>
        db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst(),
      );
      return row && toDelivery(row);
    },

    listAttempts: async (deliveryId) => {
      const rows = await query((db) =>
        db
          .selectFrom('attempts')
          .selectAll('attempts')
          .innerJoin('deliveries', 'deliveries.seq', 'attempts.delivery_seq')
          .where('deliveries.id', '=', deliveryId)
          .orderBy('n')
          .execute(),
      );
      return rows.map(toAttempt);
    },
  };
}

async function listMessages(
  db: Kysely<Schema>,
  filter: MessageFilter,
  page: PageRequest,
  like: Base['like'],
): Promise<Page<Message>> {
  const start = startOf(page);
  const floor = filter.q === undefined ? 0 : await searchFloor(db, start);
  const rows = await filteredMessages(db, filter, like)
    .where('seq', '<', start)
    .where('seq', '>=', floor)
    .orderBy('seq', 'desc')
    .limit(page.limit + 1)
    .execute();
  const found = toPage(rows, page.limit, toMessage);
  if (found.next_cursor !== null || floor <= 1) return found;
  return { items: found.items, next_cursor: String(floor) };
}

async function searchFloor(db: Kysely<Schema>, start: number): Promise<number> {
  const newest = await db
    .selectFrom('messages')
    .select('seq')
    .where('seq', '<', start)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return Math.max((newest?.seq ?? 0) - SEARCH_WINDOW, 0);
}

function filteredMessages(db: Kysely<Schema>, filter: MessageFilter, like: Base['like']) {
  let messages = db.selectFrom('messages').selectAll();
  if (filter.workspace !== undefined) messages = messages.where('location_id', '=', filter.workspace);
  if (filter.phone !== undefined) messages = messages.where('phone', '=', filter.phone);
  if (filter.channel !== undefined) messages = messages.where('channel', '=', filter.channel);
  if (filter.direction !== undefined) messages = messages.where('direction', '=', filter.direction);
  // The literal lets the partial index of failures serve the one status that is both rare and looked for.
  if (filter.status === 'FAILED') messages = messages.where('status', '=', sql.lit('FAILED'));
  else if (filter.status !== undefined)
    messages = messages.where('status', '=', filter.status as Selectable<MessageRow>['status']);
  if (filter.q !== undefined) {
    const pattern = `%${filter.q.replace(/[\\%_]/g, '\\$&')}%`;
    const part = (column: 'message_id' | 'id' | 'phone') =>
      sql<SqlBool>`${sql.ref(column)} ${sql.raw(like)} ${pattern} escape '\\'`;
    messages = messages.where((where) => where.or([part('message_id'), part('id'), part('phone')]));
  }
  return messages;
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
