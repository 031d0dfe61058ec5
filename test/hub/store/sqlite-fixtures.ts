import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LinkTo } from '../../../hub/store/files.ts';
import { openSqliteStore } from '../../../hub/store/open-store.ts';
import { SqliteConnection } from '../../../hub/store/sqlite/database.ts';
import { migrate } from '../../../hub/store/sqlite/migrate.ts';
import { createSqliteStore } from '../../../hub/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../hub/store/store.ts';
import { openVault } from '../../../hub/store/vault.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import {
  addLine,
  claimDue,
  dispatch,
  HOUR,
  Journal,
  messageEntry,
  NOW,
  newMessage,
  type StoreUnderTest,
} from './contract/fixtures.ts';

export const SECRET = 'a secret of the tests';
export const silent = createLog('test', 'silent');

/** Links as a hub would make them, good for an hour. */
export const linkTo: LinkTo = ({ sha256, name }, now) => ({
  url: `https://hub.example/media/${sha256}/${encodeURIComponent(name)}`,
  expires_at: now + HOUR,
});

/** A folder that is gone when disposed. */
export async function makeFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'bluewire-store-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export function openFile(file: string, secret = SECRET): Promise<Store> {
  return openSqliteStore({ file, secret, log: silent, linkTo });
}

/** A store on a real file. */
export async function openTemporary(): Promise<StoreUnderTest & { file: string }> {
  const folder = await makeFolder();
  const file = join(folder.path, 'hub.db');
  const store = await openFile(file);
  return {
    store,
    file,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/**
 * A store whose database may grow by a few pages only, as on a disk that is almost full, until room is made. It holds a
 * dispatched message and a delivery under way.
 */
export async function openOnFullDisk() {
  const folder = await makeFolder();
  const db = new SqliteConnection(join(folder.path, 'hub.db'));
  migrate(db.db, 'hub.db');
  const store: Store = {
    ...createSqliteStore(db, { vault: openVault(SECRET), log: silent, linkTo, clock: () => NOW }),
    async [Symbol.asyncDispose]() {},
  };
  const line = await addLine(store);
  const dispatched = newMessage(line.location_id);
  await dispatch(store, line, [dispatched]);
  await store.recordJournal(line.device_id, new Journal().batch(messageEntry({ from: '+12145550199' })), NOW);
  const [unfinished] = await claimDue(store);
  if (unfinished === undefined) throw new Error('the inbound message made no delivery');
  const pages = Number(db.db.pragma('page_count', { simple: true }));
  db.db.pragma(`max_page_count = ${pages + 4}`);
  return {
    store,
    line,
    dispatched,
    unfinished,
    makeRoom: () => void db.db.pragma('max_page_count = 1000000'),
    async [Symbol.asyncDispose]() {
      db.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
