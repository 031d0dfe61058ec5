import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';

/** Reads that took less than this altogether are followed by a turn of the event loop alone. Milliseconds. */
const UNNOTICED_MS = 2;

/**
 * Long reads, slice by slice, that may not hold up what the hub is for: SQLite answers on the hub's own thread. Of all who
 * read this way one slice runs at a time, and then the hub has as long for itself.
 */
export class QuietReads {
  #last: Promise<void> = Promise.resolve();
  #unrested = 0;

  /** What `slice` answers, and how many milliseconds it took. Slices run in the order in which they were asked for. */
  run<T>(slice: () => Promise<T>): Promise<{ value: T; ms: number }> {
    const result = this.#last.then(async () => {
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
