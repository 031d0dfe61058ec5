import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { presentName } from '../../../bridge-mac/attachments/incoming-path.ts';
import { ChatDb } from '../../../bridge-mac/chat-db/chat-db.ts';
import type { OwnSends } from '../../../bridge-mac/chat-db/judge-row.ts';
import { type FileDesk, Inbox } from '../../../bridge-mac/chat-db/read-inbox.ts';
import { ChatDbReader } from '../../../bridge-mac/chat-db/reader.ts';
import { type BridgeStore, openBridgeStore } from '../../../bridge-mac/store/open-store.ts';
import { EXTRA_EVENTS, type ExtraEvent } from '../../../shared/extra-events.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import type { Finding } from '../../../shared/wire/health.ts';
import {
  type JournalBatch,
  type JournalEntry,
  journalBatchSchema,
  type MessageEntry,
} from '../../../shared/wire/journal.ts';
import type { MacosVersion } from '../../simulated-mac/chat-db/columns.ts';
import { MessagesDb } from './messages-db.ts';

/** The way in, from a chat.db to the journal on disk; a new object on the same folder is a restart. */
export class InboxRig implements AsyncDisposable {
  readonly store: BridgeStore;
  readonly findings: Finding[] = [];
  readonly logged: { level: string; msg: string; [field: string]: unknown }[] = [];
  readonly reader: ChatDbReader;
  #inbox: Inbox;
  readonly #log: Logger;
  readonly #path: string;
  readonly #pairedAt: number;
  /** Added to the clock that people set. */
  later = 0;
  /** Added to the clock that nobody sets, which waiting is measured by. */
  waited = 0;
  extraEvents: readonly ExtraEvent[] = EXTRA_EVENTS;
  sends: OwnSends = { isBound: () => false, mayBind: () => false };
  /** Gives every file at once, unless a test brings its own. */
  files: FileDesk = {
    resultsOf: (_message, files) =>
      files.map((file) => ({ name: presentName(file.name), unavailable: 'attachment_unavailable' })),
    forget: () => undefined,
  };

  constructor(path: string, folder: string, pairedAt: number) {
    const log = createLog('test', 'debug', { write: (line) => void this.logged.push(JSON.parse(line)) });
    this.#path = path;
    this.#pairedAt = pairedAt;
    this.#log = log;
    this.store = openBridgeStore(join(folder, 'bridge.db'), 'device at hub');
    this.#inbox = this.#createInbox();
    this.reader = new ChatDbReader({
      path,
      nodePath: '/opt/node',
      onChange: (db) => this.read(db),
      isDue: () => this.#inbox.isDue,
      onFinding: (finding) => this.findings.push(finding),
      log,
      now: () => this.#now(),
    });
  }

  /** One look by an open connection. */
  read(db: ChatDb): { more: boolean } {
    this.#inbox.settle(db);
    return this.#inbox.read(db);
  }

  /** One look at the database, without watching. */
  readOnce(path = this.#path): void {
    using db = ChatDb.open(path, '/opt/node');
    while (this.read(db).more);
  }

  /** Looks again after so much time of watching. */
  waitAndRead(milliseconds: number): void {
    using db = ChatDb.open(this.#path, '/opt/node');
    for (let left = milliseconds; left > 0; left -= 60_000) {
      this.waited += Math.min(left, 60_000);
      while (this.read(db).more);
    }
  }

  /** What a new process knows: what is on disk. */
  restart(): void {
    this.#inbox = this.#createInbox();
  }

  #createInbox(): Inbox {
    return new Inbox({
      store: this.store,
      append: (entries) => this.store.journal.append(entries),
      pairedAt: this.#pairedAt,
      extraEvents: () => this.extraEvents,
      sends: {
        isBound: (guid) => this.sends.isBound(guid),
        mayBind: (row, addresses, waited) => this.sends.mayBind(row, addresses, waited),
      },
      files: {
        resultsOf: (message, files, waited) => this.files.resultsOf(message, files, waited),
        forget: (message) => this.files.forget(message),
      },
      log: this.#log,
      now: () => this.#now(),
      elapsed: () => performance.now() + this.waited,
    });
  }

  #now(): number {
    return Date.now() + this.later;
  }

  /** Everything in the journal; fails when an entry does not fit the wire. */
  get all(): JournalEntry[] {
    const { id } = this.store.journal;
    const rows = this.store.journal.nextBatch()?.entries ?? [];
    if (rows.length === 0) return [];
    const batch: JournalBatch = journalBatchSchema.parse({ journal_id: id, entries: rows });
    return batch.entries.map(({ entry }) => entry);
  }

  get entries(): MessageEntry[] {
    return this.all.filter((entry) => entry.kind === 'message');
  }

  of<Kind extends JournalEntry['kind']>(kind: Kind): Extract<JournalEntry, { kind: Kind }>[] {
    return this.all.filter((entry): entry is Extract<JournalEntry, { kind: Kind }> => entry.kind === kind);
  }

  get warnings(): string[] {
    return this.logged.filter((line) => line.level === 'warn').map((line) => line.msg);
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

/** A chat.db, and the way in, paired an hour ago unless told otherwise. */
export function setUpInbox(options: { version?: MacosVersion; pairedAt?: number } = {}) {
  const messages = MessagesDb.create(options.version ? { version: options.version } : {});
  const home = temporaryFolder();
  const rig = new InboxRig(messages.path, home.path, options.pairedAt ?? Date.now() - 3_600_000);
  return {
    messages,
    rig,
    home,
    look: (): void => rig.readOnce(messages.path),
    async [Symbol.asyncDispose]() {
      await rig[Symbol.asyncDispose]();
      home[Symbol.dispose]();
      messages[Symbol.dispose]();
    },
  };
}
