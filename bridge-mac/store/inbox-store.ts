import type { Database, Statement } from 'better-sqlite3';

/** How far chat.db has been read. `dated` is the newest row date met so far, epoch milliseconds. */
export interface Cursor {
  rowId: number;
  /** Guid of the row at `rowId`: tells a replaced database from the one that was read. Null for an empty one. */
  guid: string | null;
  dated: number;
}

/** A row that was met, but has not gone into the journal yet. */
export interface PendingRow {
  /** Order in which they were met. */
  position: number;
  /** Where it was met: a hint that a rebuilt database breaks. */
  rowId: number;
  guid: string;
  /** For how long it was watched, in milliseconds: sleep, outages and clocks that are set do not count. */
  waited: number;
  /** Later rows of the same conversation wait behind this one. Null while it is not known: then none do. */
  conversation: string | null;
}

/** What was journaled of a message: what has happened to it since then is told by comparison. */
export interface EditMarks {
  /** `date_edited`, 0 for never. */
  edited: bigint;
  /** Texts that its history holds. */
  edits: number;
  /** Parts that were taken back. */
  retracted: number;
}

export const UNEDITED: EditMarks = { edited: 0n, edits: 0, retracted: 0 };

const PENDING = 'SELECT position, row_id AS rowId, guid, waited, conversation FROM pending_rows';

/** The state of reading chat.db: cursor, rows to look at again, and messages that went into the journal before. */
export class InboxStore {
  readonly #statements: ReturnType<typeof prepare>;

  constructor(db: Database) {
    this.#statements = prepare(db);
  }

  get cursor(): Cursor | undefined {
    return this.#statements.cursor.get();
  }

  setCursor({ rowId, guid, dated }: Cursor): void {
    this.#statements.setCursor.run(rowId, guid, dated);
  }

  /** Rows dated before this are never told, when the clock that pairing was noted by turned out to be ahead. */
  get floor(): number | undefined {
    return this.#statements.floor.get()?.floor ?? undefined;
  }

  lowerFloor(moment: number): void {
    this.#statements.lowerFloor.run(moment);
  }

  get pending(): PendingRow[] {
    return this.#statements.pending.all();
  }

  /** The rows to look at again: those of no known conversation, and the first of each conversation. */
  get heads(): PendingRow[] {
    return this.#statements.heads.all();
  }

  /** The rows whose conversation is not known yet. */
  get unjoined(): PendingRow[] {
    return this.#statements.unjoined.all();
  }

  headOf(conversation: string): PendingRow | undefined {
    return this.#statements.headOf.get(conversation);
  }

  get hasPending(): boolean {
    return this.#statements.anyPending.get() !== undefined;
  }

  /** Adds a row; one that waits already keeps its place. */
  addPending(row: { rowId: number; guid: string; conversation: string | null }): void {
    this.#statements.addPending.run(row.rowId, row.guid, row.conversation);
  }

  setConversation(guid: string, conversation: string): void {
    this.#statements.setConversation.run(conversation, guid);
  }

  isPending(guid: string): boolean {
    return this.#statements.isPending.get(guid) !== undefined;
  }

  dropPending(guid: string): void {
    this.#statements.dropPending.run(guid);
  }

  /** Counts time as waited by every pending row. */
  creditPending(milliseconds: number): void {
    this.#statements.credit.run(milliseconds);
  }

  /**
   * Whether this message, or one of the same sender, date and text under another guid, was journaled before. `twin` is
   * 16 bytes: what stands for sender and date, then what stands for the text; of an edited row the first half decides.
   */
  hasSeen(guid: string, twin: Buffer, isEdited = false): boolean {
    const { isSeen, isTwin, isSameMoment } = this.#statements;
    if (isSeen.get(guid) !== undefined || isTwin.get(twin) !== undefined) return true;
    if (!isEdited) return false;
    const moment = twin.subarray(0, 8);
    return isSameMoment.get(moment, Buffer.concat([moment, Buffer.alloc(8, 0xff)])) !== undefined;
  }

  remember(guid: string, twin: Buffer, now: number, marks: EditMarks = UNEDITED): void {
    this.#statements.remember.run(guid, twin, now, marks.edited, marks.edits, marks.retracted);
  }

