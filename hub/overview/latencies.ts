import type { LatencyView } from '../../shared/api/overview.ts';

/** Durations, kept to three digits: however many there are, these are some thousand numbers at most. */
export class Latencies {
  readonly #counts = new Map<number, number>();
  #count = 0;

  /** A device tells times by its own clock: what seems to lie before its cause took no time. */
  add(ms: number): void {
    const kept = Math.max(0, Number(ms.toPrecision(3)));
    this.#counts.set(kept, (this.#counts.get(kept) ?? 0) + 1);
    this.#count += 1;
  }

  view(): LatencyView {
    const sorted = [...this.#counts].toSorted(([a], [b]) => a - b);
    return {
      p50: this.#rank(sorted, 0.5),
      p95: this.#rank(sorted, 0.95),
      p99: this.#rank(sorted, 0.99),
      count: this.#count,
    };
  }

  /** Nearest rank. */
  #rank(sorted: [ms: number, count: number][], share: number): number | null {
    let left = Math.max(1, Math.ceil(share * this.#count));
    for (const [ms, count] of sorted) {
      left -= count;
      if (left <= 0) return ms;
    }
    return null;
  }
}
