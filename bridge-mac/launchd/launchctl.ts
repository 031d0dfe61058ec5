import { runTool, type ToolResult } from '../../shared/runtime/run-tool.ts';
import { LABEL } from './agent.ts';

const LIMIT_MS = 20_000;
/** For a question: `status` is not to be kept waiting. */
const ANSWER_LIMIT_MS = 5_000;

/** How launchd sees the bridge's job. */
export type JobState =
  | { kind: 'loaded'; state: string; pid: number | undefined; lastExit: string | undefined }
  | { kind: 'not_loaded' }
  | { kind: 'unknown'; why: string };

/** launchctl did not do what it was asked. `message` says what to do about it. */
export class LaunchctlError extends Error {
  override readonly name = 'LaunchctlError';
  /** Whether the same may succeed a moment later: launchd is still letting go of the job before. */
  readonly passes: boolean;

  constructor(message: string, passes = false) {
    super(message);
    this.passes = passes;
  }
}

const LOG_IN =
  'Log in to this Mac at its screen (or by Screen Sharing) as this user, then install again; over ssh alone there is no session for Messages.';

interface KnownFailure {
  status: number[];
  says: RegExp;
  message: string;
  passes?: boolean;
}

// launchctl's own words and numbers, most telling first: 5 stands for several troubles.
const KNOWN: readonly KnownFailure[] = [
  {
    status: [125],
    says: /Domain does not support specified action/i,
    message: `launchd has no session at the screen for this user (125). ${LOG_IN}`,
  },
  {
    status: [112],
    says: /Could not find (specified )?domain/i,
    message: `launchd knows no session of this user (112). ${LOG_IN}`,
  },
  {
    status: [134],
    says: /cannot load in requested session/i,
    message: `launchd does not load the bridge in this kind of session (134). ${LOG_IN}`,
  },
  {
    status: [119],
    says: /Service is disabled/i,
    message:
      'launchd has the bridge switched off (119). Switch it on in System Settings → General → Login Items & Extensions → Allow in the Background, then install again.',
  },
  {
    status: [37, 36],
    says: /Operation (already|now) in progress/i,
    message: `launchd is still busy with the bridge that was installed before (37). Wait a minute and install again; if it stays so, run \`launchctl bootout gui/$UID/${LABEL}\` or restart the Mac.`,
    passes: true,
  },
  {
    status: [17],
    says: /File exists|already (loaded|bootstrapped)/i,
    message: `launchd still has the bridge loaded (17). Run \`launchctl bootout gui/$UID/${LABEL}\` and install again.`,
    passes: true,
  },
  {
    status: [5],
    says: /Input\/output error/i,
    message: `launchd refuses to load the bridge (5, Input/output error). The usual cause is that nobody is logged in at the screen. ${LOG_IN} If somebody is: run \`launchctl bootout gui/$UID/${LABEL}\`, look under System Settings → General → Login Items & Extensions whether “node” may run in the background, and install again.`,
    passes: true,
  },
  {
    status: [1],
    says: /Operation not permitted/i,
    message:
      'macOS does not permit it (1). Allow “node” in System Settings → General → Login Items & Extensions, and install without sudo as the user that is logged in at the screen.',
  },
];

// 3: no such process, 113: no such service; 112, 125: no session that it could be loaded in.
const NOT_LOADED = [3, 112, 113, 125];
const SAYS_NOT_LOADED = /No such process|Could not find (service|domain)|Domain does not support/i;

function explain(action: string, result: ToolResult): LaunchctlError {
  if (result.kind === 'missing') {
    return new LaunchctlError('launchctl is not there: is /bin on PATH, and is this a Mac?');
  }
  if (result.kind === 'hung') {
    return new LaunchctlError(
      `launchctl ${action} did not come back in time. Try again; if it stays so, restart the Mac.`,
    );
  }
  const words = `${result.stderr}\n${result.stdout}`;
  const known =
    KNOWN.find(({ says }) => says.test(words)) ?? KNOWN.find(({ status }) => status.includes(result.status));
  if (known !== undefined) return new LaunchctlError(known.message, known.passes);
  const said = words.trim().split('\n')[0]?.slice(0, 200) ?? '';
  return new LaunchctlError(`launchctl ${action} failed with status ${result.status}${said && `: ${said}`}`);
}

const launchctl = (...args: string[]): Promise<ToolResult> =>
  runTool('launchctl', args, { timeoutMs: LIMIT_MS });

const askLaunchctl = (...args: string[]): Promise<ToolResult> =>
  runTool('launchctl', args, { timeoutMs: ANSWER_LIMIT_MS });

/** Lets launchd start the job again where it was switched off. Failing is no harm: bootstrap tells. */
export async function enableJob(uid: number): Promise<void> {
  await launchctl('enable', `gui/${uid}/${LABEL}`);
}

/** Ends the job and forgets it; answers whether it was loaded. Throws LaunchctlError when that cannot be done. */
export async function bootOut(uid: number): Promise<boolean> {
  const result = await launchctl('bootout', `gui/${uid}/${LABEL}`);
  if (result.kind === 'ended' && result.status === 0) return true;
  if (result.kind === 'ended' && NOT_LOADED.includes(result.status)) return false;
  if (result.kind === 'ended' && SAYS_NOT_LOADED.test(result.stderr)) return false;
  const error = explain('bootout', result);
  // "In progress" means that it is on its way out.
  if (error.passes) return true;
  throw error;
}

/** Loads the job, which starts it. Throws LaunchctlError. */
export async function bootstrap(uid: number, path: string): Promise<void> {
  const result = await launchctl('bootstrap', `gui/${uid}`, path);
  if (result.kind !== 'ended' || result.status !== 0) throw explain('bootstrap', result);
}

export async function readJob(uid: number): Promise<JobState> {
  const result = await askLaunchctl('print', `gui/${uid}/${LABEL}`);
  if (result.kind !== 'ended') return { kind: 'unknown', why: explain('print', result).message };
  if (result.status !== 0) {
    if (NOT_LOADED.includes(result.status) || SAYS_NOT_LOADED.test(result.stderr)) {
      return { kind: 'not_loaded' };
    }
    return { kind: 'unknown', why: explain('print', result).message };
  }
  const field = (name: string): string | undefined =>
    new RegExp(`^\\s*${name} = (.+)$`, 'm').exec(result.stdout)?.[1]?.trim();
  const pid = Number(field('pid'));
  const lastExit = field('last exit code');
  return {
    kind: 'loaded',
    state: field('state') ?? 'unknown',
    pid: Number.isInteger(pid) && pid > 0 ? pid : undefined,
    // In brackets launchd says that there is none: “(never exited)”.
    lastExit: lastExit?.startsWith('(') ? undefined : lastExit,
  };
}

/** Whether this user has a session at the screen; undefined where that cannot be told. */
export async function hasGuiSession(uid: number): Promise<boolean | undefined> {
  const manager = await askLaunchctl('managername');
  if (manager.kind === 'ended' && manager.status === 0 && manager.stdout.trim() === 'Aqua') return true;
  // Over ssh the manager is another one, though somebody may be logged in at the screen.
  const session = await askLaunchctl('print', `gui/${uid}`);
  if (session.kind !== 'ended') return undefined;
  if (session.status === 0) return true;
  return [112, 113, 125].includes(session.status) ? false : undefined;
}
