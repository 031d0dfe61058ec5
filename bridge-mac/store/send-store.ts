import type { Database, Statement } from 'better-sqlite3';
import type { Channel } from '../../shared/channels.ts';
import type { FailureCode } from '../../shared/failure-codes.ts';
import type { WireFile } from '../../shared/wire/files.ts';
import type { Send } from '../../shared/wire/send.ts';
import type { SendState } from '../outbox/send-state.ts';
import type { NewAttempt, SendChanges, StoredSend, Told } from './stored-send.ts';

const WAITS = `('accepted', 'attempting', 'handed_over', 'unknown')`;
const UNMATCHED = `('attempting', 'handed_over', 'unknown')`;
const CLOSED = `('settled', 'delivered', 'read', 'failed')`;

/** The sends accepted from the hub, part by part, with where each stands. */
export class SendStore {
  readonly #db: Database;
  readonly #insert: Statement<[Record<string, string | number | null>]>;
  readonly #next: Statement<[number, string], StoredSend>;
  readonly #nextDue: Statement<[number], { due: number | null }>;
  readonly #nextExpiry: Statement<[], { due: number | null }>;
  readonly #find: Statement<[number], StoredSend>;
  readonly #partsOf: Statement<[string], StoredSend>;
  readonly #move: Statement<[Record<string, string | number | null>]>;
  readonly #begin: Statement<[Record<string, string | number>]>;
  readonly #redirect: Statement<[Record<string, string | number>]>;
  readonly #bind: Statement<[number, string, number]>;
  readonly #spend: Statement<[string, number]>;
  readonly #pullBack: Statement<[number, number]>;
  readonly #pullNear: Statement<[number, number]>;
  readonly #rebase: Statement<[number, number]>;
  readonly #isKnown: Statement<[string], unknown>;
  readonly #isBound: Statement<[string, string], unknown>;
  readonly #purge: Statement<[number]>;
  readonly #purgeSpent: Statement<[number]>;
  readonly #open: Statement<[], { open: number }>;
  /** Lists by their condition; preparing one costs more than running it. */
  readonly #lists = new Map<string, Statement<[number], StoredSend>>();

