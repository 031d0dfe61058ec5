import type { Database } from 'better-sqlite3';
import { openSqlite } from '../../shared/runtime/sqlite.ts';
import { InboxStore } from './inbox-store.ts';
import { IncomingFileStore } from './incoming-file-store.ts';
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
 * journal, sends and cursor belong to a pairing that is gone.
 */
export function openBridgeStore(path: string, owner: string): BridgeStore {
  const db = openSqlite(path);
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('fullfsync = ON');
    migrate(db);
    db.transaction(() => claimFor(db, owner)).immediate();
    return assemble(db);
  } catch (error) {
    db.close();
    throw error;
  }
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
  for (const table of ['meta', 'journal', 'sends', 'spent_rows', 'routes', 'cursor', 'pending_rows', 'incoming_files', 'seen_messages', 'own_addresses']) {
    db.exec(`DELETE FROM ${table}`);
  }
  db.exec('DELETE FROM sqlite_sequence');
  const put = db.prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
  put.run('owner', owner);
  put.run('journal_id', crypto.randomUUID());
  put.run('acked_seq', '0');
}
