import type { Base } from './base.ts';
import { listed, startOf, toPage } from './pages.ts';
import type { RecordKeeping } from './record-keeping.ts';

type Steps = Omit<RecordKeeping, 'countEndpoints'>;

export function recordKeepingSteps({ query }: Base): Steps {
  return {
    addAuditEntry: async ({ target, changes, ...entry }) => {
      await query((db) =>
        db
          .insertInto('audit')
          .values({
            ...entry,
            target_kind: target.kind,
            target_id: target.id,
            changes: JSON.stringify(changes),
          })
          .execute(),
      );
    },

    listAuditEntries: async ({ workspace, actor, action, target }, page) => {
      const rows = await query((db) => {
        let entries = db.selectFrom('audit').selectAll().where('seq', '<', startOf(page));
        if (workspace !== undefined) entries = entries.where('location_id', '=', workspace);
        if (actor !== undefined) entries = entries.where('actor', '=', actor);
        if (action !== undefined) entries = entries.where('action', '=', action);
        if (target !== undefined) entries = entries.where('target_id', '=', target);
        return entries
          .orderBy('seq', 'desc')
          .limit(page.limit + 1)
          .execute();
      });
      return toPage(rows, page.limit, ({ seq: _, target_kind, target_id, changes, ...entry }) => ({
        ...entry,
        target: { kind: target_kind, id: target_id },
        changes: JSON.parse(changes) as Record<string, unknown>,
      }));
    },

    listNotices: async ({ workspace, within, kind, open }, page) => {
      const rows = await query((db) => {
        let notices = db
          .selectFrom('notices')
          .innerJoin('workspaces', 'workspaces.location_id', 'notices.location_id')
          .select([
            'notices.seq',
            'notices.id',
            'notices.kind',
            'notices.location_id',
            'workspaces.name as workspace',
            'notices.since',
            'notices.detail',
            'notices.resolved_at',
          ])
          .where('workspaces.deleted_at', 'is', null)
          .where('notices.seq', '<', startOf(page));
        if (workspace !== undefined) notices = notices.where('notices.location_id', '=', workspace);
        if (within !== undefined) notices = notices.where('notices.location_id', 'in', listed(within));
        if (kind !== undefined) notices = notices.where('notices.kind', '=', kind);
        if (open !== undefined) notices = notices.where('notices.resolved_at', open ? 'is' : 'is not', null);
        return notices
          .orderBy('notices.seq', 'desc')
          .limit(page.limit + 1)
          .execute();
      });
      return toPage(rows, page.limit, ({ seq: _, ...notice }) => notice);
    },
  };
}
