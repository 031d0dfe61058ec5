import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChatDb } from '../../../bridge-mac/chat-db/chat-db.ts';
import { type InboxDeps, readInbox, settleCursor } from '../../../bridge-mac/chat-db/read-inbox.ts';
import { ChatDbReader } from '../../../bridge-mac/chat-db/reader.ts';
import { type BridgeStore, openBridgeStore } from '../../../bridge-mac/store/open-store.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import type { Finding } from '../../../shared/wire/health.ts';
import type { MessageEntry } from '../../../shared/wire/journal.ts';

/** The way in, from a chat.db to the journal on disk; a new object on the same folder is a restart. */
export class InboxRig implements AsyncDisposable {
  readonly store: BridgeStore;
  readonly findings: Finding[] = [];
  readonly logged: { level: string; msg: string; [field: string]: unknown }[] = [];
  readonly reader: ChatDbReader;
  readonly #deps: InboxDeps;
  /** Added to the clock. */
  later = 0;

  constructor(path: string, folder: string, pairedAt: number) {
    const log = createLog('test', 'debug', { write: (line) => void this.logged.push(JSON.parse(line)) });
    this.store = openBridgeStore(join(folder, 'bridge.db'), 'device at hub');
    const now = (): number => Date.now() + this.later;
    const append = (entries: readonly MessageEntry[]): void => this.store.journal.append(entries);
    this.#deps = { store: this.store, append, pairedAt, log, now };
    this.reader = new ChatDbReader({
      path,
      nodePath: '/opt/node',
      onChange: (db) => this.read(db),
      onFinding: (finding) => this.findings.push(finding),
      log,
      now,
    });
  }

  read(db: ChatDb): void {
    settleCursor(db, this.#deps);
    readInbox(db, this.#deps);
  }

  /** One look at the database, without watching. */
  readOnce(path: string): void {
    using db = ChatDb.open(path, '/opt/node');
    this.read(db);
  }

  get entries(): MessageEntry[] {
    const entries: MessageEntry[] = [];
    for (const { entry } of this.store.journal.nextBatch()?.entries ?? []) {
      if (entry.kind === 'message') entries.push(entry);
    }
    return entries;
  }

  get texts(): string[] {
    return this.entries.map((entry) => entry.text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reader[Symbol.asyncDispose]();
    this.store[Symbol.dispose]();
  }
}

/** A folder for the bridge's own files, gone with the test. */
export function temporaryFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'bluewire-home-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
