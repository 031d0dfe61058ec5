import { runAppleScript } from 'run-applescript';
import type { Channel } from '../../shared/channels.ts';
import { judgeScriptError, readErrorNumber, type ScriptError } from './errors.ts';
import { countRoutes, type ScriptInputs, scriptFor } from './scripts.ts';

/** What came of one osascript. `detail` is fit for logs and clients: it holds no part of the script. */
export type ScriptOutcome = { kind: 'returned' } | { kind: 'failed'; error: ScriptError; detail: string };

/** How Messages is told to send. */
export interface ScriptedMessages {
  /** How many ways of addressing a recipient a channel has, the preferred first; 0 where Messages does not serve it. */
  countRoutes(channel: Channel): number;
  /**
   * Sends what the input files hold; never throws. osascript is started before this returns to its caller. When
   * `signal` aborts, osascript gets SIGTERM and the outcome is unknown, whether or not it heeds that.
   */
  send(channel: Channel, route: number, inputs: ScriptInputs, signal: AbortSignal): Promise<ScriptOutcome>;
}

export const messagesByAppleScript: ScriptedMessages = {
  countRoutes,
  send: (channel, route, inputs, signal) => runScript(scriptFor(channel, route, inputs), signal),
};

async function runScript(script: string, signal: AbortSignal): Promise<ScriptOutcome> {
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
