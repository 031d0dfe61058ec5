import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { appleNanoseconds, type ChatDatabase, type ChatSpec, type Row } from '../chat-db/chat-database.ts';
import type { Memory, SentRecord } from './memory.ts';

/** Now and then the WAL is cut to nothing, as it is on Macs. */
const ROWS_BETWEEN_TRUNCATIONS = 40;

/** One thing Messages does at one moment: at most one commit on chat.db. */
export type Action =
  | {
      readonly do: 'message';
      readonly row: Row;
      readonly handle?: { readonly address: string; readonly service: string };
    }
  | { readonly do: 'join'; readonly guid: string; readonly chat: ChatSpec; readonly load: boolean }
  /** `now` names date columns that get the moment of the commit. */
  | {
      readonly do: 'update';
      readonly table: 'message' | 'attachment' | 'chat';
      readonly guid: string;
      readonly cells: Row;
      readonly now?: readonly string[];
    }
  | {
      readonly do: 'leave';
      readonly record: Omit<SentRecord, 'rowid' | 'at' | 'sha256'> & { readonly sha256?: string };
    }
  | { readonly do: 'attach'; readonly guid: string; readonly row: Row }
  | { readonly do: 'file'; readonly from: string; readonly to: string; readonly half: boolean }
  | { readonly do: 'remove-file'; readonly path: string }
  /** Messages reads an outgoing file only now: what follows depends on whether it is still there. */
  | {
      readonly do: 'read-file';
      readonly path: string;
      readonly there: readonly Step[];
      readonly gone: readonly Step[];
    };

export interface Step {
  readonly afterMs: number;
  readonly action: Action;
}

function toJson(action: Action): string {
  return JSON.stringify(action, (_, value: unknown) => {
    if (typeof value === 'bigint') return { $integer: String(value) };
    if (
      typeof value === 'object' &&
      value !== null &&
      'type' in value &&
      value.type === 'Buffer' &&
      'data' in value
    ) {
      return { $blob: Buffer.from(value.data as number[]).toString('base64') };
    }
    return value;
  });
}

function fromJson(text: string): Action {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('$integer' in value) return BigInt(String(value.$integer));
    if ('$blob' in value) return Buffer.from(String(value.$blob), 'base64');
    return value;
  }) as Action;
}

function withDigest(steps: readonly Step[], path: string): Step[] {
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  return steps.map((step) =>
    step.action.do === 'leave'
      ? { ...step, action: { ...step.action, record: { ...step.action.record, sha256 } } }
      : step,
  );
}

/**
 * Takes steps at their time, each alone, in order. Steps are on disk before the first is taken and every action may be
 * repeated, so a killed simulated Mac goes on where it stopped.
 */
export class Steps {
  readonly #memory: Memory;
  readonly #db: ChatDatabase;
  readonly #onJoin: (chat: ChatSpec) => void;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(memory: Memory, db: ChatDatabase, onJoin: (chat: ChatSpec) => void) {
    this.#memory = memory;
    this.#db = db;
    this.#onJoin = onJoin;
  }

  /** Plans steps from now on and takes those that are due already. */
  plan(steps: readonly Step[]): void {
    this.#follow(steps);
    this.run();
  }

  /** Keeps steps until `release` is asked for this name. */
  park(name: string, steps: readonly Step[]): void {
    this.#memory.park(name, JSON.stringify(steps.map(({ afterMs, action }) => [afterMs, toJson(action)])));
  }

  /** Plans what was parked under this name, from now on; answers whether there was anything. */
  release(name: string): boolean {
    const now = Date.now();
    const found = this.#memory.unpark(name, (text) =>
      (JSON.parse(text) as [afterMs: number, action: string][]).map(([afterMs, action]) => ({
        due: now + afterMs,
        action,
      })),
    );
    this.run();
    return found;
  }

  run(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    for (;;) {
      const step = this.#memory.firstStep();
      if (step === undefined) return;
      const wait = step.due - Date.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.run(), Math.min(wait, 2 ** 30));
        return;
      }
      this.#take(fromJson(step.action));
      this.#memory.stepDone(step.id);
    }
  }

  #take(action: Action): void {
    switch (action.do) {
      case 'message':
        if (this.#db.insertMessage(action.row, action.handle) % ROWS_BETWEEN_TRUNCATIONS === 0) {
          this.#db.truncateWal();
        }
        return;
      case 'join':
        this.#db.joinMessage(action.guid, action.chat);
        if (action.load) this.#onJoin(action.chat);
        return;
      case 'update': {
        const now = appleNanoseconds(Date.now());
        const stamps = Object.fromEntries((action.now ?? []).map((column) => [column, now]));
        this.#db.update(action.table, action.guid, { ...action.cells, ...stamps });
        return;
      }
      case 'leave': {
        const rowid = this.#db.rowidOf(action.record.guid) ?? 0;
        this.#memory.recordSent({ sha256: null, ...action.record, rowid, at: Date.now() });
        return;
      }
      case 'attach':
        this.#db.attach(action.guid, action.row);
        return;
      case 'file':
        if (!existsSync(action.from)) return;
        mkdirSync(dirname(action.to), { recursive: true });
        copyFileSync(action.from, action.to);
        if (action.half) truncateSync(action.to, 1);
        return;
      case 'remove-file':
        rmSync(action.path, { force: true });
        return;
      case 'read-file':
        this.#follow(existsSync(action.path) ? withDigest(action.there, action.path) : action.gone);
    }
  }

  /** Adds what follows from a step; the loop that takes the step goes on to it. */
  #follow(steps: readonly Step[]): void {
    const now = Date.now();
    this.#memory.addSteps(
      steps.map(({ afterMs, action }) => ({ due: now + afterMs, action: toJson(action) })),
    );
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
