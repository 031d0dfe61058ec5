import { messageQuerySchema, messageSchema, messageTimelineSchema } from '../../shared/api/messages.ts';
import { pageSchema } from '../../shared/api/pages.ts';
import { defineRoute, type Route } from '../api/route.ts';
import type { Message, Page } from '../store/records.ts';
import type { AdminDependencies } from './dependencies.ts';
import { explainWaiting } from './explain-waiting.ts';
import { requireMessage, withinWorkspaces } from './lookups.ts';
import { judgeFilter } from './message-filter.ts';
import { showDeliveryWithAttempts, showMessage, showPage, showTime } from './views.ts';

const BASE = { auth: 'user', tag: 'messages' } as const;

/** Finding messages, and what happened to each. */
export function messageRoutes(dependencies: AdminDependencies): Route[] {
  const { store, quiet } = dependencies;
  return [
    defineRoute({
      ...BASE,
      method: 'get',
      path: '/api/messages',
      summary: 'Lists messages of both directions, newest first.',
      query: messageQuerySchema,
      response: { status: 200, description: 'A page.', schema: pageSchema(messageSchema) },
      handle: async ({ query: { limit, cursor, ...asked }, scope }) => {
        judgeFilter(asked);
        if (asked.q !== undefined) quiet.admit();
        const filter = { ...asked, ...withinWorkspaces(scope) };
        const list = (): Promise<Page<Message>> => store.listMessages(filter, { limit, cursor });
        // No index serves it: each page goes through as many rows as can be looked at in one go.
        const page = filter.q === undefined ? await list() : (await quiet.run(list)).value;
        return { status: 200, body: showPage(page, showMessage) };
      },
    }),
    defineRoute({
      ...BASE,
      method: 'get',
      path: '/api/messages/:id',
      summary: 'Reads a message with its timeline, and the webhook events about it with their attempts.',
      response: { status: 200, description: 'The message.', schema: messageTimelineSchema },
      errors: ['not_found'],
      handle: async ({ params: { id = '' }, scope }) => {
        const message = await requireMessage(store, id, scope);
        const events = (await store.listTimeline(id)).map((event) => ({ ...event, at: showTime(event.at) }));
        const told = await store.listMessageDeliveries(id);
        const deliveries = told.map((one) => showDeliveryWithAttempts(one, one.attempt_log));
        const waiting_for = await explainWaiting(message, dependencies, scope);
        return { status: 200, body: { ...showMessage(message), waiting_for, events, deliveries } };
      },
    }),
  ];
}
