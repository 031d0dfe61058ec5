import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, parse } from 'plist';
import { z } from 'zod';

export const LABEL = 'com.bluewire.bridge';

/** A crash loop starts the bridge this often at most: what is wrong then needs a person. Seconds. */
const THROTTLE_SECONDS = 30;
/** Longer than the bridge's own limit for ending. Seconds. */
const EXIT_SECONDS = 20;
const OWNER_ONLY_UMASK = 0o077;

/** What launchd is to start, all paths absolute. */
export interface AgentProgram {
  node: string;
  /** The bridge's program file; it is started with `run`. */
  program: string;
  environment: Record<string, string>;
  /** Where launchd puts what the bridge prints outside its log: the words of a crash. */
  crashFile: string;
  workingDir: string;
}

export function agentPathIn(userHome: string): string {
  return join(userHome, 'Library', 'LaunchAgents', `${LABEL}.plist`);
}

/**
 * The LaunchAgent as a property list. Not a LaunchDaemon: Messages lives in the user's session at the screen. The node
 * that launchd starts is what macOS files Full Disk Access and Automation under, so it is named by its own path.
 */
export function describeAgent(agent: AgentProgram): string {
  return build({
    Label: LABEL,
    ProgramArguments: [agent.node, agent.program, 'run'],
    EnvironmentVariables: agent.environment,
    WorkingDirectory: agent.workingDir,
    LimitLoadToSessionType: 'Aqua',
    RunAtLoad: true,
    // A bridge that was told to end stays ended until the next log-in; one that failed, crashed or was killed comes back.
    KeepAlive: { SuccessfulExit: false, Crashed: true },
    ThrottleInterval: THROTTLE_SECONDS,
    ExitTimeOut: EXIT_SECONDS,
    // Neither slowed down nor put to nap as background jobs are.
    ProcessType: 'Interactive',
    Umask: OWNER_ONLY_UMASK,
    StandardOutPath: agent.crashFile,
    StandardErrorPath: agent.crashFile,
  });
}

/** Writes the LaunchAgent, making the folder that a fresh macOS lacks. Throws a sentence when that fails. */
export function writeAgent(path: string, content: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const draft = `${path}.new`;
    // launchd refuses what others may write to.
    writeFileSync(draft, content, { mode: 0o644, flush: true });
    renameSync(draft, path);
  } catch (error) {
    throw new Error(`The LaunchAgent cannot be written: ${path}. Is the folder yours?`, { cause: error });
  }
}

/** Whether there was one. */
export function removeAgent(path: string): boolean {
  const existed = existsSync(path);
  rmSync(path, { force: true });
  return existed;
}

const agentSchema = z.object({
  ProgramArguments: z.tuple([z.string(), z.string()], z.string()),
  EnvironmentVariables: z.record(z.string(), z.string()).default({}),
});

/** What an installed LaunchAgent starts; undefined when there is none, `damaged` when it cannot be understood. */
export function readAgent(
  path: string,
): { node: string; program: string; environment: Record<string, string> } | 'damaged' | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const content = readFileSync(path, 'utf8');
    // The parser complains on stderr about what is no property list at all.
    if (!content.includes('<plist')) return 'damaged';
    const agent = agentSchema.parse(parse(content));
    const [node, program] = agent.ProgramArguments;
    return { node, program, environment: agent.EnvironmentVariables };
  } catch {
    return 'damaged';
  }
}
