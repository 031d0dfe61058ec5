import type { Logger } from 'pino';
import { z } from 'zod';

/** What hubs tell each other. It only hastens: what a lost signal would have told is found by timers. */
const signalSchema = z.object({
  /** Devices that messages were routed to. */
  work: z.array(z.string()),
  /** Devices that came, went, or are to behave otherwise. */
  changed: z.array(z.string()),
  /** Webhook events may be waiting. */
  deliveries: z.boolean(),
  /** What panels show has changed: a list of topics. */
  topics: z.array(z.string()).default([]),
  /** A panel is open at the hub that tells: it is to be told of topics for a while. */
  watching: z.boolean().default(false),
});
export type Signal = z.output<typeof signalSchema>;
type Told = z.input<typeof signalSchema>;

export interface SignalsDependencies {
  log: Logger;
  onSignal: (signal: Signal) => void;
}

/** What comes within so long goes out together. */
const GATHER_MS = 10;
/** By then the hub that made webhook events has sent what it could by itself. */
const DELIVERIES_AFTER_MS = 1_000;
/** A notification of Postgres carries less than 8000 bytes. */
const MOST_DEVICES = 100;

/** Gathers what the other hubs should know, and takes what they tell. */
export class Signals implements Disposable {
  readonly #dependencies: SignalsDependencies;
  readonly #work = new Set<string>();
  readonly #changed = new Set<string>();
  #publish: ((signal: Told) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #deliveriesTimer: NodeJS.Timeout | undefined;

  constructor(dependencies: SignalsDependencies) {
    this.#dependencies = dependencies;
  }

  /** From now on there are others to tell. */
  connect(publish: (signal: Told) => void): void {
    this.#publish = publish;
  }

  tellWork(deviceIds: Iterable<string>): void {
    this.#gather(this.#work, deviceIds);
  }

  tellChanged(deviceIds: Iterable<string>): void {
    this.#gather(this.#changed, deviceIds);
  }

  tellDeliveries(): void {
    if (!this.#publish) return;
    this.#deliveriesTimer ??= setTimeout(() => {
      this.#deliveriesTimer = undefined;
      this.#publish?.({ work: [], changed: [], deliveries: true });
    }, DELIVERIES_AFTER_MS);
  }

  tellPanels(signal: Pick<Signal, 'topics' | 'watching'>): void {
    this.#publish?.({ work: [], changed: [], deliveries: false, ...signal });
  }

  /** What another hub told; one of a newer version may word it otherwise. */
  receive(told: unknown): void {
    const { log, onSignal } = this.#dependencies;
    const signal = signalSchema.safeParse(told);
    if (signal.success) onSignal(signal.data);
    else log.debug('another hub said something that this one does not understand');
  }

  /** Sends nothing more. */
  [Symbol.dispose](): void {
    this.#publish = undefined;
    clearTimeout(this.#timer);
    clearTimeout(this.#deliveriesTimer);
  }

  #gather(into: Set<string>, deviceIds: Iterable<string>): void {
    if (!this.#publish) return;
    for (const id of deviceIds) into.add(id);
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  #flush(): void {
    this.#timer = undefined;
    const [work, changed] = [take(this.#work), take(this.#changed)];
    for (let at = 0; at < Math.max(work.length, changed.length); at += MOST_DEVICES / 2) {
      const end = at + MOST_DEVICES / 2;
      this.#publish?.({ work: work.slice(at, end), changed: changed.slice(at, end), deliveries: false });
    }
  }
}

function take(ids: Set<string>): string[] {
  const taken = [...ids];
  ids.clear();
  return taken;
}
