import { randomUUID } from 'node:crypto';
import type { JournalBatch, JournalEntry } from '../../../shared/wire/journal.ts';
import type { Random } from '../random.ts';

/** What a device has to tell, in order, until the hub says that it has it. */
export class DeviceJournal {
  id: string = randomUUID();
  latest = 0;
  #acked = 0;
  #entries: { seq: number; entry: JournalEntry }[] = [];
  #filled = Promise.withResolvers<void>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Entries that the hub has not acknowledged. */
  get size(): number {
    return this.#entries.length;
  }

  get open(): JournalEntry[] {
    return this.#entries.map(({ entry }) => entry);
  }

  add(entry: JournalEntry): void {
    this.latest += 1;
    this.#entries.push({ seq: this.latest, entry });
    this.wake();
  }

  /** Resolves when there is something to tell, or somebody calls `wake`. */
  async whenFilled(): Promise<void> {
    if (this.#entries.length === 0) await this.#filled.promise;
  }

  /** Wakes all who wait: the former connection may still be among them. */
  wake(): void {
    this.#filled.resolve();
    this.#filled = Promise.withResolvers<void>();
  }

  /** The oldest entries; `misbehaving`, now and then some from behind them, before their turn. */
  nextBatch(misbehaving: boolean): JournalBatch | undefined {
    if (this.#entries.length === 0) return undefined;
    const skipped = misbehaving && this.#entries.length > 1 && this.#random.chance(0.02) ? 1 : 0;
    const size = Math.ceil(this.#random.between(0, this.#random.chance(0.5) ? 5 : 200));
    return { journal_id: this.id, entries: this.#entries.slice(skipped, skipped + Math.max(1, size)) };
  }

  /** Drops what the hub has; answers what was wrong with its answer. */
  acknowledge(journalId: string, seq: number): string | undefined {
    if (journalId !== this.id) return undefined;
    if (seq > this.latest) return `${seq} entries acknowledged of ${this.latest}`;
    if (seq < this.#acked) return `the journal was acknowledged up to ${this.#acked}, then up to ${seq}`;
    this.#acked = seq;
    this.#entries = this.#entries.filter((one) => one.seq > seq);
    return undefined;
  }

  /** What the hub says on a new connection: it must know at least all that it acknowledged. */
  resume(seq: number): string | undefined {
    return this.acknowledge(this.id, seq);
  }

  /** The journal's database was lost but for what is open: a new name, numbers from 1. */
  beginAnew(): void {
    this.id = randomUUID();
    this.#entries = this.#entries.map(({ entry }, index) => ({ seq: index + 1, entry }));
    this.latest = this.#entries.length;
    this.#acked = 0;
  }
}
