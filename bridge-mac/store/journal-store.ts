import type { Database, Statement } from 'better-sqlite3';
import { type JournalBatch, type JournalEntry, MAX_BATCH } from '../../shared/wire/journal.ts';

// A hub takes a megabyte in one socket message by default; a batch of long texts stays well below.
const MAX_BATCH_BYTES = 256 * 1024;

/** What the hub is to hear, in order, until it has it. Sequence numbers have no gaps. */
export class JournalStore {
  readonly #db: Database;
  readonly #append: Statement<[string]>;
  readonly #after: Statement<[number, number], { seq: number; entry: string }>;
  readonly #drop: Statement<[number]>;
  readonly #getMeta: Statement<[string], { value: string }>;
  readonly #setMeta: Statement<[string, string]>;
  readonly #lastSeq: Statement<[], { seq: number }>;
  readonly #count: Statement<[], { entries: number }>;

  constructor(db: Database) {
    this.#db = db;
    this.#append = db.prepare('INSERT INTO journal (entry) VALUES (?)');
    this.#after = db.prepare('SELECT seq, entry FROM journal WHERE seq > ? ORDER BY seq LIMIT ?');
    this.#drop = db.prepare('DELETE FROM journal WHERE seq <= ?');
    this.#getMeta = db.prepare('SELECT value FROM meta WHERE name = ?');
    this.#setMeta = db.prepare('UPDATE meta SET value = ? WHERE name = ?');
    this.#lastSeq = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'journal'");
    this.#count = db.prepare('SELECT count(*) AS entries FROM journal');
  }

  append(entries: readonly JournalEntry[]): void {
    for (const entry of entries) this.#append.run(JSON.stringify(entry));
  }

  get id(): string {
    return this.#getMeta.get('journal_id')?.value ?? '';
  }

  /** The highest number given out, 0 for none. */
  get lastSeq(): number {
    return this.#lastSeq.get()?.seq ?? 0;
  }

  /** Everything up to this number was acknowledged and is gone. */
  get ackedSeq(): number {
    return Number(this.#getMeta.get('acked_seq')?.value ?? 0);
  }

  get unacked(): number {
    return this.#count.get()?.entries ?? 0;
  }

  /** The oldest entries that are not acknowledged, as one batch; undefined when there are none. */
  nextBatch(): JournalBatch | undefined {
    const entries: JournalBatch['entries'] = [];
    let bytes = 0;
    for (const { seq, entry } of this.#after.all(this.ackedSeq, MAX_BATCH)) {
      bytes += Buffer.byteLength(entry);
      if (entries.length > 0 && bytes > MAX_BATCH_BYTES) break;
      entries.push({ seq, entry: JSON.parse(entry) as JournalEntry });
    }
    return entries.length === 0 ? undefined : { journal_id: this.id, entries };
  }

  acknowledge(seq: number): void {
    this.#drop.run(seq);
    this.#setMeta.run(String(seq), 'acked_seq');
  }

  /** Gives the entries that are left a new journal with numbers from 1. */
  renew(): void {
    this.#db
      .transaction(() => {
        const entries = this.#after.all(0, Number.MAX_SAFE_INTEGER);
        this.#db.exec("DELETE FROM journal; DELETE FROM sqlite_sequence WHERE name = 'journal'");
        for (const { entry } of entries) this.#append.run(entry);
        this.#setMeta.run(crypto.randomUUID(), 'journal_id');
        this.#setMeta.run('0', 'acked_seq');
      })
      .immediate();
  }
}
