import { runAppleScript } from 'run-applescript';
import { judgeScriptError, readErrorNumber, type ScriptError } from './errors.ts';

/** What came of one osascript. `detail` is fit for logs and clients: it holds no part of the script. */
export type ScriptOutcome = { kind: 'returned' } | { kind: 'failed'; error: ScriptError; detail: string };

/**
 * Runs a script; never throws. The child is started before this returns to its caller. When `signal` aborts, the
 * child gets SIGTERM and the outcome is unknown, whether or not the child heeds it.
 */
export async function runScript(script: string, signal: AbortSignal): Promise<ScriptOutcome> {
  try {
    await runAppleScript(script, { signal });
    return { kind: 'returned' };
  } catch (error) {
    return judge(error, signal);
  }
}

// The error's own words repeat the whole script: only the number and the code are taken out of it.
function judge(thrown: unknown, signal: AbortSignal): ScriptOutcome {
  const { code, stderr } = thrown as { code?: unknown; stderr?: unknown };
  if (signal.aborted) return unclear('osascript did not come back in time');
  if (typeof code === 'string' && NOT_STARTED.has(code)) {
    const error: ScriptError = { handedOver: 'no', remedy: 'later', failureCode: 'rejected' };
    return { kind: 'failed', error, detail: `osascript could not be started (${code})` };
  }
  if (typeof code !== 'number') return unclear('osascript was ended from outside');
  const number = readErrorNumber(String(stderr ?? ''));
  if (number === undefined) return unclear(`osascript ended with status ${code} and no error number`);
  return { kind: 'failed', error: judgeScriptError(number), detail: `osascript ended with error ${number}` };
}

const NOT_STARTED = new Set(['ENOENT', 'EACCES', 'EPERM', 'EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOEXEC']);

function unclear(detail: string): ScriptOutcome {
  return { kind: 'failed', error: judgeScriptError(undefined), detail };
}
