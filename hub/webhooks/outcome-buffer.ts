import type { Logger } from 'pino';
import { delayBefore } from '../../shared/runtime/backoff.ts';
import type { SettledDelivery } from '../store/records.ts';
import { StoreUnavailableError } from '../store/store.ts';

export interface OutcomeBufferOptions {
  /** Records outcomes in one transaction. */
  settle: (settled: SettledDelivery[]) => Promise<void>;
  log: Logger;
}

/** Outcomes wait for company this long while other POSTs run: one transaction then serves up to some hundred of them. */
const GATHER_MS = 10;
const ENOUGH = 256;
const BACKOFF = { base: 100, max: 5_000 };

/**
 * Gathers the outcomes of POSTs and records them together. What cannot be recorded now is kept and recorded later: the
 * receiver should not get the event twice. Only when the hub stops meanwhile does it go out again, under its old id.
 */
export class OutcomeBuffer {
  readonly #options: OutcomeBufferOptions;
  #gathered: SettledDelivery[] = [];
  /** Ids of what is gathered or being recorded. */
  readonly #open = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #tail: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(options: OutcomeBufferOptions) {
    this.#options = options;
  }

  /** Takes an outcome. `hurry` says that none will follow soon, so that waiting would only delay it. */
  add(settled: SettledDelivery, hurry: boolean): void {
    this.#gathered.push(settled);
    this.#open.add(settled.id);
    if (hurry || this.#gathered.length >= ENOUGH) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  /** Ids of deliveries whose outcome is not recorded yet. */
  get open(): Iterable<string> {
    return this.#open;
  }

  /** Records what is gathered, without further patience for a store that fails. */
  async finish(): Promise<void> {
    this.#stopping = true;
    this.#flush();
    await this.#tail;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#gathered;
    this.#gathered = [];
    if (batch.length === 0) return;
    this.#tail = this.#tail.then(async () => {
      await this.#record(batch);
      for (const { id } of batch) this.#open.delete(id);
    });
  }

  async #record(batch: SettledDelivery[]): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      try {
        await this.#options.settle(batch);
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) return this.#recordAlone(batch, error);
        this.#options.log.warn({ err: error, failures }, 'outcomes of webhook events could not be recorded');
        if (this.#stopping) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        setTimeout(resolve, delayBefore(failures, BACKOFF));
        await promise;
      }
    }
  }

  /** Something in the batch is at fault, not the store: it must hold up no other. */
  async #recordAlone(batch: SettledDelivery[], error: unknown): Promise<void> {
    const [only, ...more] = batch;
    if (only && more.length === 0)
      this.#options.log.error(
        { err: error, delivery_id: only.id },
        'the outcome of a webhook event cannot be recorded; the event goes out again when its lease is over',
      );
    else for (const one of batch) await this.#record([one]);
  }
}
