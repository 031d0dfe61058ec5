import { existsSync } from 'node:fs';
import { VERSION } from '../shared/version.ts';
import type { Finding } from '../shared/wire/health.ts';
import type { Pace } from '../shared/wire/settings.ts';
import { isFresh, type ReportedHealth, readReportedHealth } from './health.ts';
import { pathsIn } from './home.ts';
import { readIdentity } from './identity.ts';
import type { JobState } from './launchd/launchctl.ts';
import { takeLock } from './store/lock.ts';
import { openBridgeStore } from './store/open-store.ts';

/** How this Mac stands, as `status --json` prints it. Times are RFC 3339. */
export interface Status {
  version: string;
  paired: true;
  hub_url: string;
  device_id: string;
  device_name: string;
  paired_at: string;
  running: boolean;
  /** Whether the running bridge is connected to the hub; null where none runs or has said so yet. */
  connected: boolean | null;
  launchd: { installed: boolean; state: string; pid?: number; last_exit?: string };
  /** Whether Messages runs; null where that cannot be told. */
  messages_running: boolean | null;
  chat_db: string;
  /** Null while the bridge has not run yet. */
  waiting: { open_sends: number; unacked_entries: number } | null;
  pace: Pace | null;
  /** What the bridge found last, and when. */
  found_at: string | null;
  findings: Finding[];
}

export interface StatusSources {
  home: string;
  /** Whether chat.db can be read by this process: asked where no running bridge says it of itself. */
  describeChatDb: () => string;
  isInstalled: () => boolean;
  job: () => Promise<JobState>;
  isMessagesRunning: () => Promise<boolean | undefined>;
  now: () => number;
}

/** What `status --json` prints of a Mac that is not paired. */
export interface NotPaired {
  version: string;
  paired: false;
  running: boolean;
  message: string;
}

export async function readStatus(sources: StatusSources): Promise<Status | NotPaired> {
  const paths = pathsIn(sources.home);
  const identity = readIdentity(paths.identity);
  if (identity === undefined) {
    return { version: VERSION, paired: false, running: isRunning(paths.lock), message: NOT_PAIRED };
  }
  const [job, messagesRunning] = await Promise.all([sources.job(), sources.isMessagesRunning()]);
  const report = readReportedHealth(paths.health);
  const running = isRunning(paths.lock);
  return {
    version: VERSION,
    paired: true,
    hub_url: identity.hub_url,
    device_id: identity.device_id,
    device_name: identity.device_name,
    paired_at: new Date(identity.paired_at).toISOString(),
    running,
    connected: running && report !== undefined ? report.connected : null,
    launchd: { installed: sources.isInstalled(), ...describeJob(job) },
    messages_running: messagesRunning ?? null,
    chat_db:
      readOwnChatDb(running && report !== undefined && isFresh(report, sources.now()) ? report : undefined) ??
      sources.describeChatDb(),
    ...readWaiting(paths.database, identity.device_id),
    found_at: report === undefined ? null : new Date(report.at).toISOString(),
    findings: report?.findings ?? [],
  };
}

// Granted program by program: what this process may read, the bridge need not, and the other way round.
function readOwnChatDb(report: ReportedHealth | undefined): string | undefined {
  const finding = report?.findings.find(({ check }) => check === 'chat_db');
  if (finding === undefined) return undefined;
  if (finding.ok) return 'chat.db can be read (the running bridge says so)';
  return `${finding.message} ${finding.remedy ?? ''}`.trim();
}

/** The same in words. */
export function describeStatus(status: Status, now: number): string {
  const { waiting, pace } = status;
  const rows: [string, string][] = [
    [
      'paired',
      `${status.hub_url} as “${status.device_name}” (${status.device_id}) since ${status.paired_at}`,
    ],
    ['bridge', `${describeBridge(status)}, version ${status.version}`],
    ['launchd', describeLaunchd(status.launchd)],
    ['messages', `${describeMessages(status.messages_running)}; ${status.chat_db}`],
  ];
  if (waiting !== null) {
    rows.push(['waiting', `${waiting.open_sends} to send, ${waiting.unacked_entries} for the hub to take`]);
  }
  if (pace !== null) rows.push(['pace', describePace(pace)]);
  for (const [index, line] of describeFindings(status, now).entries())
    rows.push([index === 0 ? 'findings' : '', line]);
  return rows.map(([name, text]) => `${name.padEnd(9)} ${text}`).join('\n');
}

export const NOT_PAIRED =
  'This Mac is not paired with a hub yet: create an enrollment there, then run `bluewire-bridge pair <hub-url> <code>`.';

/** Whether a bridge runs on the BRIDGE_HOME that the lock is in. */
export function isRunning(lockPath: string): boolean {
  if (!existsSync(lockPath)) return false;
  using lock = takeLock(lockPath);
  return lock === undefined;
}

function describeBridge({ running, connected }: Status): string {
  if (!running) return 'not running';
  if (connected === null) return 'running';
  return connected ? 'running, connected to the hub' : 'running, not connected to the hub';
}

function describeJob(job: JobState): Omit<Status['launchd'], 'installed'> {
  if (job.kind !== 'loaded') return { state: job.kind };
  return {
    state: job.state,
    ...(job.pid !== undefined && { pid: job.pid }),
    ...(job.lastExit !== undefined && { last_exit: job.lastExit }),
  };
}

function readWaiting(database: string, owner: string): Pick<Status, 'waiting' | 'pace'> {
  if (!existsSync(database)) return { waiting: null, pace: null };
  using store = openBridgeStore(database, owner);
  return {
    waiting: { open_sends: store.sends.open, unacked_entries: store.journal.unacked },
    pace: store.sending.settings.pace,
  };
}

function describeLaunchd({ installed, state, pid, last_exit }: Status['launchd']): string {
  if (!installed) return 'not installed (`bluewire-bridge install` starts the bridge at every log-in)';
  if (state === 'not_loaded') return 'installed, but not loaded: run `bluewire-bridge install`';
  if (state === 'unknown') return 'installed; launchd does not say how it stands';
  const process = pid === undefined ? '' : `, process ${pid}`;
  return `installed, ${state}${process}${last_exit === undefined ? '' : `, last exit code ${last_exit}`}`;
}

function describeMessages(running: boolean | null): string {
  if (running === null) return 'whether Messages runs cannot be told';
  return running ? 'Messages is running' : 'Messages is not running';
}

function describePace({ per_minute, gap_ms, jitter_ms }: Pace): string {
  const limits = [
    ...(per_minute === null ? [] : [`${per_minute} a minute at most`]),
    ...(gap_ms + jitter_ms === 0 ? [] : [`${gap_ms} to ${gap_ms + jitter_ms} ms apart`]),
  ];
  return limits.length === 0 ? 'no limit' : limits.join(', ');
}

function describeFindings({ findings, found_at, running }: Status, now: number): string[] {
  if (found_at === null) return [];
  const faults = findings.filter(({ ok }) => !ok);
  const age = running
    ? ''
    : ` when it last ran, ${Math.round((now - Date.parse(found_at)) / 60_000)} min ago`;
  if (faults.length === 0) return [`nothing wrong${age}`];
  return faults.map(({ message, remedy }) => `✗ ${message}${remedy === undefined ? '' : ` ${remedy}`}${age}`);
}
