import { rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { VERSION } from '../shared/version.ts';
import type { Finding } from '../shared/wire/health.ts';
import type { JournalEntry } from '../shared/wire/journal.ts';
import { PROTOCOL_VERSION } from '../shared/wire/protocol-version.ts';
import { messagesByAppleScript as messages } from './applescript/run-script.ts';
import { IncomingFiles } from './attachments/incoming.ts';
import { Staging } from './attachments/staging.ts';
import { Uploader } from './attachments/upload.ts';
import type { ChatDb } from './chat-db/chat-db.ts';
import { ownSendsIn } from './chat-db/own-sends.ts';
import { Inbox } from './chat-db/read-inbox.ts';
import { ChatDbReader } from './chat-db/reader.ts';
import type { BridgeConfig } from './config.ts';
import { watchMac } from './doctor/watch-mac.ts';
import { HealthReport } from './health.ts';
import { pathsIn } from './home.ts';
import type { Identity } from './identity.ts';
import { Journal } from './journal/journal.ts';
import { KeepAwake } from './keep-awake.ts';
import { HubLink } from './link.ts';
import { isMessagesRunning, MessagesApp } from './messages-app/messages-app.ts';
import { OS_VERSION } from './os-version.ts';
import { acceptor } from './outbox/accept.ts';
import { Follower } from './outbox/follow.ts';
import { InputFiles } from './outbox/input-files.ts';
import { mayBeText } from './outbox/match-rows.ts';
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
  forgetOld(store, now() - SEEN_FOR_MS, log);

  const journal = new Journal(store, () => link.wake());
  const append = journal.append.bind(journal);
  const health = new HealthReport({
    path: paths.health,
    counts: () => ({ open_sends: store.sends.open, unacked_entries: store.journal.unacked }),
    isConnected: () => link.isConnected,
    onChange: () => link.reportHealth(),
    now,
  });
  const onFinding = (finding: Finding): void => void health.note(finding);

  const inbox = receiveInto(stages, {
    store,
    append,
    config,
    identity,
    log,
    now,
    onProgress: () => reader.look(),
  });
  const sending = prepareSending(
    { config, identity, store, append, onFinding, log, now },
    () => reader.current,
  );
  const { follower, outbox, staging } = sending;
  const reader: ChatDbReader = new ChatDbReader({
    path: config.BRIDGE_CHAT_DB,
    nodePath: process.execPath,
    onChange: (db) => {
      const { more } = readEverything(db);
      outbox.wake();
      return { more };
    },
    isDue: () => inbox.isDue,
    onFinding,
    log: log.child({ part: 'chat-db' }),
    now,
  });
  const link: HubLink = linkTo(identity, journal, sending, { store, health, log });

  /** What Messages committed: own rows first, because an answer comes after what it answers. */
  function readEverything(db: ChatDb): { more: boolean } {
    const { replaced } = inbox.settle(db);
    if (replaced) follower.rebase(db);
    try {
      follower.look(db);
    } catch (error) {
      // Own rows on damaged pages keep nobody's message from being read.
      log.warn({ err: error }, 'looking for sent messages in chat.db failed; it is tried again');
    }
    return inbox.read(db);
  }

  stages.use(staging.start());
  stages.use(outbox.start());
  stages.use(reader.start());
  stages.use(link.start());
  lookAfterMac(stages, config, health, log.child({ part: 'mac' }));
  return stages.move();
}

/** A disk that is too full for it keeps no bridge from starting. */
function forgetOld(store: BridgeStore, before: number, log: Logger): void {
  try {
    store.inbox.forgetBefore(before);
  } catch (error) {
    log.warn({ err: error }, 'old messages could not be forgotten');
  }
}

function lookAfterMac(
  stages: AsyncDisposableStack,
  config: BridgeConfig,
  health: HealthReport,
  log: Logger,
): void {
  const paths = { home: config.BRIDGE_HOME, staging: config.BRIDGE_STAGING_DIR };
  const user = process.getuid?.() ?? 0;
  const watch = watchMac({
    paths,
    isMessagesRunning: (signal) => isMessagesRunning(user, signal),
    health,
    log,
  });
  stages.use(watch.start());
  if (config.BRIDGE_KEEP_AWAKE) stages.use(new KeepAwake(log).start());
}

