import { setTimeout as wait } from 'node:timers/promises';
import type { Finding } from '../../shared/wire/health.ts';
import type { AccountAnswer } from '../applescript/ask-account.ts';
import type { ReportedHealth } from '../health.ts';
import type { Identity } from '../identity.ts';
import type { readAgent } from '../launchd/agent.ts';
import type { JobState } from '../launchd/launchctl.ts';
import type { StoreLook } from '../store/inspect-store.ts';
import {
  checkConnection,
  checkDatabase,
  checkIdentity,
  checkReading,
  checkRunning,
  checkWal,
  judgeAccount,
} from './bridge-checks.ts';
import { checkHub } from './hub-checks.ts';
import {
  checkDisk,
  checkGuiSession,
  checkMacosVersion,
  checkMessagesRunning,
  checkPower,
  checkStaging,
  lookAtStaging,
} from './mac-checks.ts';
import { checkLaunchAgent, checkNode } from './program-checks.ts';
import { fromFinding, type Result, unknown } from './result.ts';

/** macOS lets its prompt stand for about two minutes. */
const SCRIPT_LIMIT_MS = 150_000;
const SLOW_MS = 3_000;
const PROMPT =
  'Waiting for Messages to answer a script. If a prompt is on the screen that asks whether Messages may be controlled, choose OK.';

/** What the checks ask of the rest of the program. */
export interface DoctorOptions {
  platform: string;
  execPath: string;
  paths: { home: string; database: string; chatDb: string; staging: string };
  readIdentity: () => Identity | undefined;
  isBridgeRunning: () => boolean;
  /** What the bridge said last, running or not. */
  reported: () => ReportedHealth | undefined;
  /** Whether that is of now. */
  isFresh: (report: ReportedHealth, now: number) => boolean;
  /** Whether chat.db can be read by this process, and the newest ROWID in it when it can. */
  lookAtChatDb: () => { finding: Finding; newestRow: number | undefined };
  lookAtStore: () => StoreLook;
  /** The ROWID in chat.db up to which the bridge has read. */
  readUpTo: () => number | undefined;
  agent: () => ReturnType<typeof readAgent>;
  job: () => Promise<JobState>;
  hasGuiSession: () => Promise<boolean | undefined>;
  isMessagesRunning: () => Promise<boolean | undefined>;
  askAccount: (signal: AbortSignal) => Promise<AccountAnswer>;
  /** Told while the operator is kept waiting. */
  onSlow: (message: string) => void;
  fetch: typeof fetch;
  now: () => number;
  sleep?: (milliseconds: number) => Promise<unknown>;
}

/**
 * Every check, in the order in which a fault of one explains those after it. What macOS grants program by program is
 * judged by the running bridge's own words where it has any: this process may be granted something else.
 */
export async function examine(options: DoctorOptions): Promise<Result[]> {
  const { paths, now } = options;
  const isRunning = attempt(options.isBridgeRunning) ?? false;
  const report = options.reported();
  const own = isRunning && report !== undefined && options.isFresh(report, now()) ? report : undefined;
  const agent = options.agent();
  const groups = await Promise.all([
    guard('macos', async () => [await checkMacosVersion(options.platform)]),
    guard('gui_session', async () => [await checkGuiSession(options.hasGuiSession)]),
    guard('power', async () => [await checkPower()]),
    guard('disk', async () => [checkDisk(paths.home)]),
    guard('node', async () => [await checkNode(agent, options.execPath)]),
    guard('launch_agent', async () => [checkLaunchAgent(agent, await options.job())]),
    guard('bridge', async () => [runningOf(options, isRunning, report?.at, agent)]),
    guard('database', async () => [checkDatabase(paths.database, options.lookAtStore())]),
    guard('chat_db', async () => [fromFinding(options.lookAtChatDb().finding)]),
    guard('chat_db_wal', async () => [checkWal(paths.chatDb)]),
    guard('reading', async () => [await readingOf(options, isRunning)]),
    guard('staging', async () => [lookAtStaging(paths.staging)]),
    guard('messages_running', async () => [await checkMessagesRunning(options.isMessagesRunning)]),
    guard('automation', () => askMessages(options)),
    guard('paired', async () => [checkIdentity(options.readIdentity), ...(await hubOf(options))]),
    guard('connection', async () => [checkConnection(own?.connected)]),
  ]);
  return groups.flat().map((result) => (own === undefined ? result : asTheBridgeSees(result, own.findings)));
}

async function askMessages({ askAccount, onSlow }: DoctorOptions): Promise<Result[]> {
  const slow = setTimeout(() => onSlow(PROMPT), SLOW_MS);
  try {
    return judgeAccount(await askAccount(AbortSignal.timeout(SCRIPT_LIMIT_MS)));
  } finally {
    clearTimeout(slow);
  }
}

export interface CheapOptions {
  paths: { home: string; staging: string };
  isMessagesRunning: (signal?: AbortSignal) => Promise<boolean | undefined>;
}

/** The checks that a running bridge makes of itself: cheap, and none of them speaks to Messages. */
export async function examineCheaply(
  { paths, isMessagesRunning }: CheapOptions,
  signal: AbortSignal,
): Promise<Result[]> {
  const groups = await Promise.all([
    guard('staging', async () => [checkStaging(paths.staging)]),
    guard('messages_running', async () => [await checkMessagesRunning(isMessagesRunning, signal)]),
    guard('disk', async () => [checkDisk(paths.home)]),
    guard('power', async () => [await checkPower(signal)]),
  ]);
  return groups.flat();
}

// Granted program by program: what holds for this process need not hold for the bridge.
const GRANTED = new Set(['chat_db', 'staging', 'automation']);

function asTheBridgeSees(result: Result, findings: readonly Finding[]): Result {
  const finding = findings.find(({ check }) => check === result.check);
  if (finding === undefined || !GRANTED.has(result.check)) return result;
  const own = fromFinding(finding);
  return { ...own, message: `${own.message} (The running bridge says so.)` };
}

function runningOf(
  { readIdentity, now }: DoctorOptions,
  isRunning: boolean,
  reportedAt: number | undefined,
  agent: ReturnType<typeof readAgent>,
): Result {
  return checkRunning({
    isRunning,
    reportedAt,
    isPaired: attempt(readIdentity) !== undefined,
    isInstalled: agent !== undefined,
    now: now(),
  });
}

function readingOf(options: DoctorOptions, isRunning: boolean): Promise<Result> {
  const { paths, readUpTo, now, sleep = wait } = options;
  const newestRow = (): number | undefined => options.lookAtChatDb().newestRow;
  return checkReading({ chatDb: paths.chatDb, isRunning, newestRow, readUpTo, now, sleep });
}

async function hubOf({ readIdentity, fetch, now }: DoctorOptions): Promise<Result[]> {
  const identity = attempt(readIdentity);
  if (identity === undefined) return [unknown('hub', 'No hub is known yet.')];
  return checkHub({ identity, fetch, now });
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** A check that fails to be made is one that cannot tell. */
async function guard(check: string, work: () => Promise<Result[]>): Promise<Result[]> {
  try {
    return await work();
  } catch (error) {
    return [
      unknown(check, `This could not be looked at: ${error instanceof Error ? error.message : error}.`),
    ];
  }
}
