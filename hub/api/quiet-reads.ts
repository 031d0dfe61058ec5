import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { ApiError } from '../../shared/api/errors.ts';

/** Reads that took less than this altogether are followed by a turn of the event loop alone. Milliseconds. */
const UNNOTICED_MS = 2;
/** Readers in line, each of whom waits for all others before each slice; who comes after them is told to come back. */
const MOST_WAITING = 40;
const RETRY_AFTER_SECONDS = 5;

/**
 * Long reads, slice by slice, that may not hold up what the hub is for: SQLite answers on the hub's own thread. Of all who
 * read this way one slice runs at a time, and then the hub has as long for itself.
 */
export class QuietReads {
  #last: Promise<void> = Promise.resolve();
  #unrested = 0;
  #waiting = 0;

  /** Throws unavailable where so many read already that another would be in line for long. To be asked before a first slice. */
  admit(): void {
    if (this.#waiting < MOST_WAITING) return;
    throw new ApiError('unavailable', 'The hub is busy with other lists and counts; try again in a moment.', {
      retryAfter: RETRY_AFTER_SECONDS,
    });
  }

  /** What `slice` answers, and how many milliseconds it took. Slices run in the order in which they were asked for. */
  run<T>(slice: () => Promise<T>): Promise<{ value: T; ms: number }> {
    this.#waiting += 1;
    const result = this.#last.then(async () => {
      this.#waiting -= 1;
      const began = performance.now();
      const value = await slice();
      return { value, ms: performance.now() - began };
    });
    this.#last = result.then(
      ({ ms }) => this.#rest(ms),
      () => this.#rest(0),
    );
    return result;
  }

  async #rest(ms: number): Promise<void> {
    this.#unrested += ms;
    if (this.#unrested < UNNOTICED_MS) {
      await turn();
      return;
    }
    const pause = this.#unrested;
    this.#unrested = 0;
    await sleep(pause);
  }
}