  /** What was last told of a message; undefined for one that was never journaled. */
  marksOf(guid: string): EditMarks | undefined {
    const found = this.#statements.marks.get(guid);
    if (found === undefined) return undefined;
    return { edited: found.edited, edits: Number(found.edits), retracted: Number(found.retracted) };
  }

  setMarks(guid: string, { edited, edits, retracted }: EditMarks): void {
    this.#statements.setMarks.run(edited, edits, retracted, guid);
  }

  /** Forgets messages journaled before `moment`. */
  forgetBefore(moment: number): void {
    this.#statements.forget.run(moment);
  }

  /** The owner's addresses, as met in sent rows. */
  get ownAddresses(): string[] {
    return this.#statements.ownAddresses.all().map(({ address }) => address);
  }

  addOwnAddress(address: string): void {
    this.#statements.addOwnAddress.run(address);
  }
}

function prepare(db: Database) {
  const run = <Parameters extends unknown[], Row = unknown>(sql: string): Statement<Parameters, Row> =>
    db.prepare<Parameters, Row>(sql);
  return {
    cursor: run<[], Cursor>('SELECT row_id AS rowId, guid, dated FROM cursor'),
    setCursor: run<[number, string | null, number]>(
      `INSERT INTO cursor (one, row_id, guid, dated) VALUES (1, ?, ?, ?)
       ON CONFLICT (one) DO UPDATE SET row_id = excluded.row_id, guid = excluded.guid, dated = excluded.dated`,
    ),
    floor: run<[], { floor: number | null }>('SELECT floor FROM cursor'),
    lowerFloor: run<[number]>('UPDATE cursor SET floor = ?'),
    pending: run<[], PendingRow>(`${PENDING} ORDER BY position`),
    heads: run<[], PendingRow>(
      `${PENDING} WHERE conversation IS NULL UNION ALL ${PENDING} WHERE position IN
         (SELECT min(position) FROM pending_rows WHERE conversation IS NOT NULL GROUP BY conversation)
       ORDER BY position`,
    ),
    unjoined: run<[], PendingRow>(`${PENDING} WHERE conversation IS NULL ORDER BY position`),
    headOf: run<[string], PendingRow>(`${PENDING} WHERE conversation = ? ORDER BY position LIMIT 1`),
    anyPending: run<[]>('SELECT 1 FROM pending_rows LIMIT 1'),
    addPending: run<[number, string, string | null]>(
      'INSERT INTO pending_rows (row_id, guid, conversation) VALUES (?, ?, ?) ON CONFLICT (guid) DO NOTHING',
    ),
    setConversation: run<[string, string]>('UPDATE pending_rows SET conversation = ? WHERE guid = ?'),
    isPending: run<[string]>('SELECT 1 FROM pending_rows WHERE guid = ?'),
    dropPending: run<[string]>('DELETE FROM pending_rows WHERE guid = ?'),
    credit: run<[number]>('UPDATE pending_rows SET waited = waited + ?'),
    isSeen: run<[string]>('SELECT 1 FROM seen_messages WHERE guid = ?'),
    isTwin: run<[Buffer]>('SELECT 1 FROM seen_messages WHERE twin = ?'),
    isSameMoment: run<[Buffer, Buffer]>('SELECT 1 FROM seen_messages WHERE twin BETWEEN ? AND ? LIMIT 1'),
    remember: run<[string, Buffer, number, bigint, number, number]>(
      `INSERT INTO seen_messages (guid, twin, seen_at, edited, edits, retracted) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
    // A date in nanoseconds does not fit a double.
    marks: run<[string], { edited: bigint; edits: bigint; retracted: bigint }>(
      'SELECT edited, edits, retracted FROM seen_messages WHERE guid = ?',
    ).safeIntegers(),
    setMarks: run<[bigint, number, number, string]>(
      'UPDATE seen_messages SET edited = ?, edits = ?, retracted = ? WHERE guid = ?',
    ),
    forget: run<[number]>('DELETE FROM seen_messages WHERE seen_at < ?'),
    ownAddresses: run<[], { address: string }>('SELECT address FROM own_addresses'),
    addOwnAddress: run<[string]>('INSERT INTO own_addresses (address) VALUES (?) ON CONFLICT DO NOTHING'),
  };
}
