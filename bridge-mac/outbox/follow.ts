import type { Logger } from 'pino';
import { failure } from '../../shared/failure-codes.ts';
import type { ChatDb } from '../chat-db/chat-db.ts';
import type { RowStatus } from '../chat-db/own-rows.ts';
import type { StoredSend } from '../store/stored-send.ts';
import { readRow } from './judge-status.ts';
import { matchRows, type StagedPath } from './match-rows.ts';
import { redirectPart } from './redirect.ts';
import { type ReportDeps, settlePart } from './report.ts';
import { nextState, type SendState } from './send-state.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
// Messages keeps trying while it is offline; a row that is neither sent nor refused after a day is given up.
const MATCHED_PATIENCE_MS = DAY_MS;
// A recipient's devices may be off for days.
const RECEIPT_PATIENCE_MS = 7 * DAY_MS;
// Groups have no receipts; an error may still come.
const GROUP_PATIENCE_MS = 10 * MINUTE_MS;
// Messages writes a row in several commits, seconds apart at most: what is still empty then stays so.
const GHOST_PATIENCE_MS = 10_000;
// Receipts come within seconds or much later: old ones are not asked for at every change.
const FRESH_MS = 10 * MINUTE_MS;
const SLOW_SWEEP_MS = 15_000;
const FAILED_LOOK_REST_MS = 1_000;
// Clocks and commits: a row's date may lie a little before the attempt was noted.
const REBASE_SLACK_MS = 5_000;

export interface FollowDeps extends ReportDeps {
  /** How long a send may stay without its row once osascript is over, in milliseconds. */
  sendDeadlineMs: number;
  /** Whether anybody asked for READ. */
  wantsRead: () => boolean;
  stagedPath: StagedPath;
  /** Called with sends that are proven, or given up: their osascript and its inputs are of no more use. */
  onDecided: (send: StoredSend, isProven: boolean) => void;
  log: Logger;
}

/**
 * Follows sends through chat.db, the only proof there is: binds each to its row, and turns the row's flags into
 * statuses. State and journal entry are one commit.
 */
export class Follower {
  readonly #deps: FollowDeps;
  #sweptAllAt = Number.NEGATIVE_INFINITY;
  /** Whether chat.db changed since the last look at old sends too. */
  #owesThoroughLook = false;
  /** A look that failed is not repeated in the same instant. */
  #restsUntil = 0;

  constructor(deps: FollowDeps) {
    this.#deps = deps;
  }

  /** One look at chat.db for everything that is open. Synchronous: what it finds is on disk when it returns. */
  look(db: ChatDb): void {
    this.#restsUntil = this.#deps.now() + FAILED_LOOK_REST_MS;
    const sinceSweep = this.#deps.now() - this.#sweptAllAt;
    // A clock that was set back ends no rest early, and must not prolong it either.
    const thorough = sinceSweep >= SLOW_SWEEP_MS || sinceSweep < 0;
    if (thorough) this.#sweptAllAt = this.#deps.now();
    this.#owesThoroughLook = !thorough;
    try {
      db.snapshot(() => {
        this.#bindRows(db, thorough);
        this.#sweepStatuses(db, thorough);
        this.#findSwallowed(db);
      });
    } finally {
      // Where own rows lie on damaged pages, what follows in the conversation does not wait for ever.
      this.#passDeadlines();
    }
    this.#restsUntil = 0;
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
    const { store, sendDeadlineMs, now } = this.#deps;
    const moments = store.sends.inState(['handed_over', 'unknown']).map((send) => {
      const isOwed = send.to_group === 1 && send.state === 'handed_over' && !this.#isChecked(send);
      return send.since + (isOwed ? Math.min(GHOST_PATIENCE_MS, sendDeadlineMs) : sendDeadlineMs);
    });
    if (this.#owesThoroughLook) moments.push(this.#sweptAllAt + SLOW_SWEEP_MS);
    if (moments.length === 0) return undefined;
    return Math.max(Math.min(...moments), Math.min(this.#restsUntil, now() + FAILED_LOOK_REST_MS));
  }

  #isChecked(send: StoredSend): boolean {
    return send.since + GHOST_PATIENCE_MS <= this.#deps.now();
  }

  #bindRows(db: ChatDb, thorough: boolean): void {
    const { store, now, log, stagedPath } = this.#deps;
    const sends = store.sends.unmatched({ overdueSince: thorough ? 0 : now() - FRESH_MS });
    const baselines = sends.flatMap((send) => (send.baseline === null ? [] : [send.baseline]));
    if (baselines.length === 0) return;
    const matches = matchRows(
      sends,
      db.own.after(Math.min(...baselines)),
      (rowId) => db.chatsOf(rowId),
      (row, send) => store.sends.isBound(row.guid) || isReplayed(db, row.rowId, send, now()),
      stagedPath,
    );
    if (matches.length === 0) return;
    store.transaction(() => {
      for (const { send, row } of matches) {
        store.sends.bindRow(send.position, row.rowId, row.guid);
        store.sends.move(send, nextState(send.state, 'row_found'), now());
        if (send.route !== null) store.sending.rememberRoute(send.conversation, send.channel, send.route);
      }
    });
    for (const { send, row } of matches) {
      log.debug({ id: send.id, row_id: row.rowId, guid: row.guid }, 'row found');
      this.#deps.onDecided(send, true);
    }
  }

  #sweepStatuses(db: ChatDb, thorough: boolean): void {
    const { store, now, wantsRead } = this.#deps;
    const since = now() - (thorough ? RECEIPT_PATIENCE_MS : FRESH_MS);
    const sends = [
      ...store.sends.inState(['matched']),
      ...store.sends.inState(['sent', 'doubtful'], thorough ? 0 : since),
      ...(wantsRead() ? store.sends.inState(['delivered'], since) : []),
    ];
    const rows = sends.flatMap(({ row_id, guid }) =>
      row_id === null || guid === null ? [] : [{ rowId: row_id, guid }],
    );
    if (rows.length === 0) return;
    const found = db.own.statusesOf(rows);
    store.transaction(() => {
      for (const send of sends) {
        const row = found.get(send.guid ?? '');
        if (row !== undefined) this.#advance(send, row);
      }
    });
  }

