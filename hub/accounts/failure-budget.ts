const AN_HOUR_MS = 3_600_000;
/** Failures written down in an hour, of one source and in all: whoever guesses must not fill the database. */
const MOST_OF_SOURCE = 10;
const MOST = 200;

/** How many failures may still be written down, at this hub, in the hour that began with the first of them. */
export class FailureBudget {
  readonly #now: () => number;
  readonly #written = new Map<string, number>();
  #since = Number.NEGATIVE_INFINITY;
  #total = 0;
  #unwritten = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** undefined: not this one; else how many were not, since the last that was. */
  take(source: string): number | undefined {
    if (Math.abs(this.#now() - this.#since) >= AN_HOUR_MS) {
      this.#since = this.#now();
      this.#written.clear();
      this.#total = 0;
    }
    const written = this.#written.get(source) ?? 0;
    if (written >= MOST_OF_SOURCE || this.#total >= MOST) {
      this.#unwritten += 1;
      return undefined;
    }
    this.#written.set(source, written + 1);
    this.#total += 1;
    const unwritten = this.#unwritten;
    this.#unwritten = 0;
    return unwritten;
  }
}
