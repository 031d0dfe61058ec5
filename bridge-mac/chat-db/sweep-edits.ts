import type { Logger } from 'pino';
import type { ExtraEvent } from '../../shared/extra-events.ts';
import type { EditEntry, UnsendEntry } from '../../shared/wire/journal.ts';
import type { BridgeStore } from '../store/open-store.ts';
import type { ChatDb } from './chat-db.ts';
import { judgeEdit } from './judge-edit.ts';
import { originOf } from './origin.ts';
import type { MessageRow } from './rows.ts';
import { readOr } from './salvage.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
// Messages may be edited for 15 minutes and taken back for two; what other devices did comes late.
const SHORT_WINDOW_MS = 30 * MINUTE_MS;
const SHORT_EVERY_MS = 1_000;
const LONG_WINDOW_MS = 7 * DAY_MS;
const LONG_EVERY_MS = 5 * MINUTE_MS;
const SLACK_MS = 60 * MINUTE_MS;

export interface SweepDeps {
  store: BridgeStore;
  /** Appends inside the running transaction. */
  append: (entries: readonly (EditEntry | UnsendEntry)[]) => void;
  wants: (event: ExtraEvent) => boolean;
  ownAddress: () => string;
  log: Logger;
  now: () => number;
  /** Milliseconds of a clock that nobody sets. */
  elapsed: () => number;
}

/**
 * Looks for messages that were edited or taken back after they were told: there is no index on date_edited, so by
 * windows on the date of the message. The first look covers the time that the bridge was away.
 */
export class EditSweep {
  readonly #deps: SweepDeps;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #sweptLongAt: number | undefined;
  #owesLook = false;

  constructor(deps: SweepDeps) {
    this.#deps = deps;
  }

  /** When to look although nothing changes, by `elapsed`. */
  get nextLook(): number {
    const long = (this.#sweptLongAt ?? Number.NEGATIVE_INFINITY) + LONG_EVERY_MS;
    return this.#owesLook ? Math.min(long, this.#sweptAt + SHORT_EVERY_MS) : long;
  }

  /** One look, unless the last one was just now: then `nextLook` tells when the next is due. */
  look(db: ChatDb): void {
    const { elapsed, store } = this.#deps;
    const moment = elapsed();
    this.#owesLook = moment - this.#sweptAt < SHORT_EVERY_MS;
    if (this.#owesLook) return;
    const isLong = moment - (this.#sweptLongAt ?? Number.NEGATIVE_INFINITY) >= LONG_EVERY_MS;
    const since = this.#since(isLong);
    const rows = readOr(
      () => db.editedSince(since),
      () => readOneByOne(db, since),
    );
    store.transaction(() => {
      for (const row of rows) this.#take(db, row);
    });
    this.#sweptAt = moment;
    if (isLong) this.#sweptLongAt = moment;
  }

  #since(isLong: boolean): number {
    const { store, now } = this.#deps;
    if (!isLong) return now() - SHORT_WINDOW_MS;
    const week = now() - LONG_WINDOW_MS;
    const away = this.#sweptLongAt === undefined ? (store.inbox.cursor?.dated ?? week) - SLACK_MS : week;
    return Math.min(week, away);
  }

  #take(db: ChatDb, row: MessageRow): void {
    const { store, append, wants, ownAddress, log, now } = this.#deps;
    const told = store.inbox.marksOf(row.guid);
    if (told === undefined) return;
    const chats = readOr(
      () => db.chatsOf(row.rowId),
      () => [],
    );
    const origin = originOf(row, chats, ownAddress());
    if ('lacks' in origin) return;
    const judged = judgeEdit(row, told, origin, now());
    if (judged === undefined) return;
    // What was said in between is told first: this row is met again at the next look.
    if (store.inbox.headOf(origin.conversation) !== undefined) return;
    store.inbox.setMarks(row.guid, judged.marks);
    const isWanted = (!row.fromMe || wants('echo')) && (origin.fields.group === undefined || wants('group'));
    const entries = judged.entries.filter(({ kind }) => isWanted && wants(kind));
    append(entries);
    for (const { kind, guid } of entries) log.info({ row_id: row.rowId, guid }, kind);
  }
}

/** What an index without damage leads to, past rows on damaged pages. */
function readOneByOne(db: ChatDb, since: number): MessageRow[] {
  const ids = readOr(
    () => db.rowIdsSince(since),
    () => [],
  );
  return ids.flatMap((id) => {
    const row = readOr(
      () => db.rowAt(id),
      () => undefined,
    );
    return row !== undefined && row.dateEdited > 0n ? [row] : [];
  });
}
