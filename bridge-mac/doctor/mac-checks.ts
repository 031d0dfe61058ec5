import { accessSync, constants, existsSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { release, type } from 'node:os';
import { join } from 'node:path';
import { makeFolder, nearestExisting } from '../../shared/runtime/make-folder.ts';
import { runTool } from '../../shared/runtime/run-tool.ts';
import { nameSystem } from '../system-name.ts';
import { failed, ok, type Result, unknown } from './result.ts';

const LIMIT_MS = 10_000;
const LEAST_MACOS = 12;
const NEWEST_KNOWN_MACOS = 27;
const LEAST_FREE_BYTES = 500 * 1024 * 1024;
const LEAST_FREE = '500 MB';

/** `kernel` is Darwin's release, used where `sw_vers` cannot be asked. */
export async function checkMacosVersion(
  platform: string,
  kernel = type() === 'Darwin' ? release() : undefined,
): Promise<Result> {
  const check = 'macos';
  if (platform !== 'darwin') {
    return failed(
      check,
      `This is ${nameSystem(platform)}, not macOS.`,
      'Run the bridge on the Mac whose Messages it drives.',
    );
  }
  const asked = await runTool('sw_vers', ['-productVersion'], { timeoutMs: LIMIT_MS });
  const told = asked.kind === 'ended' && asked.status === 0 ? asked.stdout.trim() : '';
  const isTold = /^\d+(\.\d+)*$/.test(told);
  if (!isTold && kernel === undefined) return unknown(check, 'The version of macOS cannot be told.');
  const version = isTold ? told : macosOf(kernel ?? '');
  const major = Number.parseInt(version, 10);
  if (major < LEAST_MACOS) {
    return failed(
      check,
      `macOS ${version} is older than what the bridge knows (${LEAST_MACOS} and later).`,
      'Update macOS: System Settings → General → Software Update.',
    );
  }
  const isNew = major > NEWEST_KNOWN_MACOS;
  return ok(
    check,
    `macOS ${version}${isNew ? ', newer than what this version of Bluewire was made for' : ''}.`,
  );
}

// Darwin 20 was macOS 11, 24 was 15; since 25 the numbers are one apart.
function macosOf(kernel: string): string {
  const darwin = Number.parseInt(kernel, 10);
  return String(darwin >= 25 ? darwin + 1 : darwin - 9);
}

export async function checkMessagesRunning(
  isRunning: (signal?: AbortSignal) => Promise<boolean | undefined>,
  signal?: AbortSignal,
): Promise<Result> {
  const check = 'messages_running';
  const running = await isRunning(signal);
  if (running === undefined)
    return unknown(check, 'Whether Messages runs cannot be told (pgrep does not say).');
  if (running) return ok(check, 'Messages is running.');
  return failed(
    check,
    'Messages is not running: nothing comes in until it does.',
    'Open Messages on this Mac and let it open at log-in (System Settings → General → Login Items & Extensions). The bridge opens it before it sends.',
  );
}

export async function checkPower(signal?: AbortSignal): Promise<Result> {
  const check = 'power';
  const asked = await runTool('pmset', ['-g'], { timeoutMs: LIMIT_MS, ...(signal && { signal }) });
  const found = asked.kind === 'ended' ? /^\s*sleep\s+(\d+)(.*)$/m.exec(asked.stdout) : null;
  if (found === null) return unknown(check, 'The energy settings cannot be told (pmset does not say).');
  const [, minutes, note = ''] = found;
  if (minutes === '0') return ok(check, 'The Mac does not go to sleep by itself.');
  if (note.includes('prevented')) {
    return ok(check, `The Mac would sleep after ${minutes} min, and is kept awake ${note.trim()}.`);
  }
  return failed(
    check,
    `The Mac goes to sleep after ${minutes} min: nothing is sent or received while it sleeps.`,
    'System Settings → Energy (on a laptop: Battery → Options) → prevent automatic sleeping when the display is off; keep BRIDGE_KEEP_AWAKE on and a laptop’s lid open.',
  );
}

export function checkDisk(folder: string): Result {
  const check = 'disk';
  const { bavail, bsize } = statfsSync(nearestExisting(folder));
  const free = bavail * bsize;
  // Told without a figure that changes all the time: each would be news to the hub.
  if (free >= LEAST_FREE_BYTES) return ok(check, `The disk has room (more than ${LEAST_FREE} free).`);
  return failed(
    check,
    `The disk is nearly full: less than ${LEAST_FREE} free. A full one stops sending and receiving.`,
    'Free some space: System Settings → General → Storage.',
  );
}

/** Makes the folder and tries to write: under ~/Library/Messages that takes Full Disk Access. */
export function checkStaging(folder: string): Result {
  return judgeStaging(folder, () => {
    makeFolder(folder, 0o700);
    tryToWrite(folder);
  });
}

/** The same for a Mac that is only looked at: a folder that is missing is judged by the nearest above it. */
export function lookAtStaging(folder: string): Result {
  return judgeStaging(folder, () => {
    if (existsSync(folder)) return tryToWrite(folder);
    const above = nearestExisting(folder);
    if (!statSync(above).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    accessSync(above, constants.W_OK | constants.X_OK);
  });
}

function tryToWrite(folder: string): void {
  const probe = join(folder, `.probe-${process.pid}`);
  writeFileSync(probe, '');
  rmSync(probe);
}

function judgeStaging(folder: string, use: () => void): Result {
  const check = 'staging';
  try {
    use();
    return ok(check, 'Attachments can be put where Messages reads them.');
  } catch (error) {
    const code = String((error as { code?: unknown }).code ?? error);
    return failed(
      check,
      `Attachments cannot be sent: the folder ${folder} cannot be written (${code}).`,
      code === 'ENOSPC'
        ? 'The disk is full: free some space.'
        : 'Grant Full Disk Access to the bridge’s node, and see that the folder is yours; BRIDGE_STAGING_DIR names it.',
    );
  }
}

export async function checkGuiSession(hasSession: () => Promise<boolean | undefined>): Promise<Result> {
  const check = 'gui_session';
  const has = await hasSession();
  if (has === undefined) return unknown(check, 'Whether you are logged in at the screen cannot be told.');
  if (has) return ok(check, 'You are logged in at the screen.');
  return failed(
    check,
    'You are not logged in at the screen: Messages cannot run.',
    'Log in at the screen or by Screen Sharing, and switch on automatic log-in: System Settings → Users & Groups.',
  );
}
