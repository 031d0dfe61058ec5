import { type AuditView, auditQuerySchema, auditSchema } from '../../shared/api/audit.ts';
import { type NoticeView, noticeQuerySchema, noticeSchema } from '../../shared/api/notices.ts';
import { pageSchema } from '../../shared/api/pages.ts';
import { defineRoute, type Route } from '../api/route.ts';
import type { AuditEntry, Notice } from '../store/record-keeping.ts';
import type { AdminDependencies } from './dependencies.ts';
import { withinWorkspaces } from './lookups.ts';
import { showPage, showTime, showTimeOrNull } from './views.ts';

/** What operators should know of, and who changed what. */
export function auditRoutes({ store }: AdminDependencies): Route[] {
  return [
    defineRoute({
      auth: 'user',
      tag: 'operations',
      method: 'get',
      path: '/api/notices',
      summary:
        'Lists webhooks that fail or were switched off, newest first: those of now, and those resolved.',
      query: noticeQuerySchema,
      response: { status: 200, description: 'A page.', schema: pageSchema(noticeSchema) },
      handle: async ({ query: { limit, cursor, ...filter }, scope }) => {
        const page = await store.listNotices({ ...filter, ...withinWorkspaces(scope) }, { limit, cursor });
        return { status: 200, body: showPage(page, showNotice) };
      },
    }),
    defineRoute({
      auth: 'admin',
      tag: 'operations',
      method: 'get',
      path: '/api/audit',
      summary: 'Lists the changes that were made through this API, newest first: what, by whom, from where.',
      query: auditQuerySchema,
      response: { status: 200, description: 'A page.', schema: pageSchema(auditSchema) },
      handle: async ({ query: { limit, cursor, ...filter } }) => {
        const page = await store.listAuditEntries(filter, { limit, cursor });
        return { status: 200, body: showPage(page, showEntry) };
      },
    }),
  ];
}

function showNotice({ since, resolved_at, ...notice }: Notice): NoticeView {
  return { ...notice, since: showTime(since), resolved_at: showTimeOrNull(resolved_at) };
}

function showEntry({ at, ...entry }: AuditEntry): AuditView {
  return { ...entry, at: showTime(at) };
}