  constructor(db: Database) {
    this.#db = db;
    this.#insert = db.prepare(
      `INSERT INTO sends (id, part, parts, conversation, recipient, to_group, channel, fallbacks, text, file,
         expires_at, state, since, not_before)
       VALUES (@id, @part, @parts, @conversation, @to, @to_group, @channel, @fallbacks, @text, @file,
         @expires_at, 'accepted', @now, 0)`,
    );
    this.#next = db.prepare(
      `SELECT * FROM sends AS s WHERE state = 'accepted' AND not_before <= ? AND (file IS NULL OR is_staged = 1)
         AND position NOT IN (SELECT value FROM json_each(?))
         AND NOT EXISTS (SELECT 1 FROM sends AS earlier
           WHERE earlier.conversation = s.conversation AND earlier.position < s.position
             AND earlier.state IN ${WAITS})
       ORDER BY position LIMIT 1`,
    );
    this.#nextDue = db.prepare(
      "SELECT min(not_before) AS due FROM sends WHERE state = 'accepted' AND not_before > ?",
    );
    this.#nextExpiry = db.prepare("SELECT min(expires_at) AS due FROM sends WHERE state = 'accepted'");
    this.#find = db.prepare('SELECT * FROM sends WHERE position = ?');
    this.#partsOf = db.prepare('SELECT * FROM sends WHERE id = ? ORDER BY part');
    this.#move = db.prepare(
      `UPDATE sends SET state = @to, since = @now,
         not_before = coalesce(@not_before, not_before), tried = coalesce(@tried, tried),
         last_error = coalesce(@last_error, last_error), last_code = coalesce(@last_code, last_code),
         text = CASE WHEN @to IN ('sent', 'settled', 'delivered', 'read', 'failed', 'doubtful') THEN '' ELSE text END
       WHERE position = @position AND state = @from`,
    );
    this.#begin = db.prepare(
      `UPDATE sends SET attempt = @attempt, baseline = @baseline, attempted_at = @now, route = @route, tried = @tried
       WHERE position = @position`,
    );
    this.#redirect = db.prepare(
      `UPDATE sends SET channel = @channel, fallbacks = @fallbacks, baseline = NULL, row_id = NULL, guid = NULL,
         route = NULL, tried = '[]', not_before = @now
       WHERE id = @id AND state = 'accepted' AND (attempt = 0 OR position = @position)`,
    );
    this.#bind = db.prepare('UPDATE sends SET row_id = ?, guid = ? WHERE position = ?');
    this.#spend = db.prepare('INSERT INTO spent_rows (guid, since) VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.#pullBack = db.prepare(
      `UPDATE sends SET since = ? WHERE state NOT IN ${CLOSED} AND state <> 'accepted' AND since > ?`,
    );
    this.#pullNear = db.prepare(
      "UPDATE sends SET not_before = ? WHERE state = 'accepted' AND not_before > ?",
    );
    this.#rebase = db.prepare('UPDATE sends SET baseline = ? WHERE position = ?');
    this.#isKnown = db.prepare('SELECT 1 FROM sends WHERE id = ? LIMIT 1');
    this.#isBound = db.prepare(
      'SELECT 1 FROM sends WHERE guid = ? UNION ALL SELECT 1 FROM spent_rows WHERE guid = ?',
    );
    this.#open = db.prepare(
      `SELECT count(DISTINCT id) AS open FROM sends
       WHERE state IN ('accepted', 'attempting', 'handed_over', 'unknown', 'matched')`,
    );
    this.#purge = db.prepare(
      `DELETE FROM sends WHERE state IN ${CLOSED} AND since < ?
         AND NOT EXISTS (SELECT 1 FROM sends AS sibling WHERE sibling.id = sends.id
           AND sibling.state NOT IN ${CLOSED})`,
    );
    this.#purgeSpent = db.prepare('DELETE FROM spent_rows WHERE since < ?');
  }

  /** Stores a new send, its files first and then its text; one whose id is known already changes nothing. */
  insert(send: Send, conversation: string, now: number): void {
    const { id, to, channel, text, expires_at, attachments } = send;
    const files: (WireFile | null)[] = [...attachments, ...(text === '' ? [] : [null])];
    const to_group = send.to_group ? 1 : 0;
    const fallbacks = JSON.stringify(send.fallbacks);
    const shared = { id, to, channel, expires_at, conversation, to_group, fallbacks, now };
    // Known by its id alone: offered with other parts, it would be sent again.
    if (this.#isKnown.get(id) !== undefined) return;
    for (const [part, file] of files.entries()) {
      const content = file === null ? { text, file } : { text: '', file: JSON.stringify(file) };
      this.#insert.run({ ...shared, ...content, part, parts: files.length });
    }
  }

  find(position: number): StoredSend | undefined {
    return this.#find.get(position);
  }

  /** Every part of a message, in order. */
  partsOf(id: string): StoredSend[] {
    return this.#partsOf.all(id);
  }

  /** The oldest accepted send, not at one of these positions, that is ready and whose conversation has no earlier one without a row. */
  nextToAttempt(now: number, except: readonly number[] = []): StoredSend | undefined {
    return this.#next.get(now, JSON.stringify(except));
  }

  /** When the next send that waits for its time may be attempted; undefined when none does. */
  nextDue(now: number): number | undefined {
    return this.#nextDue.get(now)?.due ?? undefined;
  }

  /** Steps to another state, if it still is in the one it was read in; answers whether it was. */
  move(
    send: Pick<StoredSend, 'position' | 'state'>,
    to: SendState,
    now: number,
    changes: SendChanges = {},
  ): boolean {
    const { not_before = null, tried = null, last_error = null, last_code = null } = changes;
    const { position, state: from } = send;
    const step = { position, from, to, now, not_before, tried, last_error, last_code };
    return this.#move.run(step).changes === 1;
  }

  recordAttempt(attempt: NewAttempt, now: number): void {
    this.#begin.run({ ...attempt, now });
  }

  /**
   * Gives an accepted part, and the parts of its message that were not begun, another channel. It has no row then:
   * the next attempt looks for one above a baseline of its own.
   */
  redirect(send: StoredSend, channel: Channel, fallbacks: readonly Channel[], now: number): void {
    const { id, position, guid } = send;
    if (guid !== null) this.#spend.run(guid, now);
    this.#redirect.run({ id, position, channel, fallbacks: JSON.stringify(fallbacks), now });
  }

  /** After a clock was set back no moment lies in the future, nor a next attempt further away than `longestRest`. */
  endFuture(now: number, longestRest: number): void {
    this.#pullBack.run(now, now);
    this.#pullNear.run(now, now + longestRest);
  }

  /** Ends every part of a message that waits to be begun. */
  cancelRest(id: string, now: number): void {
    this.#db
      .prepare("UPDATE sends SET state = 'failed', since = ?, text = '' WHERE id = ? AND state = 'accepted'")
      .run(now, id);
  }

  setTold(id: string, told: Told): void {
    this.#db.prepare('UPDATE sends SET told = ? WHERE id = ?').run(told, id);
  }

  /** Files that are to be fetched, oldest first. */
  unstaged(): StoredSend[] {
    return this.#all(
      "state = 'accepted' AND file IS NOT NULL AND is_staged = 0 AND ? = 0 ORDER BY position",
      0,
    );
  }

  setStaged(position: number, isStaged: boolean): void {
    this.#db.prepare('UPDATE sends SET is_staged = ? WHERE position = ?').run(isStaged ? 1 : 0, position);
  }

  noteTrouble(position: number, last_error: string, last_code: FailureCode): void {
    this.#db
      .prepare('UPDATE sends SET last_error = ?, last_code = ? WHERE position = ?')
      .run(last_error, last_code, position);
  }

  /** Parts with a file that Messages may still need, those that became final after `finalSince` among them. */
  withFilesInUse({ finalSince }: { finalSince: number }): StoredSend[] {
    return this.#all(`file IS NOT NULL AND (state NOT IN ${CLOSED} OR since > ?)`, finalSince);
  }

  bindRow(position: number, rowId: number, guid: string): void {
    this.#bind.run(rowId, guid, position);
  }

  /** Notes a row that belongs to a send without being its proof, so that it is taken for nothing else. */
  spendRow(guid: string, now: number): void {
    this.#spend.run(guid, now);
  }

  /** Whether the row with this guid came from a send of this bridge. */
  isBound(guid: string): boolean {
    return this.#isBound.get(guid, guid) !== undefined;
  }

  setBaseline(position: number, baseline: number): void {
    this.#rebase.run(baseline, position);
  }

  /** Sends that were attempted and have no row yet, oldest first; of those overdue only the ones since a moment. */
  unmatched({ overdueSince }: { overdueSince: number }): StoredSend[] {
    return this.#all(
      `state IN ${UNMATCHED} OR (state = 'accepted' AND baseline IS NOT NULL)
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

  /** When the next accepted send expires; undefined when none is waiting. */
  get nextExpiry(): number | undefined {
    const next = this.#nextExpiry.get()?.due;
    return next ?? undefined;
  }

  /** Messages without a result. */
  get open(): number {
    return this.#open.get()?.open ?? 0;
  }

  /** Forgets messages whose every part was closed before `moment`. */
  purgeBefore(moment: number): void {
    this.#purge.run(moment);
    this.#purgeSpent.run(moment);
  }

  #all(condition: string, moment: number): StoredSend[] {
    const known = this.#lists.get(condition);
    const list = known ?? this.#db.prepare<[number], StoredSend>(`SELECT * FROM sends WHERE ${condition}`);
    this.#lists.set(condition, list);
    return list.all(moment);
  }
}
