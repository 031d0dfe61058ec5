import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Client } from 'pg';
import { openPostgresStore, openSqliteStore } from '../../hub/store/open-store.ts';
import type { Store } from '../../hub/store/store.ts';
import { createLog } from '../../shared/runtime/log.ts';

/** A store of the hub with a way past it, to fill its tables in bulk. */
export interface Tables extends AsyncDisposable {
  readonly store: Store;
  /** Runs a statement that both databases understand. */
  execute(sql: string): Promise<void>;
  /** What a running database does by itself now and then: what was filled in lies in its place, with its statistics. */
  tidy(): Promise<void>;
}

const common = {
  secret: 'a secret of the bench',
  log: createLog('bench', 'warn'),
  linkTo: () => ({ url: '', expires_at: 0 }),
};

/** A new SQLite database in a folder of its own, gone when disposed. */
export async function openSqliteTables(): Promise<Tables> {
  const folder = await mkdtemp(join(tmpdir(), 'bluewire-bench-'));
  const file = join(folder, 'hub.db');
  const store = await openSqliteStore({ ...common, file });
  const db = new Database(file);
  db.pragma('synchronous = OFF');
  return {
    store,
    async execute(sql) {
      db.exec(sql);
    },
    async tidy() {
      db.pragma('wal_checkpoint(TRUNCATE)');
    },
    async [Symbol.asyncDispose]() {
      db.close();
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The database at this URL, empty before and left as it is. */
export async function openPostgresTables(url: string): Promise<Tables> {
  const store = await openPostgresStore({ ...common, url, shown: url, hub: 'hub-bench' });
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    store,
    async execute(sql) {
      await client.query(sql);
    },
    async tidy() {
      await client.query('ANALYZE');
    },
    async [Symbol.asyncDispose]() {
      await client.end();
      await store[Symbol.asyncDispose]();
    },
  };
}

export interface Spread {
  workspaces: number;
  /** Conversations of each workspace. */
  conversations: number;
}

/** The id that row `index` of the workspaces has, as in the statements below. */
export function locationOf(index: number): string {
  return `${LOCATION}${FIRST + index}`;
}

const LOCATION = '0123456789abcdef0123456789ab';
const FIRST = 1_000;

/** SQL of the columns `location_id` and `phone` of row `i`: workspaces in turn, in each its conversations in turn. */
function conversationOf({ workspaces, conversations }: Spread): string {
  return `'${LOCATION}' || (${FIRST} + i % ${workspaces}), '+1214' || (5550000 + i % ${workspaces * conversations})`;
}

function rows(count: number): string {
  return `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count - 1})`;
}

/** SQL of an id like the hub's own, another one for each `i`. */
function newId(): string {
  return `'${randomUUID().slice(0, 24)}' || (100000000000 + i)`;
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Deliveries in line, the first of each conversation due now. */
export function pendingDeliveries(count: number, spread: Spread, body: string): string {
  const now = Date.now();
  const due = `CASE WHEN i < ${spread.workspaces * spread.conversations} THEN ${now} END`;
  return `
    INSERT INTO deliveries (id, location_id, phone, type, body, status, attempts, tries, next_attempt_at, created_at)
    ${rows(count)} SELECT ${newId()}, ${conversationOf(spread)}, 'MESSAGE', ${quote(body)}, 'pending', 0, 0, ${due}, ${now} FROM n`;
}

/** Deliveries that are done with. */
export function deliveredDeliveries(count: number, spread: Spread, body: string): string {
  return `
    INSERT INTO deliveries (id, location_id, phone, type, body, status, attempts, tries, created_at)
    ${rows(count)} SELECT ${newId()}, ${conversationOf(spread)}, 'MESSAGE', ${quote(body)}, 'delivered', 1, 1, ${Date.now()} FROM n`;
}

/** Outgoing messages that went to the device, or wait to be offered to it. */
export function outgoingMessages(
  count: number,
  spread: Spread,
  { deviceId, status }: { deviceId: string; status: 'DELIVERED' | 'QUEUED' },
): string {
  const now = Date.now();
  return `
    INSERT INTO messages (id, message_id, location_id, phone, direction, user_id, text, attachments, channel, status,
                          device_id, content_hash, expires_at, offered_at, created_at, updated_at)
    ${rows(count)} SELECT ${newId()}, ${newId()}, ${conversationOf(spread)}, 'out', '1',
      'Hello from the bench, a text of the usual length for a business message.', '[]', 'imessage', '${status}',
      '${deviceId}', 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9', ${now + 86_400_000},
      ${status === 'QUEUED' ? 'CAST(NULL AS BIGINT)' : now}, ${now}, ${now} FROM n`;
}