/** The connection to the hub, not started yet. */
function linkTo(
  identity: Identity,
  journal: Journal,
  { accept, outbox, staging }: ReturnType<typeof prepareSending>,
  { store, health, log }: { store: BridgeStore; health: HealthReport; log: Logger },
): HubLink {
  return new HubLink({
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
    onSend: accept,
    health: () => health.current(),
    onAdmission: (isAdmitted) => {
      outbox.hold(!isAdmitted);
      health.save();
      if (isAdmitted) staging.retryNow();
    },
    onSettings: (settings) => {
      store.transaction(() => store.sending.setSettings(settings));
      outbox.wake();
    },
    log: log.child({ part: 'link' }),
  });
}

interface ReceivingOptions extends BridgeOptions {
  store: BridgeStore;
  append: (entries: readonly JournalEntry[]) => void;
  /** A file is decided: messages that waited for it may go. */
  onProgress: () => void;
}

/** The way in from chat.db to the journal, with the files of messages on the way to the hub. */
function receiveInto(stages: AsyncDisposableStack, options: ReceivingOptions): Inbox {
  const { store, append, config, identity, log, now, onProgress } = options;
  const part = log.child({ part: 'inbox' });
  const home = homedir();
  const folder = pathsIn(config.BRIDGE_HOME).incoming;
  rmSync(folder, { recursive: true, force: true });
  const files = stages.use(
    new IncomingFiles({
      store,
      uploader: new Uploader({ hubUrl: identity.hub_url, token: identity.token, log: part }),
      home,
      roots: [join(home, 'Library', 'Messages'), join(dirname(config.BRIDGE_CHAT_DB), 'Attachments')],
      deadlineMs: config.BRIDGE_ATTACHMENT_DEADLINE,
      convertedFolder: config.BRIDGE_CONVERT_ATTACHMENTS ? folder : undefined,
      onProgress,
      log: part,
    }),
  );
  return new Inbox({
    store,
    append,
    pairedAt: identity.paired_at,
    extraEvents: () => store.sending.settings.extra_events,
    sends: ownSendsIn(store.sends, mayBeText),
    files,
    log: part,
    now,
    elapsed: () => performance.now(),
  });
}

interface SendingParts {
  config: BridgeConfig;
  identity: Identity;
  store: BridgeStore;
  append: Journal['append'];
  onFinding: (finding: Finding) => void;
  log: Logger;
  now: () => number;
}

/** Everything on the way out, from the hub's offer to the row that proves it; not started yet. */
function prepareSending(parts: SendingParts, currentDb: () => ChatDb | undefined) {
  const { config, identity, store, append, onFinding, now } = parts;
  const log = parts.log.child({ part: 'outbox' });
  const messagesApp = new MessagesApp({ uid: process.getuid?.() ?? 0, quit: messages.quit, log });
  const staging: Staging = new Staging({
    folder: config.BRIDGE_STAGING_DIR,
    source: { hubUrl: identity.hub_url, token: identity.token },
    store,
    onStaged: () => outbox.wake(),
    onUnavailable: (send, detail) => outbox.giveUp(send, 'attachment_unavailable', detail),
    onFinding,
    log: parts.log.child({ part: 'staging' }),
    now,
  });
  const follower: Follower = new Follower({
    store,
    append,
    sendDeadlineMs: config.BRIDGE_SEND_DEADLINE,
    wantsRead: () => store.sending.settings.extra_events.includes('read'),
    stagedPath: (send, file) => staging.pathOf(send, file),
    onDecided: (send, isProven) => outbox.decided(send, isProven),
    log,
    now,
  });
  const outbox: Outbox = new Outbox({
    store,
    append,
    follower,
    currentDb,
    messages,
    routes: config.BRIDGE_SEND_ROUTES,
    inputs: new InputFiles(pathsIn(config.BRIDGE_HOME).inputs),
    files: staging,
    launchMessages: async (signal) => {
      await messagesApp.launch(signal);
      // Where the Mac lacks the tools for that, a script can do it.
      await messages.probe(signal);
    },
    restartMessages: config.BRIDGE_RESTART_MESSAGES ? (signal) => messagesApp.restart(signal) : undefined,
    osascriptTimeoutMs: config.BRIDGE_OSASCRIPT_TIMEOUT,
    onFinding,
    random: Math.random,
    log,
    now,
  });
  const accept = acceptor({
    store,
    messages,
    log,
    now,
    onAccepted: () => {
      outbox.wake();
      staging.wake();
    },
  });
  return { follower, outbox, staging, accept };
}
