import type { Logger } from 'pino';
import { Loop } from '../shared/runtime/loop.ts';

const INTERVAL_MS = 1_000;
/** Less is how clocks are corrected all the time, and what a busy moment looks like. */
const LEAST_MS = 5_000;
/** How often the time is noted on disk: a jump while no hub runs is seen to so much. */
const NOTE_MS = 15_000;

/**
 * Sees the machine's clock being set back: while the hub runs by a second one that only runs, and at its start by the time
 * that it noted last. What was written down before would be reached so much later, and every retry with it.
 */
export class ClockWatch implements AsyncDisposable {
  readonly #loop: Loop;

  /**
   * `follow` notes the time, and is told by how many milliseconds the clock was seen to be set back; it answers by how many
   * it brought schedules forward, of which `onMoved` is told. Where it fails it is told again. `steady` counts milliseconds.
   */
  constructor(options: {
    now: () => number;
    steady?: () => number;
    log: Logger;
    follow: (setBack: number | undefined) => Promise<number>;
    onMoved: () => void;
  }) {
    const { now, steady = () => performance.now(), log, follow, onMoved } = options;
    let lead = now() - steady();
    let nextNote = Number.NEGATIVE_INFINITY;
    this.#loop = new Loop({
      name: 'watching the clock',
      log,
      step: async () => {
        const current = now() - steady();
        const by = Math.round(lead - current);
        const setBack = by >= LEAST_MS ? by : undefined;
        if (setBack !== undefined || steady() >= nextNote) {
          const moved = await follow(setBack);
          nextNote = steady() + NOTE_MS;
          if (moved > 0) {
            log.warn(
              { by_ms: moved },
              'the clock was set back; what was to come later comes as much earlier',
            );
            onMoved();
          }
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
