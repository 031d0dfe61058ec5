import type { Base } from './base.ts';
import { startOf, toPage } from './pages.ts';
import type { WorkspaceStore } from './store.ts';

type Steps = Pick<WorkspaceStore, 'createApiKey' | 'listApiKeys' | 'useApiKey' | 'revokeApiKey'>;

/** A key's last use is written this seldom, so that using one costs a read. */
const USE_RECORDED_EVERY_MS = 60_000;

export function apiKeySteps({ query }: Base): Steps {
  return {
    createApiKey: async (key) => {
      await query((db) =>
        db
          .insertInto('api_keys')
          .values({ ...key, last_used_at: null })
          .execute(),
      );
    },

    listApiKeys: async (locationId, page) => {
      const rows = await query((db) =>
        db
          .selectFrom('api_keys')
          .select(['seq', 'id', 'name', 'created_at', 'last_used_at'])
          .where('location_id', '=', locationId)
          .where('seq', '<', startOf(page))
          .orderBy('seq', 'desc')
          .limit(page.limit + 1)
          .execute(),
      );
      return toPage(rows, page.limit, ({ seq: _, ...key }) => key);
    },

    useApiKey: async (locationId, hash, now) => {
      const key = await query((db) =>
        db
          .selectFrom('api_keys')
          .select(['seq', 'last_used_at'])
          .where('hash', '=', hash)
          .where('location_id', '=', locationId)
          .executeTakeFirst(),
      );
      if (key === undefined) return false;
      if (key.last_used_at === null || now - key.last_used_at >= USE_RECORDED_EVERY_MS)
        await query((db) =>
          db.updateTable('api_keys').set({ last_used_at: now }).where('seq', '=', key.seq).execute(),
        );
      return true;
    },

    revokeApiKey: async (locationId, id) => {
      const [result] = await query((db) =>
        db.deleteFrom('api_keys').where('id', '=', id).where('location_id', '=', locationId).execute(),
      );
      return result !== undefined && result.numDeletedRows > 0n;
    },
  };
}
