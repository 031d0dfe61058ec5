import Database from 'better-sqlite3';

/** One message that really left, whatever chat.db says about it. `at` is epoch milliseconds. */
export interface SentRecord {
  readonly recipient: string;
  readonly text: string;
  readonly service: string;
  readonly guid: string;
  readonly rowid: number;
  readonly file: string | null;
  /** SHA-256 (hex) of the file's content at the moment Messages read it. */
  readonly sha256: string | null;
  readonly at: number;
}

/** One run of a tool of macOS other than osascript. */
export interface ToolRecord {
  readonly tool: string;
  readonly argv: readonly string[];
  readonly at: number;
}

/** One run of osascript. `outcome` is null while it runs. */
export interface CallRecord {
  readonly id: number;
  readonly at: number;
  readonly argv: readonly string[];
  readonly outcome: string | null;
}

export interface DueStep {
  readonly id: number;
  readonly due: number;
  readonly action: string;
}

interface BehaviourRow {
  id: number;
  behaviour: string;
  remaining: number | null;
}

/**
 * What the simulated Mac must not forget when it is killed: its settings, the steps still to be taken, the ground truth.
 * Its own file; no program under test reads it.
 */
export class Memory {
  readonly #db: Database.Database;

  constructor(path: string) {
    this.#db = new Database(path);
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = OFF');
    this.#db.exec(`
      CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS step (id INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL, action TEXT NOT NULL);
      CREATE INDEX IF NOT EXISTS step_due ON step (due, id);
      CREATE TABLE IF NOT EXISTS behaviour (
        id INTEGER PRIMARY KEY AUTOINCREMENT, recipient TEXT NOT NULL, behaviour TEXT NOT NULL, remaining INTEGER);
      CREATE TABLE IF NOT EXISTS sent (
        guid TEXT PRIMARY KEY, recipient TEXT NOT NULL, text TEXT NOT NULL, service TEXT NOT NULL,
        rowid_ INTEGER NOT NULL, file TEXT, at REAL NOT NULL);
      CREATE TABLE IF NOT EXISTS call (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, argv TEXT NOT NULL, outcome TEXT);
      CREATE TABLE IF NOT EXISTS tool_call (
        id INTEGER PRIMARY KEY AUTOINCREMENT, tool TEXT NOT NULL, argv TEXT NOT NULL, at REAL NOT NULL);
      CREATE TABLE IF NOT EXISTS parked (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, steps TEXT NOT NULL);`);
    // A home folder may be older than this column.
    const columns = this.#db.prepare("SELECT name FROM pragma_table_info('sent')").pluck().all();
    if (!columns.includes('sha256')) this.#db.exec('ALTER TABLE sent ADD COLUMN sha256 TEXT');
  }

  /** The stored value of a setting, storing `fallback` the first time. */
  setting(name: string, fallback: () => string): string {
    const found = this.#db.prepare('SELECT value FROM setting WHERE name = ?').pluck().get(name) as
      | string
      | undefined;
    if (found !== undefined) return found;
    const value = fallback();
    this.#db.prepare('INSERT INTO setting (name, value) VALUES (?, ?)').run(name, value);
    return value;
  }

  get(name: string): string | undefined {
    return this.#db.prepare('SELECT value FROM setting WHERE name = ?').pluck().get(name) as
      | string
      | undefined;
  }

  set(name: string, value: string): void {
    this.#db.prepare('INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)').run(name, value);
  }

  /** Keeps steps that wait for a word instead of a moment. */
  park(name: string, steps: string): void {
    this.#db.prepare('INSERT INTO parked (name, steps) VALUES (?, ?)').run(name, steps);
  }

  /** Plans what was parked under a name, oldest first, in one commit; answers whether there was anything. */
  unpark(name: string, plan: (steps: string) => readonly { due: number; action: string }[]): boolean {
    return this.#db.transaction(() => {
      const parked = this.#db
        .prepare('SELECT steps FROM parked WHERE name = ? ORDER BY id')
        .pluck()
        .all(name);
      for (const steps of parked) this.addSteps(plan(String(steps)));
      this.#db.prepare('DELETE FROM parked WHERE name = ?').run(name);
      return parked.length > 0;
    })();
  }

  toolCalled(tool: string, argv: readonly string[], at: number): void {
    this.#db
      .prepare('INSERT INTO tool_call (tool, argv, at) VALUES (?, ?, ?)')
      .run(tool, JSON.stringify(argv), at);
  }

  toolCalls(): ToolRecord[] {
    const rows = this.#db.prepare('SELECT tool, argv, at FROM tool_call ORDER BY id').all() as {
      tool: string;
      argv: string;
      at: number;
    }[];
    return rows.map((row) => ({ ...row, argv: JSON.parse(row.argv) as string[] }));
  }

  addSteps(steps: readonly { due: number; action: string }[]): void {
    const insert = this.#db.prepare('INSERT INTO step (due, action) VALUES (?, ?)');
    this.#db.transaction(() => {
      for (const step of steps) insert.run(step.due, step.action);
    })();
  }

  firstStep(): DueStep | undefined {
    return this.#db.prepare('SELECT id, due, action FROM step ORDER BY due, id LIMIT 1').get() as
      | DueStep
      | undefined;
  }

  stepDone(id: number): void {
    this.#db.prepare('DELETE FROM step WHERE id = ?').run(id);
  }

  setBehaviour(recipient: string, behaviour: string, count: number | undefined): void {
    if (behaviour === 'normal') {
      this.#db.prepare('DELETE FROM behaviour WHERE recipient = ?').run(recipient);
      return;
    }
    // A counted behaviour goes in front of a lasting one and falls away when used up.
    if (count === undefined) this.#db.prepare('DELETE FROM behaviour WHERE recipient = ?').run(recipient);
    this.#db
      .prepare('INSERT INTO behaviour (recipient, behaviour, remaining) VALUES (?, ?, ?)')
      .run(recipient, behaviour, count ?? null);
  }

  #behaviourRow(recipient: string, counts: (behaviour: string) => boolean): BehaviourRow | undefined {
    const rows = this.#db
      .prepare(
        'SELECT id, behaviour, remaining FROM behaviour WHERE recipient = ? ORDER BY remaining IS NULL, id',
      )
      .all(recipient) as BehaviourRow[];
    return rows.find(({ behaviour }) => counts(behaviour));
  }

  peekBehaviour(recipient: string): string | undefined {
    return this.#behaviourRow(recipient, () => true)?.behaviour;
  }

  /** The behaviour for this one occasion, using up one of its count; those that do not count here stay. */
  takeBehaviour(recipient: string, counts: (behaviour: string) => boolean = () => true): string | undefined {
    const row = this.#behaviourRow(recipient, counts);
    if (row === undefined) return undefined;
    if (row.remaining === 1) this.#db.prepare('DELETE FROM behaviour WHERE id = ?').run(row.id);
    else if (row.remaining !== null) {
      this.#db.prepare('UPDATE behaviour SET remaining = remaining - 1 WHERE id = ?').run(row.id);
    }
    return row.behaviour;
  }

  behaviours(): { recipient: string; behaviour: string; remaining: number | null }[] {
    return this.#db.prepare('SELECT recipient, behaviour, remaining FROM behaviour ORDER BY id').all() as {
      recipient: string;
      behaviour: string;
      remaining: number | null;
    }[];
  }

  recordSent(record: SentRecord): void {
    this.#db
      .prepare(
        `INSERT OR IGNORE INTO sent (guid, recipient, text, service, rowid_, file, sha256, at)
         VALUES (@guid, @recipient, @text, @service, @rowid, @file, @sha256, @at)`,
      )
      .run(record);
  }

  sent(): SentRecord[] {
    return this.#db
      .prepare(
        'SELECT recipient, text, service, guid, rowid_ AS rowid, file, sha256, at FROM sent ORDER BY at, rowid_',
      )
      .all() as SentRecord[];
  }

  callStarted(argv: readonly string[], at: number): number {
    const done = this.#db.prepare('INSERT INTO call (at, argv) VALUES (?, ?)').run(at, JSON.stringify(argv));
    return Number(done.lastInsertRowid);
  }

  callEnded(id: number, outcome: string): void {
    this.#db.prepare('UPDATE call SET outcome = ? WHERE id = ?').run(outcome, id);
  }

  calls(): CallRecord[] {
    const rows = this.#db.prepare('SELECT id, at, argv, outcome FROM call ORDER BY id').all() as (Omit<
      CallRecord,
      'argv'
    > & {
      argv: string;
    })[];
    return rows.map((row) => ({ ...row, argv: JSON.parse(row.argv) as string[] }));
  }

  close(): void {
    this.#db.close();
  }
}
