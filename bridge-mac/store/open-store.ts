import type { Database } from 'better-sqlite3';
import { openSqlite } from '../../shared/runtime/sqlite.ts';
import { InboxStore } from './inbox-store.ts';
import { IncomingFileStore } from './incoming-file-store.ts';
import { remedyForDamage } from './inspect-store.ts';
import { JournalStore } from './journal-store.ts';
import { migrate } from './migrations.ts';
import { SendStore } from './send-store.ts';
import { SendingStore } from './sending-store.ts';

/**
 * The bridge's own database. What runs inside `transaction` is on disk, whole, when it returns; nested calls join the
 * outer one.
 */
export interface BridgeStore extends Disposable {
  readonly journal: JournalStore;
  readonly sends: SendStore;
  readonly sending: SendingStore;
  readonly inbox: InboxStore;
  readonly incomingFiles: IncomingFileStore;
  transaction<Result>(work: () => Result): Result;
  /**
   * Like `transaction`, but a power failure may undo it until the next one is on disk: for what is only read again, or
   * acknowledged again, then. An fsync on a Mac takes up to 20 ms.
   */
  relaxedTransaction<Result>(work: () => Result): Result;
}

/**
 * Opens (and creates) the database for the device named `owner`. A database of another owner is emptied first: its
 * journal, sends and cursor belong to a pairing that is gone. Throws a sentence when the file cannot be used.
 */
export function openBridgeStore(path: string, owner: string): BridgeStore {
  let db: Database | undefined;
  try {
    const opened = openSqlite(path);
    db = opened;
    opened.pragma('journal_mode = WAL');
    opened.pragma('synchronous = FULL');
    opened.pragma('fullfsync = ON');
    migrate(opened);
    opened.transaction(() => claimFor(opened, owner)).immediate();
    return assemble(opened);
  } catch (error) {
    db?.close();
    throw explainUnusable(path, error);
  }
}

// SQLite's own errors name neither the file nor a way out; the others are sentences already.
function explainUnusable(path: string, error: unknown): unknown {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return error;
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return new Error(`The bridge's database is damaged: ${path}. ${remedyForDamage(path)}`, { cause: error });
  }
  const remedy = 'See that the folder is yours and the disk has room.';
  return new Error(`The bridge's database cannot be used: ${path}. ${remedy}`, { cause: error });
}

function assemble(db: Database): BridgeStore {
  const transaction = <Result>(work: () => Result): Result =>
    db.inTransaction ? work() : db.transaction(work).immediate();
  const relaxedTransaction = <Result>(work: () => Result): Result => {
    if (db.inTransaction) return work();
    db.pragma('synchronous = NORMAL');
    try {
      return transaction(work);
    } finally {
      db.pragma('synchronous = FULL');
    }
  };
  return {
    journal: new JournalStore(db),
    sends: new SendStore(db),
    sending: new SendingStore(db),
    inbox: new InboxStore(db),
    incomingFiles: new IncomingFileStore(db),
    transaction,
    relaxedTransaction,
    [Symbol.dispose]: () => db.close(),
  };
}

function claimFor(db: Database, owner: string): void {
  const known = db.prepare<[], { value: string }>("SELECT value FROM meta WHERE name = 'owner'").get();
  if (known?.value === owner) return;
  for (const table of [
    'meta',
    'journal',
    'sends',
    'spent_rows',
    'routes',
    'cursor',
    'pending_rows',
    'incoming_files',
    'seen_messages',
    'own_addresses',
  ]) {
    db.exec(`DELETE FROM ${table}`);
  }
  db.exec('DELETE FROM sqlite_sequence');
  const put = db.prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
  put.run('owner', owner);
  put.run('journal_id', crypto.randomUUID());
  put.run('acked_seq', '0');
}
