import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { runTool } from '../../shared/runtime/run-tool.ts';

const TOOL_LIMIT_MS = 10_000;
const ANSWER_LIMIT_MS = 5_000;
const START_LIMIT_MS = 20_000;
const LOOK_EVERY_MS = 500;
/** How long Messages gets to quit, or to start where nobody can tell whether it did. */
const GRACE_MS = 3_000;

export interface MessagesAppOptions {
  /** The user whose Messages is meant: with fast user switching another user's may run too. */
  uid: number;
  /** Asks Messages by AppleScript to quit; what comes of it is looked up afterwards. */
  quit: (signal: AbortSignal) => Promise<unknown>;
  log: Logger;
  /** Resolves after so many milliseconds, or rejects when aborted. */
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** Whether Messages runs for the user `uid`; undefined where that cannot be told. False is a hint, never a proof. */
export async function isMessagesRunning(uid: number, signal?: AbortSignal): Promise<boolean | undefined> {
  const options = { timeoutMs: ANSWER_LIMIT_MS, ...(signal && { signal }) };
  const messages = await runTool('pgrep', ['-U', String(uid), '-x', 'Messages'], options);
  if (messages.kind !== 'ended' || messages.status > 1) return undefined;
  if (messages.status === 0) return /^\d+/.test(messages.stdout) ? true : undefined;
  // launchd runs on every Mac: a pgrep that does not see it is another system's, or may not look. `-a`: launchd is an
  // ancestor of pgrep, and macOS leaves those out otherwise.
  const launchd = await runTool('pgrep', ['-a', '-x', 'launchd'], options);
  return launchd.kind === 'ended' && launchd.status === 0 ? false : undefined;
}

/** Starts and restarts Messages, as far as this Mac has the tools for it. Nothing here rejects. */
export class MessagesApp {
  readonly #options: MessagesAppOptions;
  readonly #sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;

  constructor(options: MessagesAppOptions) {
    this.#options = options;
    this.#sleep = options.sleep ?? ((milliseconds, signal) => wait(milliseconds, undefined, { signal }));
  }

  isRunning(signal?: AbortSignal): Promise<boolean | undefined> {
    return isMessagesRunning(this.#options.uid, signal);
  }

  /** Opens Messages in the background and waits until it runs, 20 s at most. */
  async launch(signal: AbortSignal): Promise<void> {
    await this.#quietly('opening Messages', () => this.#launch(signal));
  }

  /** Makes Messages quit, killed where it does not, and opens it again. */
  async restart(signal: AbortSignal): Promise<void> {
    await this.#quietly('restarting Messages', async () => {
      await this.#options.quit(signal).catch(() => {});
      await this.#sleep(GRACE_MS, signal);
      for (const force of ['-TERM', '-KILL']) {
        if ((await this.isRunning(signal)) === false) break;
        const killed = await this.#run(
          'pkill',
          [force, '-U', String(this.#options.uid), '-x', 'Messages'],
          signal,
        );
        // Status 1: there was none to kill.
        if (killed !== 0) break;
        await this.#sleep(GRACE_MS, signal);
      }
      await this.#launch(signal);
    });
  }

  async #launch(signal: AbortSignal): Promise<void> {
    // -g: not to the front, -j: hidden.
    const opened = await this.#run('open', ['-g', '-j', '-a', 'Messages'], signal);
    if (opened !== 0) return;
    for (let waited = 0; waited < START_LIMIT_MS; waited += LOOK_EVERY_MS) {
      const running = await this.isRunning(signal);
      if (running === true) return;
      if (running === undefined && waited >= GRACE_MS) return;
      await this.#sleep(LOOK_EVERY_MS, signal);
    }
  }

  /** The exit status; undefined when the tool is missing or hung. */
  async #run(command: string, args: string[], signal: AbortSignal): Promise<number | undefined> {
    const result = await runTool(command, args, { timeoutMs: TOOL_LIMIT_MS, signal });
    if (result.kind === 'ended') return result.status;
    this.#options.log.debug({ command, result: result.kind }, 'a tool of macOS did not serve');
    return undefined;
  }

  async #quietly(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.log.debug({ err: error }, `${what} was given up`);
    }
  }
}
