import type { Logger } from 'pino';
import { Loop } from '../shared/runtime/loop.ts';

const INTERVAL_MS = 1_000;
/** Less is how clocks are corrected all the time, and what a busy moment looks like. */
const LEAST_MS = 5_000;

/**
 * Sees the machine's clock being set back, by a second one that only runs: times written down before would be reached so
 * much later, and every retry with them.
 */
export class ClockWatch implements AsyncDisposable {
  readonly #loop: Loop;

  /** `onSetBack` is told by how many milliseconds; where it fails it is told again. `steady` counts milliseconds. */
  constructor(options: {
    now: () => number;
    steady?: () => number;
    log: Logger;
    onSetBack: (by: number) => Promise<void>;
  }) {
    const { now, steady = () => performance.now(), log, onSetBack } = options;
    let lead = now() - steady();
    this.#loop = new Loop({
      name: 'watching the clock',
      log,
      step: async () => {
        const current = now() - steady();
        const by = Math.round(lead - current);
        if (by >= LEAST_MS) {
          await onSetBack(by);
          log.warn({ by_ms: by }, 'the clock was set back; what was to come later comes as much earlier');
        }
        lead = current;
        return INTERVAL_MS;
      },
    });
  }

  start(): this {
    this.#loop.start();
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#loop.stop();
  }
}
