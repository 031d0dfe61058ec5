import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger } from 'pino';
import { Loop } from '../shared/runtime/loop.ts';

const CAFFEINATE = 'caffeinate';
const LEAST_REST_MS = 250;
const MOST_REST_MS = 10 * 60_000;
/** One that ran as long as this was in order, whatever ended it. */
const GOOD_RUN_MS = 60_000;

/**
 * Keeps the Mac from sleeping while the bridge runs, by `caffeinate`: neither idle sleep (-i), nor disk sleep (-m), nor, on
 * mains power, any other (-s). A closed lid still sleeps. Where there is no such tool the bridge goes on without.
 */
export class KeepAwake implements AsyncDisposable {
  readonly #log: Logger;
  readonly #loop: Loop;
  #rest = LEAST_REST_MS;

  constructor(log: Logger) {
    this.#log = log;
    this.#loop = new Loop({ name: 'keeping awake', log, step: (signal) => this.#step(signal) });
  }

  start(): this {
    this.#loop.start();
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#loop.stop();
  }

  async #step(signal: AbortSignal): Promise<number> {
    const began = performance.now();
    const why = await this.#run(signal);
    if (signal.aborted) return 0;
    const ranWell = performance.now() - began >= GOOD_RUN_MS;
    this.#rest = ranWell ? LEAST_REST_MS : Math.min(this.#rest * 4, MOST_REST_MS);
    this.#log.debug({ why, again_in_ms: this.#rest }, 'caffeinate does not run');
    return this.#rest;
  }

  /** Resolves with a word for the end of caffeinate. */
  #run(signal: AbortSignal): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    // -w: it ends with this process, however that ends.
    const args = ['-i', '-m', '-s', '-w', String(process.pid)];
    let child: ChildProcess;
    try {
      child = spawn(CAFFEINATE, args, { stdio: 'ignore' });
    } catch (error) {
      return Promise.resolve(String(error));
    }
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, killer) => resolve(`ended with ${code ?? killer}`));
    const stop = (): void => {
      child.kill();
      resolve('stopped');
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    return promise.finally(() => signal.removeEventListener('abort', stop));
  }
}
