import { runAppleScript } from 'run-applescript';
import type { Channel } from '../../shared/channels.ts';
import { EVENT_TIMED_OUT, judgeScriptError, readErrorNumber, type ScriptError } from './errors.ts';
import {
  needsChat,
  PROBE_SCRIPT,
  QUIT_SCRIPT,
  type ScriptedWay,
  type ScriptInputs,
  scriptFor,
  serves,
} from './scripts.ts';

/**
 * What came of one osascript. `detail` is fit for logs and clients: it holds no part of the script. `unanswered`:
 * Messages did not answer within the limit.
 */
export type ScriptOutcome =
  | { kind: 'returned' }
  | { kind: 'failed'; error: ScriptError; detail: string; unanswered: boolean };

/**
 * How Messages is spoken to. Nothing here throws. osascript is started before a call returns to its caller. When
 * `signal` aborts, osascript gets SIGTERM and the outcome is unknown, whether or not it heeds that.
 */
export interface ScriptedMessages {
  /** Whether Messages knows the channel at all. */
  serves(channel: Channel): boolean;
  /** Whether only an existing chat leads to the channel. */
  needsChat(channel: Channel): boolean;
  /** Sends what the input files hold. */
  send(way: ScriptedWay, inputs: ScriptInputs, signal: AbortSignal): Promise<ScriptOutcome>;
  /** Asks something that changes nothing. */
  probe(signal: AbortSignal): Promise<ScriptOutcome>;
  quit(signal: AbortSignal): Promise<ScriptOutcome>;
}

export const messagesByAppleScript: ScriptedMessages = {
  serves,
  needsChat,
  send: (way, inputs, signal) => runScript(scriptFor(way, inputs), signal),
  probe: (signal) => runScript(PROBE_SCRIPT, signal),
  quit: (signal) => runScript(QUIT_SCRIPT, signal),
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
  if (signal.aborted) return unclear('osascript did not come back in time', true);
  if (typeof code === 'string' && NOT_STARTED.has(code)) {
    const error: ScriptError = { handedOver: 'no', remedy: 'later', failureCode: 'rejected' };
    return { kind: 'failed', error, detail: `osascript could not be started (${code})`, unanswered: false };
  }
  if (typeof code !== 'number') return unclear('osascript was ended from outside');
  const number = readErrorNumber(String(stderr ?? ''));
  if (number === undefined) return unclear(`osascript ended with status ${code} and no error number`);
  return {
    kind: 'failed',
    error: judgeScriptError(number),
    detail: `osascript ended with error ${number}`,
    unanswered: number === EVENT_TIMED_OUT,
  };
}

const NOT_STARTED = new Set(['ENOENT', 'EACCES', 'EPERM', 'EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOEXEC']);

function unclear(detail: string, unanswered = false): ScriptOutcome {
  return { kind: 'failed', error: judgeScriptError(undefined), detail, unanswered };
}
