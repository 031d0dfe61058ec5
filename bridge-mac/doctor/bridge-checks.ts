import { accessSync, constants, statSync } from 'node:fs';
import type { AccountAnswer } from '../applescript/ask-account.ts';
import type { Identity } from '../identity.ts';
import { remedyForDamage, type StoreLook } from '../store/inspect-store.ts';
import { failed, ok, type Result, unknown } from './result.ts';

const MINUTE_MS = 60_000;
/** The running bridge leaves a report every minute. */
const REPORT_LATE_MS = 3 * MINUTE_MS;
/** A row that the bridge has not read after this is one that it does not read. */
const READ_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 250;

export function checkIdentity(read: () => Identity | undefined): Result {
  const check = 'paired';
  const again = 'Create an enrollment at the hub, then run `bluewire-bridge pair <hub-url> <code>`.';
  try {
    const identity = read();
    if (identity === undefined) return failed(check, 'This Mac is not paired with a hub.', again);
    return ok(check, `Paired with ${identity.hub_url} as “${identity.device_name}”.`);
  } catch (error) {
    return failed(check, error instanceof Error ? error.message : String(error), again);
  }
}

export interface RunningOptions {
  isRunning: boolean;
  /** When the bridge last left its report, epoch milliseconds. */
  reportedAt: number | undefined;
  isPaired: boolean;
  isInstalled: boolean;
  now: number;
}

export function checkRunning({ isRunning, reportedAt, isPaired, isInstalled, now }: RunningOptions): Result {
  const check = 'bridge';
  if (!isRunning && isInstalled) {
    return failed(
      check,
      'The bridge is installed, but not running: nothing is sent or received.',
      'See `bluewire-bridge logs` for the reason; `bluewire-bridge install` starts it again.',
    );
  }
  if (!isRunning && isPaired) {
    return failed(
      check,
      'The bridge is not running: nothing is sent or received.',
      'Run `bluewire-bridge install`, so that it starts now and at every log-in, or `bluewire-bridge run` in a terminal.',
    );
  }
  if (!isRunning) return unknown(check, 'The bridge is not running; this Mac is to be paired first.');
  if (reportedAt === undefined || Math.abs(now - reportedAt) <= REPORT_LATE_MS)
    return ok(check, 'The bridge is running.');
  return failed(
    check,
    `The bridge is running, but has not reported for ${Math.round((now - reportedAt) / MINUTE_MS)} min.`,
    'Restart it: `bluewire-bridge install`, or end it in its terminal and start it again. Please keep the log for a report.',
  );
}

/** Whether the running bridge is connected: what this process can reach, the bridge need not. */
export function checkConnection(isConnected: boolean | undefined): Result {
  const check = 'connection';
  if (isConnected === undefined) return unknown(check, 'The bridge is not running, so it is not connected.');
  if (isConnected) return ok(check, 'The bridge is connected to the hub.');
  return failed(
    check,
    'The running bridge is not connected to the hub.',
    'See `bluewire-bridge logs` for the reason. For a hub in your own network macOS 15 and later want a permission: System Settings → Privacy & Security → Local Network → node.',
  );
}

export function checkDatabase(path: string, look: StoreLook): Result {
  const check = 'database';
  if (look.kind === 'none') return unknown(check, 'The bridge has not run yet: it has no database.');
  if (look.kind === 'sound') return ok(check, 'The bridge’s own database is sound.');
  return failed(check, `The bridge's own database is damaged: ${path} (${look.why}).`, remedyForDamage(path));
}

/** -wal holds the newest messages; SQLite needs it beside chat.db. */
export function checkWal(chatDb: string): Result {
  const check = 'chat_db_wal';
  const path = `${chatDb}-wal`;
  try {
    accessSync(path, constants.R_OK);
    return ok(check, 'The newest messages (chat.db-wal) can be read.');
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ENOENT')
      return unknown(check, 'There is no chat.db-wal just now, or it is hidden from this program.');
    return failed(
      check,
      `The newest messages cannot be read: ${path} (${String(code)}).`,
      'Grant Full Disk Access as for chat.db; see that the file belongs to you.',
    );
  }
}

