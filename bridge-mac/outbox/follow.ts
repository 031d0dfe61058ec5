import type { Logger } from 'pino';
import { failure } from '../../shared/failure-codes.ts';
import type { StatusEntry } from '../../shared/wire/journal.ts';
import type { ChatDb } from '../chat-db/chat-db.ts';
import type { BridgeStore } from '../store/open-store.ts';
import type { StoredSend } from '../store/send-store.ts';
import { judgeStatus } from './judge-status.ts';
import { matchRows } from './match-rows.ts';
import { nextState, type SendState } from './send-state.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
// Messages keeps trying while it is offline; a row that is neither sent nor refused after a day will not be.
const MATCHED_PATIENCE_MS = DAY_MS;
// A recipient's devices may be off for days.
const RECEIPT_PATIENCE_MS = 7 * DAY_MS;
// Receipts come within seconds or much later: old ones are not asked for at every change.
const FRESH_MS = 10 * MINUTE_MS;
const SLOW_SWEEP_MS = 15_000;
// Clocks and commits: a row's date may lie a little before the attempt was noted.
const REBASE_SLACK_MS = 5_000;

export interface FollowDeps {
  store: BridgeStore;
  /** Appends inside the running transaction. */
  append: (entries: readonly StatusEntry[]) => void;
  /** How long a send may stay without its row once osascript is over, in milliseconds. */
  sendDeadlineMs: number;
  /** Called with sends that are proven, or given up: their osascript and its inputs are of no more use. */
  onDecided: (send: StoredSend) => void;
  log: Logger;
  now: () => number;
}

/**
 * Follows sends through chat.db, the only proof there is: binds each to its row, and turns the row's flags into
 * statuses. State and journal entry are one commit.
 */
export class Follower {
  readonly #deps: FollowDeps;
  #sweptAllAt = 0;
  /** Whether chat.db changed since the last look at old sends too. */
  #owesThoroughLook = false;

  constructor(deps: FollowDeps) {
    this.#deps = deps;
  }

  /** One look at chat.db for everything that is open. Synchronous: what it finds is on disk when it returns. */
  look(db: ChatDb): void {
    const now = this.#deps.now();
    const thorough = now - this.#sweptAllAt >= SLOW_SWEEP_MS;
    if (thorough) this.#sweptAllAt = now;
    this.#owesThoroughLook = !thorough;
    db.snapshot(() => {
      this.#bindRows(db, thorough);
      this.#sweepStatuses(db, thorough);
    });
    this.#passDeadlines();
  }

  /** Gives sends without a row a place to look from in a database with other ROWIDs: the time of their attempt. */
  rebase(db: ChatDb): void {
    const { store } = this.#deps;
    const lost = store.sends.unmatched({ overdueSince: 0 });
    store.transaction(() => {
      for (const { position, attempted_at } of lost) {
        if (attempted_at === null) continue;
        store.sends.setBaseline(position, db.rowIdBefore(attempted_at - REBASE_SLACK_MS));
      }
    });
  }

  /** When to look although nothing changes: a deadline passes, or old sends are due. Epoch milliseconds. */
  get nextLook(): number | undefined {
    const waiting = this.#deps.store.sends.inState(['handed_over', 'unknown']);
    const moments = waiting.map((send) => send.since + this.#deps.sendDeadlineMs);
    if (this.#owesThoroughLook) moments.push(this.#sweptAllAt + SLOW_SWEEP_MS);
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  #bindRows(db: ChatDb, thorough: boolean): void {
    const { store, now, log } = this.#deps;
    const sends = store.sends.unmatched({ overdueSince: thorough ? 0 : now() - FRESH_MS });
    if (sends.length === 0) return;
    const baselines = sends.flatMap((send) => (send.baseline === null ? [] : [send.baseline]));
    const rows = db.own.after(Math.min(...baselines));
    const matches = matchRows(
      sends,
      rows,
      (rowId) => db.chatsOf(rowId),
      (guid) => store.sends.isBound(guid),
    );
    if (matches.length === 0) return;
    store.transaction(() => {
      for (const { send, row } of matches) {
        store.sends.bindRow(send.position, row.rowId, row.guid);
        store.sends.move(send, nextState(send.state, 'row_found'), now());
      }
    });
    for (const { send, row } of matches) {
      log.debug({ id: send.id, row_id: row.rowId, guid: row.guid }, 'row found');
      this.#deps.onDecided(send);
    }
  }

  #sweepStatuses(db: ChatDb, thorough: boolean): void {
    const { store, now } = this.#deps;
    const sends = [
      ...store.sends.inState(['matched']),
      ...store.sends.inState(['sent'], thorough ? 0 : now() - FRESH_MS),
    ];
    const rows = sends.flatMap(({ row_id, guid }) =>
      row_id === null || guid === null ? [] : [{ rowId: row_id, guid }],
    );
    if (rows.length === 0) return;
    const found = db.own.statusesOf(rows);
    store.transaction(() => {
      for (const send of sends) {
        const row = found.get(send.guid ?? '');
        if (row === undefined) continue;
        const { state, entries } = judgeStatus(send, row, now());
        if (state !== send.state) this.#settle(send, state, entries);
      }
    });
  }

  #passDeadlines(): void {
    const { store, now, sendDeadlineMs } = this.#deps;
    const before = (patience: number) => (send: StoredSend) => send.since + patience <= now();
    const timedOut = [
      ...store.sends.inState(['handed_over', 'unknown']).filter(before(sendDeadlineMs)),
      ...store.sends.inState(['matched']).filter(before(MATCHED_PATIENCE_MS)),
    ];
    const unanswered = store.sends.inState(['sent', 'overdue']).filter(before(RECEIPT_PATIENCE_MS));
    if (timedOut.length + unanswered.length === 0) return;
    store.transaction(() => {
      for (const send of timedOut) {
        const error = failure('send_timeout_unknown');
        const entry = { kind: 'status', id: send.id, status: 'FAILED', channel: send.channel } as const;
        this.#settle(send, nextState(send.state, 'deadline'), [{ ...entry, at: now(), error }]);
      }
      for (const send of unanswered) this.#settle(send, nextState(send.state, 'row_final'), []);
    });
    for (const send of timedOut) this.#deps.onDecided(send);
  }

  #settle(send: StoredSend, state: SendState, entries: StatusEntry[]): void {
    const { store, append, log, now } = this.#deps;
    if (!store.sends.move(send, state, now())) return;
    append(entries);
    for (const { id, status, channel, error, guid } of entries) {
      log.info({ id, row_id: send.row_id, guid, channel, code: error?.code }, status.toLowerCase());
    }
  }
}
