import { join } from 'node:path';
import type { HubConfig } from './config.ts';
import { showDatabase } from './database-url.ts';
import {
  openPostgresStore,
  openSqliteStore,
  type SharedStore,
  type SqliteStoreOptions,
} from './store/open-store.ts';
import type { Store } from './store/store.ts';

/** The database that hubs share where one is named, else a file of this hub's own. */
export function openDatabase(
  { DATABASE_URL: url }: HubConfig,
  dataDir: string,
  { hub, ...options }: Omit<SqliteStoreOptions, 'file'> & { hub: string },
): Promise<Store & Partial<SharedStore>> {
  if (url === undefined) return openSqliteStore({ ...options, file: join(dataDir, 'hub.db') });
  return openPostgresStore({ ...options, hub, url, shown: showDatabase(url) });
}
