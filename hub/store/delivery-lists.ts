import { type Kysely, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { Base } from './base.ts';
import { startOf, toPage } from './pages.ts';
import type {
  Attempt,
  Delivery,
  DeliveryFilter,
  DeliveryWithBody,
  KeptCounts,
  Page,
  PageRequest,
} from './records.ts';
import { toAttempt, toDelivery } from './rows.ts';
import type { Schema } from './schema.ts';
import { newestOf, readScopes, splitScope, windowOf } from './scopes.ts';
import { boundTime, withFloor } from './search-window.ts';
import type { DeliveryStore } from './store.ts';

type Steps = Pick<
  DeliveryStore,
  'countKept' | 'listDeliveries' | 'findDelivery' | 'listAttempts' | 'listMessageDeliveries'
>;

/** Events of one message that are shown with it at most: a message that people react to all day has more. */
const MOST_OF_MESSAGE = 50;

export function deliveryListSteps({ query }: Base): Steps {
  return {
    countKept: (locationId, since) => query((db) => countKept(db, locationId, since)),

    listDeliveries: (filter, page) => query((db) => listDeliveries(db, filter, page)),

    findDelivery: async (id) => {
      const row = await query((db) => withMessage(db).select('body').where('id', '=', id).executeTakeFirst());
      return row && { ...toDelivery(row), body: row.body };
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

    listMessageDeliveries: (messageId) => query((db) => listMessageDeliveries(db, messageId)),
  };
}

/** More than anybody reads off a button. */
const MOST_COUNTED = 100_000;

async function countKept(db: Kysely<Schema>, locationId: string, since: number): Promise<KeptCounts> {
  const { from } = await boundTime(db, 'deliveries', { since }, 0);
  const count = async (status: keyof KeptCounts): Promise<number> => {
    const some = filtered(db.selectFrom('deliveries').select('seq'), { workspace: locationId, status })
      .where('seq', '>=', from)
      .limit(MOST_COUNTED);
    const { counted } = await db
      .selectFrom(some.as('some'))
      .select((rows) => rows.fn.countAll<number>().as('counted'))
      .executeTakeFirstOrThrow();
    return counted;
  };
  return { dead: await count('dead'), recorded: await count('recorded') };
}

function withMessage(db: Kysely<Schema>) {
  return (
    db
      .selectFrom('deliveries')
      .where('location_id', 'not in', (of) =>
        of.selectFrom('workspaces').select('location_id').where('deleted_at', 'is not', null),
      )
      .select([
        'seq',
        'id',
        'location_id',
        'phone',
        'message_seq',
        'type',
        'status',
        'attempts',
        'tries',
        'next_attempt_at',
        'owner',
        'lease_until',
        'last_error',
        'created_at',
      ])
      // Those bodies are short; what others are about their list does not tell.
      .select((of) => of.case().when('type', '=', 'STATUS-UPDATE').then(of.ref('body')).end().as('told'))
      .select((columns) =>
        columns
          .selectFrom('messages')
          .select('messages.id')
          .whereRef('messages.seq', '=', 'deliveries.message_seq')
          .as('message'),
      )
  );
}

async function listDeliveries(
  db: Kysely<Schema>,
  filter: DeliveryFilter,
  page: PageRequest,
): Promise<Page<Delivery>> {
  const { from, before } = await boundTime(db, 'deliveries', filter, startOf(page));
  const scopes = splitScope(filter);
  const floor = await searchFloor(db, scopes, before);
  const span = <Row>(deliveries: SelectQueryBuilder<Schema, 'deliveries', Row>) =>
    deliveries
      .$if(filter.type !== undefined, (some) => some.where('type', '=', filter.type ?? ''))
      .where('seq', '<', before)
      .where('seq', '>=', Math.max(floor, from))
      .orderBy('seq', 'desc')
      .limit(page.limit + 1);
  const rows = await readScopes(scopes, {
    one: (only) => span(filtered(withMessage(db), only)).execute(),
    many: async (each) => {
      const lanes = each.map((one) => span(filtered(db.selectFrom('deliveries').select('seq'), one)));
      const seqs = await newestOf(db, lanes, page.limit + 1);
      if (seqs.length === 0) return [];
      return withMessage(db).where('seq', 'in', seqs).orderBy('seq', 'desc').execute();
    },
  });
  return withFloor(toPage(rows, page.limit, toDelivery), floor, from);
}

/** From where on to look for what no index serves. Counted are the rows that an index brings. */
async function searchFloor(db: Kysely<Schema>, scopes: DeliveryFilter[], before: number): Promise<number> {
  const [{ status, type, message } = {}] = scopes;
  const isKept = status === 'dead' || status === 'recorded';
  if (message !== undefined || (type === undefined && (status === undefined || isKept))) return 0;
  const lanes = scopes.map(({ workspace }) => {
    const served: DeliveryFilter = isKept ? { workspace, status } : { workspace };
    return filtered(db.selectFrom('deliveries').select('seq'), served)
      .where('seq', '<', before)
      .orderBy('seq', 'desc')
      .limit(1)
      .offset(windowOf(scopes) - 1);
  });
  return (await newestOf(db, lanes, 1))[0] ?? 0;
}

function filtered<Row>(
  deliveries: SelectQueryBuilder<Schema, 'deliveries', Row>,
  { workspace, status, message }: DeliveryFilter,
): SelectQueryBuilder<Schema, 'deliveries', Row> {
  let some = deliveries;
  if (workspace !== undefined) some = some.where('location_id', '=', workspace);
  // Literals let the partial indexes serve.
  if (status === 'dead' || status === 'recorded')
    some = some.where(sql<SqlBool>`status in ('dead', 'recorded')`);
  if (status === 'pending') some = some.where('status', '=', sql.lit('pending'));
  if (status !== undefined) some = some.where('status', '=', status);
  if (message !== undefined)
    some = some.where('message_seq', '=', (messages) =>
      messages.selectFrom('messages').select('messages.seq').where('messages.id', '=', message),
    );
  return some;
}

async function listMessageDeliveries(
  db: Kysely<Schema>,
  messageId: string,
): Promise<(DeliveryWithBody & { attempt_log: Attempt[] })[]> {
  const rows = await filtered(withMessage(db), { message: messageId })
    .select('body')
    .orderBy('seq')
    .limit(MOST_OF_MESSAGE)
    .execute();
  if (rows.length === 0) return [];
  const attempts = await db
    .selectFrom('attempts')
    .selectAll()
    .where(
      'delivery_seq',
      'in',
      rows.map(({ seq }) => seq),
    )
    .orderBy('delivery_seq')
    .orderBy('n')
    .execute();
  const byDelivery = Map.groupBy(attempts, ({ delivery_seq }) => delivery_seq);
  return rows.map((row) => ({
    ...toDelivery(row),
    body: row.body,
    attempt_log: (byDelivery.get(row.seq) ?? []).map(toAttempt),
  }));
}
