import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { makeFolder } from '../../shared/runtime/make-folder.ts';
import { explainNoMac } from '../system-name.ts';
import { agentPathIn, describeAgent, readAgent, removeAgent, writeAgent } from './agent.ts';
import { bootOut, bootstrap, enableJob, type JobState, LaunchctlError, readJob } from './launchctl.ts';
import { provideOwnNode } from './own-node.ts';
import { describeKept } from './settings.ts';

const SYSTEM_PATH = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
const LOOK_EVERY_MS = 500;
/** launchd gives a job that was booted out its ExitTimeOut to end. */
const GONE_WITHIN_MS = 25_000;
const RUNS_WITHIN_MS = 10_000;
const BOOTSTRAP_TRIES = 5;
const BOOTSTRAP_REST_MS = 1_000;

export interface InstallOptions {
  platform: string;
  uid: number;
  userHome: string;
  /** Makes BRIDGE_HOME. Throws a sentence when that fails. */
  prepareHome: () => void;
  isPaired: () => boolean;
  /** What is said where this Mac is not paired. */
  notPaired: string;
  /** Where the bridge's own node is to be, and where it is copied from when there is none. */
  ownNode: string;
  pinnedNode: string;
  program: string;
  /** Settings that the bridge is to run with, by variable. */
  environment: Record<string, string>;
  /** Those of them that an earlier install made, and this one was not told. */
  kept: Record<string, string>;
  /** PATH of the shell that installs: tells where osascript is. */
  path: string;
  /** Takes what the bridge prints outside its log. */
  crashFile: string;
  /** Whether a bridge runs on this BRIDGE_HOME. */
  isBridgeRunning: () => boolean;
  sleep?: (milliseconds: number) => Promise<unknown>;
}

/**
 * Installs the LaunchAgent, or renews it, and starts it. Returns what to tell the operator; throws a sentence with what to do.
 * Can be run again at any time, half-done or done.
 */
export async function installAgent(options: InstallOptions): Promise<string> {
  refuseWrongUser(options);
  options.prepareHome();
  if (!options.isPaired()) throw new Error(options.notPaired);
  const { uid, userHome, ownNode, crashFile, sleep = wait } = options;
  const copied = await provideOwnNode(ownNode, options.pinnedNode);
  makeFolder(dirname(crashFile), 0o700);
  const path = agentPathIn(userHome);
  const wasDamaged = readAgent(path) === 'damaged';
  const wasLoaded = await bootOut(uid);
  if (wasLoaded) await waitFor(GONE_WITHIN_MS, sleep, async () => (await readJob(uid)).kind !== 'loaded');
  if (options.isBridgeRunning()) {
    throw new Error(
      'A bridge runs in another window: end it there (Ctrl-C), then install again. Nothing was installed.',
    );
  }
  writeAgent(
    path,
    describeAgent({ ...options, node: ownNode, workingDir: userHome, environment: withPath(options) }),
  );
  await enableJob(uid);
  await load(uid, path, sleep);
  const job = await settledJob(uid, sleep);
  return describeInstalled(options, path, copied, job, wasDamaged);
}

/** Stops the bridge, removes its LaunchAgent and keeps the pairing. Returns what to tell the operator. */
export async function uninstallAgent(
  options: Pick<InstallOptions, 'platform' | 'uid' | 'userHome'> & { home: string },
): Promise<string> {
  refuseWrongUser(options);
  const wasLoaded = await bootOut(options.uid);
  const existed = removeAgent(agentPathIn(options.userHome));
  const kept = `The pairing and what waits are kept in ${options.home}; Full Disk Access stays granted until you remove it in System Settings.`;
  if (!wasLoaded && !existed) return `There was no LaunchAgent installed. ${kept}`;
  return `The bridge is stopped and no longer starts by itself. ${kept}`;
}

function refuseWrongUser({ platform, uid }: { platform: string; uid: number }): void {
  if (platform !== 'darwin') {
    throw new Error(explainNoMac(platform));
  }
  if (uid === 0) {
    throw new Error(
      'Do this without sudo, as the user who is signed in to Messages: the bridge runs in the session of that user.',
    );
  }
}

// osascript is looked up on PATH, and launchd's own PATH is short.
function withPath({ path, environment }: InstallOptions): Record<string, string> {
  const home = path.split(delimiter).find((folder) => isProgram(join(folder, 'osascript')));
  const folders = home === undefined || SYSTEM_PATH.includes(home) ? SYSTEM_PATH : [home, ...SYSTEM_PATH];
  return { PATH: folders.join(delimiter), ...environment };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return dirname(path).startsWith('/');
  } catch {
    return false;
  }
}

type Sleep = (milliseconds: number) => Promise<unknown>;

async function load(uid: number, path: string, sleep: Sleep): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await bootstrap(uid, path);
      return;
    } catch (error) {
      const goesOn = error instanceof LaunchctlError && error.passes && attempt < BOOTSTRAP_TRIES;
      if (!goesOn) throw error;
      await bootOut(uid);
      await sleep(BOOTSTRAP_REST_MS);
    }
  }
}

/** The job once it runs, or what it is after a while. */
async function settledJob(uid: number, sleep: Sleep): Promise<JobState> {
  let job = await readJob(uid);
  await waitFor(RUNS_WITHIN_MS, sleep, async () => {
    job = await readJob(uid);
    return job.kind !== 'loaded' || job.pid !== undefined;
  });
  return job;
}

async function waitFor(limitMs: number, sleep: Sleep, isSo: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < limitMs && !(await isSo()); waited += LOOK_EVERY_MS)
    await sleep(LOOK_EVERY_MS);
}

function describeInstalled(
  { ownNode, crashFile, kept }: InstallOptions,
  path: string,
  copied: 'kept' | 'copied',
  job: JobState,
  wasDamaged: boolean,
): string {
  if (job.kind === 'not_loaded') {
    throw new Error(
      `launchd took ${path} and dropped it at once: see \`bluewire-bridge logs\` and ${crashFile}.`,
    );
  }
  const isRunning = job.kind === 'loaded' && job.pid !== undefined;
  const state = isRunning
    ? `The bridge runs (process ${job.pid}) and starts at every log-in.`
    : 'The bridge is installed and starts at every log-in; launchd has not started it yet. Look with `bluewire-bridge status`.';
  const node =
    copied === 'copied'
      ? `Its own node was put at ${ownNode}.`
      : `Its own node was kept, so what it was granted still holds: ${ownNode}.`;
  const settings = wasDamaged
    ? 'The LaunchAgent before could not be understood: settings made then are gone.'
    : describeKept(kept);
  return `${[state, node, ...(settings === undefined ? [] : [settings])].join('\n')}

What is left to do, with a person at the screen:
  1. Full Disk Access: System Settings → Privacy & Security → Full Disk Access → +, press Cmd-Shift-G, paste
       ${ownNode}
     and switch it on. Then run \`bluewire-bridge install\` once more: a program takes up a new right when it starts.
  2. Automation: send a first message. macOS asks whether “node” may control “Messages”: choose OK within two minutes.
  3. \`bluewire-bridge doctor\` says whether anything is missing. The log is in ${dirname(crashFile)} (\`bluewire-bridge logs -f\`).`;
}
