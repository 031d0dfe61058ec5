import type { Logger } from 'pino';
import { type Backoff, delayBefore } from './backoff.ts';

export interface LoopOptions {
  name: string;
  log: Logger;
  /** One unit of work. Returns how long to rest before the next, in milliseconds; 0 goes on at once. */
  step: (signal: AbortSignal) => Promise<number>;
  backoff?: Backoff;
  random?: () => number;
}

/**
 * The one way a background service runs: `step` again and again until stopped. A step that throws is retried with
 * growing delays, logged at a level that rises with them; a step that returns resets them. `wake` ends a rest early
 * and is never lost: called while a step runs, it makes the next rest zero.
 */
export class Loop implements AsyncDisposable {
  readonly #options: LoopOptions;
  readonly #stopping = new AbortController();
  #woken = false;
  #endRest: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): this {
    this.#running ??= this.#run();
    return this;
  }

  wake(): void {
    this.#woken = true;
    this.#endRest?.();
  }

  /** Ends the rest, aborts the signal given to a running step, and resolves when that step has come back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#endRest?.();
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #run(): Promise<void> {
    const { step, backoff = { base: 100, max: 30_000 }, random } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      this.#woken = false;
      let rest: number;
      try {
        rest = await step(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        rest = delayBefore(failures, backoff, random);
        this.#report(error, failures, rest);
        this.#woken = false;
      }
      if (!this.#woken && rest > 0) await this.#rest(rest);
    }
  }

  #report(error: unknown, failures: number, rest: number): void {
    const { log, name } = this.#options;
    const level = failures < 3 ? 'debug' : failures < 8 ? 'warn' : 'error';
    log[level]({ err: error, failures, retry_in_ms: rest }, `${name} failed; trying again`);
  }

  #rest(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(milliseconds, 2 ** 31 - 1));
    this.#endRest = resolve;
    if (this.#stopping.signal.aborted || this.#woken) resolve();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#endRest = undefined;
    });
  }
}
