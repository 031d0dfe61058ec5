import { accessSync, constants, existsSync } from 'node:fs';
import { runTool } from '../../shared/runtime/run-tool.ts';
import type { readAgent } from '../launchd/agent.ts';
import type { JobState } from '../launchd/launchctl.ts';
import { failed, ok, type Result, unknown } from './result.ts';

const LIMIT_MS = 10_000;
const INSTALL = 'Run `bluewire-bridge install` (again).';

type Agent = ReturnType<typeof readAgent>;

// Places that an upgrade empties or fills anew, and with them what macOS granted to a node there.
const MOVING =
  /homebrew|\/Cellar\/|\/\.?(nvm|volta|fnm|asdf|mise|nodenv|n)\/|\/node_modules\/|^\/usr\/local\//i;

/** The node that Full Disk Access and Automation are granted to: the installed one, else the one that runs this. */
export async function checkNode(agent: Agent, execPath: string): Promise<Result> {
  const check = 'node';
  const installed = agent !== undefined && agent !== 'damaged';
  const node = installed ? agent.node : execPath;
  if (!isExecutable(node)) return failed(check, `The bridge's node is gone: ${node}.`, INSTALL);
  const signature = await readSignature(node);
  if (signature === 'broken') {
    return failed(
      check,
      `The signature of ${node} is damaged: macOS may refuse it or forget what it was granted.`,
      `Remove that file, run \`bluewire-bridge install\`, and grant Full Disk Access anew.`,
    );
  }
  const moves = !installed && MOVING.test(node);
  const where = moves
    ? '; an upgrade may move it, `bluewire-bridge install` gives the bridge one that stays'
    : '';
  return ok(check, `${node} (${signature})${where}.`);
}

async function readSignature(node: string): Promise<string> {
  const asked = await runTool('codesign', ['-d', '--verbose=2', node], { timeoutMs: LIMIT_MS });
  if (asked.kind !== 'ended') return 'signature not looked at';
  if (/invalid|modified|damaged/i.test(asked.stderr) && asked.status !== 0) return 'broken';
  const authority = /^Authority=(.+)$/m.exec(asked.stderr)?.[1];
  if (authority !== undefined) return `signed by ${authority.trim()}`;
  if (/Signature=adhoc/.test(asked.stderr))
    return 'signed ad hoc: what it is granted ends when the file changes';
  return 'not signed';
}

export function checkLaunchAgent(agent: Agent, job: JobState): Result {
  const check = 'launch_agent';
  if (agent === 'damaged') return failed(check, 'The LaunchAgent cannot be understood.', INSTALL);
  if (agent === undefined) {
    if (job.kind === 'loaded')
      return failed(check, 'The bridge is loaded, but its LaunchAgent is gone.', INSTALL);
    return unknown(
      check,
      'Not installed: the bridge runs only where somebody starts it.',
      'Run `bluewire-bridge install`, so that it starts at log-in and comes back after a crash.',
    );
  }
  const gone = [agent.node, agent.program].find((path) => !existsSync(path));
  if (gone !== undefined)
    return failed(check, `The LaunchAgent starts what is not there any more: ${gone}.`, INSTALL);
  return judgeJob(check, job);
}

function judgeJob(check: string, job: JobState): Result {
  if (job.kind === 'unknown') return unknown(check, `Installed; launchd does not say more. ${job.why}`);
  if (job.kind === 'not_loaded') {
    return failed(check, 'Installed, but not loaded: the bridge is not started.', INSTALL);
  }
  if (job.pid !== undefined) return ok(check, `Installed and running (process ${job.pid}).`);
  const last = job.lastExit === undefined ? '' : `, last exit code ${job.lastExit}`;
  return failed(
    check,
    `Installed, but not running (${job.state}${last}).`,
    'See `bluewire-bridge logs` for the reason; `bluewire-bridge install` starts it again.',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
