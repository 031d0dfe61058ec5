import type { Logger } from 'pino';
import { VERSION } from '../shared/version.ts';
import type { Finding, Health } from '../shared/wire/health.ts';
import { PROTOCOL_VERSION } from '../shared/wire/protocol-version.ts';
import { messagesByAppleScript as messages } from './applescript/run-script.ts';
import type { ChatDb } from './chat-db/chat-db.ts';
import { readInbox, settleCursor } from './chat-db/read-inbox.ts';
import { ChatDbReader } from './chat-db/reader.ts';
import type { BridgeConfig } from './config.ts';
import { pathsIn } from './home.ts';
import type { Identity } from './identity.ts';
import { Journal } from './journal/journal.ts';
import { HubLink } from './link.ts';
import { OS_VERSION } from './os-version.ts';
import { acceptor } from './outbox/accept.ts';
import { Follower } from './outbox/follow.ts';
import { InputFiles } from './outbox/input-files.ts';
import { Outbox } from './outbox/outbox.ts';
import { type BridgeStore, openBridgeStore } from './store/open-store.ts';

const SEEN_FOR_MS = 400 * 24 * 3_600_000;

export interface BridgeOptions {
  config: BridgeConfig;
  identity: Identity;
  log: Logger;
  now: () => number;
}

/** Starts every stage of the bridge; they run until the returned stack is disposed of, last in, first out. */
export async function startBridge({
  config,
  identity,
  log,
  now,
}: BridgeOptions): Promise<AsyncDisposableStack> {
  await using stages = new AsyncDisposableStack();
  const paths = pathsIn(config.BRIDGE_HOME);
  const store = stages.use(openBridgeStore(paths.database, identity.device_id));
  store.inbox.forgetBefore(now() - SEEN_FOR_MS);

  const journal = new Journal(store, () => link.wake());
  const append = journal.append.bind(journal);
  const health = new HealthReport(store, () => link.reportHealth());
  const onFinding = (finding: Finding): void => health.note(finding);

  const inbox = { store, append, pairedAt: identity.paired_at, log: log.child({ part: 'inbox' }), now };
  const outboxLog = log.child({ part: 'outbox' });
  const follower = new Follower({
    store,
    append,
    sendDeadlineMs: config.BRIDGE_SEND_DEADLINE,
    onDecided: (send) => outbox.decided(send),
    log: outboxLog,
    now,
  });
  const outbox: Outbox = new Outbox({
    store,
    append,
    follower,
    currentDb: () => reader.current,
    messages,
    inputs: new InputFiles(paths.inputs),
    osascriptTimeoutMs: config.BRIDGE_OSASCRIPT_TIMEOUT,
    onFinding,
    log: outboxLog,
    now,
  });
  const reader: ChatDbReader = new ChatDbReader({
    path: config.BRIDGE_CHAT_DB,
    nodePath: process.execPath,
    onChange: (db) => {
      readEverything(db);
      outbox.wake();
    },
    onFinding,
    log: log.child({ part: 'chat-db' }),
    now,
  });
  const link: HubLink = new HubLink({
    hubUrl: identity.hub_url,
    hello: () => ({
      protocol: PROTOCOL_VERSION,
      token: identity.token,
      journal_id: journal.id,
      journal_seq: journal.lastSeq,
      bridge_version: VERSION,
      os_version: OS_VERSION,
    }),
    journal,
    onSend: acceptor({ store, messages, log: outboxLog, now, onAccepted: () => outbox.wake() }),
    health: () => health.current(),
    onAdmission: (isAdmitted) => outbox.hold(!isAdmitted),
    log: log.child({ part: 'link' }),
  });

  /** What Messages committed: own rows first, because an answer comes after what it answers. */
  function readEverything(db: ChatDb): void {
    const { replaced } = settleCursor(db, inbox);
    if (replaced) follower.rebase(db);
    follower.look(db);
    readInbox(db, inbox);
  }

  stages.use(await outbox.start());
  stages.use(reader.start());
  stages.use(link.start());
  return stages.move();
}

/** The latest finding of each check, with the counts that go with them. */
class HealthReport {
  readonly #store: BridgeStore;
  readonly #onChange: () => void;
  readonly #findings = new Map<string, Finding>();

  constructor(store: BridgeStore, onChange: () => void) {
    this.#store = store;
    this.#onChange = onChange;
  }

  note(finding: Finding): void {
    if (this.#findings.get(finding.check)?.message === finding.message) return;
    this.#findings.set(finding.check, finding);
    this.#onChange();
  }

  current(): Health {
    return {
      findings: [...this.#findings.values()],
      open_sends: this.#store.sends.open,
      unacked_entries: this.#store.journal.unacked,
    };
  }
}
