import { runAppleScript } from 'run-applescript';
import { readErrorNumber } from './errors.ts';

/** What Messages says of its iMessage account, or why it says nothing. */
export type AccountAnswer =
  | { kind: 'enabled' }
  | { kind: 'disabled' }
  | { kind: 'none' }
  /** macOS refuses this program control of Messages. */
  | { kind: 'denied' }
  /** No answer in time: a prompt may be on the screen, or Messages is stuck. */
  | { kind: 'silent' }
  | { kind: 'failed'; detail: string };

const SCRIPT = `tell application "Messages"
	get enabled of 1st account whose service type = iMessage
end tell`;

const DENIED = [-1743, -1744];
const NO_SUCH = [-1728, -1719];
const NOT_IN_TIME = -1712;

/** Asks by a script that changes nothing; starts Messages where it does not run. Never throws. */
export async function askAccount(signal: AbortSignal): Promise<AccountAnswer> {
  try {
    const answer = await runAppleScript(SCRIPT, { signal });
    return { kind: answer.trim() === 'false' ? 'disabled' : 'enabled' };
  } catch (error) {
    return judge(error, signal);
  }
}

function judge(thrown: unknown, signal: AbortSignal): AccountAnswer {
  if (signal.aborted) return { kind: 'silent' };
  if (process.platform !== 'darwin')
    return { kind: 'failed', detail: 'there is no osascript on this system' };
  const { code, stderr } = thrown as { code?: unknown; stderr?: unknown };
  if (typeof code === 'string') return { kind: 'failed', detail: `osascript could not be started (${code})` };
  const number = readErrorNumber(String(stderr ?? ''));
  if (number === undefined && typeof code !== 'number') {
    return { kind: 'failed', detail: 'osascript was not run, or did not come to its end' };
  }
  if (number === undefined) return { kind: 'failed', detail: `osascript ended with status ${code}` };
  if (DENIED.includes(number)) return { kind: 'denied' };
  if (NO_SUCH.includes(number)) return { kind: 'none' };
  if (number === NOT_IN_TIME) return { kind: 'silent' };
  return { kind: 'failed', detail: `osascript ended with error ${number}` };
}
