import { type ChildProcess, execFile } from 'node:child_process';

/** What came of a program: it ended with `status`, it is not there, or it did not end in time and was killed. */
export type ToolResult =
  | { kind: 'ended'; status: number; stdout: string; stderr: string }
  | { kind: 'missing' }
  | { kind: 'hung'; stdout: string; stderr: string };

export interface ToolOptions {
  /** After this many milliseconds the program is killed. */
  timeoutMs: number;
  /** Kills the program when aborted; the result is then `hung`. */
  signal?: AbortSignal;
}

const MAX_OUTPUT_BYTES = 1024 * 1024;

/**
 * Runs a program of the system that may be missing, fail, hang or talk without end; never throws. No shell: arguments
 * arrive as they are. Comes back at the limit even when the program, or one that it started, does not heed the kill.
 */
export function runTool(
  command: string,
  args: readonly string[],
  { timeoutMs, signal }: ToolOptions,
): Promise<ToolResult> {
  const { promise, resolve } = Promise.withResolvers<ToolResult>();
  if (signal?.aborted) return Promise.resolve({ kind: 'hung', stdout: '', stderr: '' });
  const output = { stdout: '', stderr: '' };
  let child: ChildProcess;
  try {
    child = execFile(command, args, { maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
      resolve(judge(error, stdout, stderr));
    });
  } catch {
    return Promise.resolve({ kind: 'missing' });
  }
  child.stdout?.on('data', (chunk) => {
    output.stdout += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    output.stderr += String(chunk);
  });
  const giveUp = (): void => {
    resolve({ kind: 'hung', ...output });
    child.kill('SIGKILL');
    // What the program started may hold its pipes for ever.
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.unref();
  };
  const timer = setTimeout(giveUp, timeoutMs);
  signal?.addEventListener('abort', giveUp, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  });
}

function judge(error: (Error & { code?: unknown }) | null, stdout: string, stderr: string): ToolResult {
  if (error === null) return { kind: 'ended', status: 0, stdout, stderr };
  // A text is the system's or Node's word for why it could not run; null means ended by a signal from outside.
  if (typeof error.code === 'string' && error.code !== 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return { kind: 'missing' };
  }
  return { kind: 'ended', status: typeof error.code === 'number' ? error.code : 255, stdout, stderr };
}