export interface ReadingOptions {
  chatDb: string;
  isRunning: boolean;
  /** The newest ROWID in chat.db; undefined when it cannot be read from here. */
  newestRow: () => number | undefined;
  readUpTo: () => number | undefined;
  now: () => number;
  sleep: (milliseconds: number) => Promise<unknown>;
}

/** Whether what Messages stored has been read, by the bridge's place in chat.db. */
export async function checkReading({
  chatDb,
  isRunning,
  newestRow,
  readUpTo,
  now,
  sleep,
}: ReadingOptions): Promise<Result> {
  const check = 'reading';
  const behind = (): number | undefined => {
    const newest = newestRow();
    const read = readUpTo();
    return newest === undefined || read === undefined ? undefined : Math.max(0, newest - read);
  };
  let rows = behind();
  for (let waited = 0; isRunning && (rows ?? 0) > 0 && waited < READ_WITHIN_MS; waited += LOOK_EVERY_MS) {
    await sleep(LOOK_EVERY_MS);
    rows = behind();
  }
  if (rows === undefined) return unknown(check, 'How far Messages has been read cannot be told from here.');
  const last = `Messages last wrote ${describeAge(changedAt(chatDb), now())}`;
  if (rows === 0) return ok(check, `Everything is read. ${last}.`);
  if (!isRunning) return unknown(check, `${rows} rows wait to be read when the bridge runs. ${last}.`);
  return failed(
    check,
    `The bridge has not read the last ${rows} rows of chat.db. ${last}.`,
    'See `bluewire-bridge logs`, then restart the bridge: `bluewire-bridge install`.',
  );
}

function changedAt(chatDb: string): number {
  const times = [chatDb, `${chatDb}-wal`].map(
    (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return Math.max(...times);
}

function describeAge(at: number, now: number): string {
  const minutes = Math.round((now - at) / MINUTE_MS);
  if (minutes < 2) return 'just now';
  if (minutes < 120) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours ago` : `${Math.round(hours / 24)} days ago`;
}

const TERMINAL =
  'macOS asks for each program apart: a grant to Terminal is not one to the installed bridge, whose own shows at its first send.';

/** Automation and the iMessage account, both told by one harmless script. */
export function judgeAccount(answer: AccountAnswer): Result[] {
  const allowed = ok('automation', 'Messages answers scripts.');
  const account = 'imessage_account';
  switch (answer.kind) {
    case 'enabled':
      return [allowed, ok(account, 'The iMessage account is switched on.')];
    case 'disabled':
      return [allowed, noAccount('The iMessage account is switched off in Messages.')];
    case 'none':
      return [allowed, noAccount('Messages has no iMessage account.')];
    case 'denied':
      return [
        failed(
          'automation',
          'macOS refuses this program control of Messages.',
          `System Settings → Privacy & Security → Automation: switch on Messages below the program; where it is not listed, run \`tccutil reset AppleEvents\` and try again with a person at the screen. ${TERMINAL}`,
        ),
        unknown(account, 'The iMessage account cannot be asked about.'),
      ];
    case 'silent':
      return [
        failed(
          'automation',
          'Messages did not answer a script.',
          'Look at the screen: a prompt may wait for OK (it counts as a refusal after two minutes). If there is none, quit Messages and open it again.',
        ),
        unknown(account, 'The iMessage account cannot be asked about.'),
      ];
    case 'failed':
      return [
        unknown('automation', `Whether Messages answers scripts cannot be told: ${answer.detail}.`),
        unknown(account, 'The iMessage account cannot be asked about.'),
      ];
  }
}

function noAccount(message: string): Result {
  return failed(
    'imessage_account',
    message,
    'Open Messages → Settings → iMessage, sign in and switch on “Enable Messages in iCloud” or the account.',
  );
}
