import type { Database, Statement } from 'better-sqlite3';
import type { Channel } from '../../shared/channels.ts';
import type { Send } from '../../shared/wire/send.ts';
import type { SendState } from '../outbox/send-state.ts';

/** A send as this Mac remembers it. Times are epoch milliseconds. */
export interface StoredSend {
  /** Order of arrival. */
  position: number;
  /** The hub's id. */
  id: string;
  /** Sends of one conversation go one after the other. */
  conversation: string;
  recipient: string;
  channel: Channel;
  /** Empty once Messages has confirmed or refused it: no longer needed, so no longer kept. */
  text: string;
  expires_at: number;
  state: SendState;
  /** When it entered its state. */
  since: number;
  /** An accepted send is not attempted before. */
  not_before: number;
  /** Attempts begun so far. */
  attempt: number;
  /** Index into the channel's ways of addressing a recipient. */
  route: number;
  /** MAX(ROWID) of chat.db before the first attempt: its row lies above. Null before that. */
  baseline: number | null;
  /** When the latest attempt began. */
  attempted_at: number | null;
  /** What the latest failed attempt met. */
  last_error: string | null;
  /** The row in chat.db, once found. */
  row_id: number | null;
  guid: string | null;
}

/** What changes with a step to another state. */
export interface SendChanges {
  not_before?: number;
  route?: number;
  last_error?: string;
}

const UNMATCHED = `('attempting', 'handed_over', 'unknown')`;
const CLOSED = `('settled', 'delivered', 'failed')`;

/** The sends accepted from the hub, with where each stands. */
export class SendStore {
  readonly #db: Database;
  readonly #insert: Statement<[Record<string, string | number>]>;
  readonly #next: Statement<[number], StoredSend>;
  readonly #nextDue: Statement<[number], { due: number | null }>;
  readonly #find: Statement<[number], StoredSend>;
  readonly #move: Statement<[Record<string, string | number | null>]>;
  readonly #begin: Statement<[number, number, number, number]>;
  readonly #bind: Statement<[number, string, number]>;
  readonly #rebase: Statement<[number, number]>;
  readonly #isBound: Statement<[string], unknown>;
  readonly #purge: Statement<[number]>;
  readonly #open: Statement<[], { open: number }>;
  /** Lists by their condition; preparing one costs more than running it. */
  readonly #lists = new Map<string, Statement<[number], StoredSend>>();

  constructor(db: Database) {
    this.#db = db;
    this.#insert = db.prepare(
      `INSERT INTO sends (id, conversation, recipient, channel, text, expires_at, state, since, not_before)
       VALUES (@id, @conversation, @to, @channel, @text, @expires_at, 'accepted', @now, @now)
       ON CONFLICT (id) DO NOTHING`,
    );
    this.#next = db.prepare(
      `SELECT * FROM sends AS s WHERE state = 'accepted' AND not_before <= ?
         AND NOT EXISTS (SELECT 1 FROM sends AS earlier
           WHERE earlier.conversation = s.conversation AND earlier.position < s.position
             AND earlier.state IN ('accepted', 'attempting', 'handed_over', 'unknown'))
       ORDER BY position LIMIT 1`,
    );
    this.#nextDue = db.prepare(
      "SELECT min(not_before) AS due FROM sends WHERE state = 'accepted' AND not_before > ?",
    );
    this.#find = db.prepare('SELECT * FROM sends WHERE position = ?');
    this.#move = db.prepare(
      `UPDATE sends SET state = @to, since = @now,
         not_before = coalesce(@not_before, not_before), route = coalesce(@route, route),
         last_error = coalesce(@last_error, last_error),
         text = CASE WHEN @to IN ('sent', 'settled', 'delivered', 'failed') THEN '' ELSE text END
       WHERE position = @position AND state = @from`,
    );
    this.#begin = db.prepare(
      'UPDATE sends SET attempt = ?, baseline = ?, attempted_at = ? WHERE position = ?',
    );
    this.#bind = db.prepare('UPDATE sends SET row_id = ?, guid = ? WHERE position = ?');
    this.#rebase = db.prepare('UPDATE sends SET baseline = ? WHERE position = ?');
    this.#isBound = db.prepare('SELECT 1 FROM sends WHERE guid = ?');
    this.#open = db.prepare(
      `SELECT count(*) AS open FROM sends
       WHERE state IN ('accepted', 'attempting', 'handed_over', 'unknown', 'matched')`,
    );
    this.#purge = db.prepare(`DELETE FROM sends WHERE state IN ${CLOSED} AND since < ?`);
  }

  /** Stores a new send; one whose id is known already changes nothing. */
  insert(send: Send, conversation: string, now: number): void {
    const { id, to, channel, text, expires_at } = send;
    this.#insert.run({ id, conversation, to, channel, text, expires_at, now });
  }

  find(position: number): StoredSend | undefined {
    return this.#find.get(position);
  }

  /** The oldest accepted send whose conversation has no earlier one without a row. */
  nextToAttempt(now: number): StoredSend | undefined {
    return this.#next.get(now);
  }

  /** When the next send that waits for its time may be attempted; undefined when none does. */
  nextDue(now: number): number | undefined {
    return this.#nextDue.get(now)?.due ?? undefined;
  }

  /** Steps to another state, if it still is in the one it was read in; answers whether it was. */
  move(send: StoredSend, to: SendState, now: number, changes: SendChanges = {}): boolean {
    const { not_before = null, route = null, last_error = null } = changes;
    const { position, state: from } = send;
    return this.#move.run({ position, from, to, now, not_before, route, last_error }).changes === 1;
  }

  recordAttempt(position: number, attempt: number, baseline: number, now: number): void {
    this.#begin.run(attempt, baseline, now, position);
  }

  bindRow(position: number, rowId: number, guid: string): void {
    this.#bind.run(rowId, guid, position);
  }

  isBound(guid: string): boolean {
    return this.#isBound.get(guid) !== undefined;
  }

  setBaseline(position: number, baseline: number): void {
    this.#rebase.run(baseline, position);
  }

  /** Sends that were attempted and have no row yet, oldest first; of those overdue only the ones since a moment. */
  unmatched({ overdueSince }: { overdueSince: number }): StoredSend[] {
    return this.#all(
      `state IN ${UNMATCHED} OR (state = 'accepted' AND attempt > 0)
       OR (state = 'overdue' AND since > ?) ORDER BY position`,
      overdueSince,
    );
  }

  /** Sends in one of these states, oldest first; only those that entered it after `since`. */
  inState(states: readonly SendState[], since = 0): StoredSend[] {
    const list = states.map((state) => `'${state}'`).join(', ');
    return this.#all(`state IN (${list}) AND since > ? ORDER BY position`, since);
  }

  /** Accepted sends whose time has passed. */
  expired(now: number): StoredSend[] {
    return this.#all("state = 'accepted' AND expires_at <= ? ORDER BY position", now);
  }

  /** Sends without a result. */
  get open(): number {
    return this.#open.get()?.open ?? 0;
  }

  /** Forgets sends that were closed before `moment`. */
  purgeBefore(moment: number): void {
    this.#purge.run(moment);
  }

  #all(condition: string, moment: number): StoredSend[] {
    const known = this.#lists.get(condition);
    const list = known ?? this.#db.prepare<[number], StoredSend>(`SELECT * FROM sends WHERE ${condition}`);
    this.#lists.set(condition, list);
    return list.all(moment);
  }
}