  /** Takes a send as far as its row proves. */
  #advance(send: StoredSend, row: RowStatus): void {
    const { store, now, wantsRead } = this.#deps;
    let current: StoredSend | undefined = send;
    for (const { event, at, error } of readRow(row, wantsRead(), now())) {
      if (current === undefined) return;
      const next = nextState(current.state, event);
      if (next === current.state) continue;
      const isUnreachable = error?.code === 'not_on_imessage' && current.state === 'matched';
      if (isUnreachable && redirectPart(current, 'row_unreachable', error, this.#deps)) return;
      const { channel, guid } = row;
      settlePart(current, next, { channel, guid, at, ...(error && { error }) }, this.#deps);
      current = store.sends.find(send.position);
    }
  }

  /**
   * macOS 26 may swallow what is sent to a group: osascript succeeds, and all that appears is an empty own row in no
   * chat. Nothing was delivered where that has happened; should the real row turn up after all, it still counts.
   */
  #findSwallowed(db: ChatDb): void {
    const { store, now } = this.#deps;
    for (const send of store.sends.inState(['handed_over'])) {
      if (send.to_group === 0 || send.baseline === null || !this.#isChecked(send)) continue;
      const ghost = db.own.emptyRowsAfter(send.baseline).find(({ guid, handle }) => {
        const isOfGroup =
          handle === null || handle === send.recipient || handle.endsWith(`;${send.recipient}`);
        return isOfGroup && !store.sends.isBound(guid);
      });
      if (ghost === undefined) continue;
      const error = failure(
        'group_unavailable',
        'Messages swallowed the message: its row is empty and in no chat.',
      );
      store.transaction(() => {
        store.sends.spendRow(ghost.guid, now());
        this.#give(send, 'overdue', error);
      });
      this.#deps.onDecided(send, false);
    }
  }

  #passDeadlines(): void {
    const { store, now, sendDeadlineMs } = this.#deps;
    const before = (patience: number) => (send: StoredSend) => send.since + patience <= now();
    const timedOut = [
      ...store.sends.inState(['handed_over', 'unknown']).filter(before(sendDeadlineMs)),
      ...store.sends.inState(['matched']).filter(before(MATCHED_PATIENCE_MS)),
    ];
    const unanswered = store.sends.inState(['sent', 'overdue', 'doubtful']).filter((send) => {
      const isQuiet = send.to_group === 1 && send.state === 'sent';
      return before(isQuiet ? GROUP_PATIENCE_MS : RECEIPT_PATIENCE_MS)(send);
    });
    if (timedOut.length + unanswered.length === 0) return;
    store.transaction(() => {
      for (const send of timedOut) {
        this.#give(send, nextState(send.state, 'deadline'), failure('send_timeout_unknown'));
      }
      // Nothing new is known, so nothing is told.
      for (const send of unanswered) store.sends.move(send, nextState(send.state, 'row_final'), now());
    });
    for (const send of timedOut) this.#deps.onDecided(send, false);
  }

  #give(send: StoredSend, state: SendState, error: ReturnType<typeof failure>): void {
    settlePart(send, state, { channel: send.channel, at: this.#deps.now(), error }, this.#deps);
  }
}

/**
 * Whether a row is an older message that iCloud inserted again, or that a rebuilt database got later: the same words to
 * the same person prove nothing then.
 */
function isReplayed(db: ChatDb, rowId: number, { attempted_at }: StoredSend, now: number): boolean {
  const row = db.rowAt(rowId);
  if (row === undefined || row.date === 0n) return false;
  return row.at < (attempted_at ?? 0) - DAY_MS || db.isReplay(row, now);
}
