import type { JournalBatch, JournalEntry } from '../../shared/wire/journal.ts';
import type { BridgeStore } from '../store/open-store.ts';

/**
 * The way from this Mac to the hub: entries are appended in the transaction of what caused them, and stay until the
 * hub has acknowledged them.
 */
export class Journal {
  readonly #store: BridgeStore;
  readonly #onAppend: () => void;

  /** `onAppend` is called after the running transaction, once there is something to push. */
  constructor(store: BridgeStore, onAppend: () => void) {
    this.#store = store;
    this.#onAppend = onAppend;
  }

  append(entries: readonly JournalEntry[]): void {
    if (entries.length === 0) return;
    this.#store.journal.append(entries);
    // Transactions are synchronous, so a microtask comes after the commit.
    queueMicrotask(this.#onAppend);
  }

  get id(): string {
    return this.#store.journal.id;
  }

  get lastSeq(): number {
    return this.#store.journal.lastSeq;
  }

  get unacked(): number {
    return this.#store.journal.unacked;
  }

  nextBatch(): JournalBatch | undefined {
    return this.#store.journal.nextBatch();
  }

  /**
   * Takes the hub's word for how far it has this journal. When hub and journal do not know each other's past (one of
   * them was restored from a backup), what is left continues in a new journal, and the answer is `renewed`.
   */
  acknowledge(seq: number): 'ok' | 'renewed' {
    const { journal } = this.#store;
    if (seq > journal.lastSeq || seq < journal.ackedSeq) {
      journal.renew();
      return 'renewed';
    }
    if (seq > journal.ackedSeq) this.#store.relaxedTransaction(() => journal.acknowledge(seq));
    return 'ok';
  }
}
