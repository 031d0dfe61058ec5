import type { JournalEntry, MessageEntry } from '../../../shared/wire/journal.ts';
import type { SentRecord } from '../../../test/simulated-mac/client.ts';
import type { Ledger, ReceiptNote, SendNote } from './ledger.ts';

export interface Evidence {
  readonly ledger: Ledger;
  /** What the bridge told the hub, in order. */
  readonly entries: readonly JournalEntry[];
  /** What really left. */
  readonly sent: readonly SentRecord[];
  /** Guids of the rows of sends: Messages' own record of what a script asked for. */
  readonly ownGuids: ReadonlySet<string>;
}

/** Last words of a send: it left, it did not, or nobody can tell. */
type Claim = 'left' | 'did not leave' | 'nobody can tell' | 'nothing';

const UNKNOWN = 'send_timeout_unknown';

function statusesOf(entries: readonly JournalEntry[], id: string) {
  return entries.filter((entry) => entry.kind === 'status').filter((entry) => entry.id === id);
}

function claimOf(entries: readonly JournalEntry[], { id, refusal }: SendNote): Claim {
  const last = statusesOf(entries, id).at(-1);
  if (last === undefined) return refusal === undefined ? 'nothing' : 'did not leave';
  if (last.status !== 'FAILED') return 'left';
  return last.error?.code === UNKNOWN ? 'nobody can tell' : 'did not leave';
}

/** Whether this send has said its last word, as far as can be known before everything is quiet. */
export function isSettled(entries: readonly JournalEntry[], note: SendNote): boolean {
  return claimOf(entries, note) !== 'nothing';
}

/** Statuses never go back, none comes twice, and only an unknown end is ever corrected. */
function judgeSequence(entries: readonly JournalEntry[], note: SendNote): string[] {
  const ladder = ['SENT', 'DELIVERED', 'READ'];
  const statuses = statusesOf(entries, note.id);
  const faults: string[] = [];
  let height = -1;
  let failed: string | undefined;
  for (const { status, error } of statuses) {
    if (status === 'FAILED') {
      if (failed !== undefined) faults.push(`${note.id}: FAILED twice`);
      failed = error?.code ?? 'no code';
      continue;
    }
    if (failed !== undefined && failed !== UNKNOWN)
      faults.push(`${note.id}: ${status} after FAILED ${failed}`);
    const step = ladder.indexOf(status);
    if (step <= height) faults.push(`${note.id}: ${status} again, or too late`);
    height = step;
  }
  return faults;
}

/** Words that were sent several times to one person are counted together: only rows tell them apart. */
function judgeSends({ ledger, entries, sent }: Evidence): string[] {
  const faults = ledger.sends.flatMap((note) => judgeSequence(entries, note));
  const parts = ledger.sends.flatMap((note) => [
    ...(note.text === '' ? [] : [{ note, key: `${note.to} ${note.text}` }]),
    ...note.files.map((sha256) => ({ note, key: `${note.to} ${sha256}` })),
  ]);
  const left = Map.groupBy(sent, (record) => `${record.recipient} ${record.sha256 ?? record.text}`);
  for (const [key, same] of Map.groupBy(parts, (part) => part.key)) {
    const claims = same.map(({ note }) => ({ note, claim: claimOf(entries, note) }));
    const count = (claim: Claim) => claims.filter((one) => one.claim === claim).length;
    const real = left.get(key)?.length ?? 0;
    const ids = claims
      .map(
        ({ note, claim }) =>
          `${note.id} (${note.behaviour}: ${
            statusesOf(entries, note.id)
              .map((one) => one.error?.code ?? one.status)
              .join(' ') || claim
          })`,
      )
      .join(', ');
    // A message of several parts may fail after the first of them left.
    const whole = same.every(({ note }) => note.files.length === 0);
    const most = count('left') + count('nobody can tell') + (whole ? 0 : count('did not leave'));
    if (real > same.length) faults.push(`sent ${real} times instead of ${same.length}: ${ids}`);
    else if (real > most + count('nothing')) faults.push(`left, yet said not to have: ${ids}`);
    if (real < count('left')) faults.push(`said to have left, ${real} did: ${ids}`);
    if (count('nothing') > 0) faults.push(`no status: ${ids}`);
  }
  return faults;
}

function judgeReceipt(
  note: ReceiptNote,
  told: readonly MessageEntry[],
  edited: string | undefined,
): string[] {
  const name = `${note.text} (${note.behaviour}, ${note.guid ?? 'no guid'})`;
  if (told.length > 1) {
    const times = told.map(({ guid, text, at }) => `${guid} ${JSON.stringify(text)} of ${at}`).join(', ');
    return [`told ${told.length} times: ${name} as ${times}`];
  }
  const [entry] = told;
  if (entry === undefined) return note.expected === 'once' ? [`never told: ${name}`] : [];
  if (note.expected === 'never')
    return entry.guid === note.guid ? [`told, although in no chat: ${name}`] : [];
  const faults: string[] = [];
  if (entry.group?.id !== note.group)
    faults.push(`told in ${entry.group?.id ?? 'no group'} instead of ${note.group ?? 'none'}: ${name}`);
  // An edit may have come before the bridge read it; a body that was cut behind its words has them all.
  const right = entry.text === note.text || entry.text === edited;
  if (!right && entry.warning === undefined)
    faults.push(`told in other words and without a warning: ${name}`);
  if (entry.attachments.length !== note.files.length)
    faults.push(`told with ${entry.attachments.length} files instead of ${note.files.length}: ${name}`);
  const wrong = entry.attachments.find(
    (file, at) => 'sha256' in file && file.sha256 !== note.files[at]?.sha256,
  );
  if (wrong !== undefined) faults.push(`told with another file: ${name}`);
  return faults;
}

/** Within one conversation messages are told in the order in which they came. */
function judgeOrder(notes: readonly ReceiptNote[], messages: readonly MessageEntry[]): string[] {
  const places = new Map(messages.map(({ guid }, place) => [guid, place]));
  const faults: string[] = [];
  for (const [conversation, all] of Map.groupBy(notes, (note) => note.conversation)) {
    let latest = -1;
    let before: ReceiptNote | undefined;
    for (const note of all) {
      const place = note.ordered && note.guid !== undefined ? places.get(note.guid) : undefined;
      if (place === undefined) continue;
      if (place < latest)
        faults.push(
          `out of order in ${conversation}: ${note.text} told before ${before?.text} (${before?.behaviour}, ${before?.files.length} files)`,
        );
      else {
        latest = place;
        before = note;
      }
    }
  }
  return faults;
}

function judgeReceipts({ ledger, entries, ownGuids }: Evidence): string[] {
  const messages = entries.filter((entry) => entry.kind === 'message');
  const byGuid = Map.groupBy(messages, (entry) => entry.guid);
  // Without a guid the words must do: they are different each time.
  const byText = Map.groupBy(messages, (entry) => entry.text);
  const replays = new Set(ledger.replays);
  const faults = ledger.receipts.flatMap((note) => {
    const edited = ledger.edits.get(note.guid ?? '')?.text;
    const own = note.guid === undefined ? [] : (byGuid.get(note.guid) ?? []);
    const others = [note.text, edited].flatMap((text) =>
      text === undefined ? [] : (byText.get(text) ?? []),
    );
    // Whichever of a message and its replay is told, the words are told once.
    return judgeReceipt(note, [...new Set([...own, ...others])], edited);
  });
  const known = new Set([...ledger.receipts.map(({ guid }) => guid), ...ledger.echoes]);
  const texts = new Set(ledger.receipts.map(({ text }) => text));
  for (const entry of messages) {
    if (ownGuids.has(entry.guid)) faults.push(`an own send told as a message: ${entry.guid}`);
    else if (ledger.silent.includes(entry.guid)) faults.push(`a group's event told: ${entry.guid}`);
    else if (
      !replays.has(entry.guid) &&
      !known.has(entry.guid) &&
      !texts.has(entry.text) &&
      !entry.text.startsWith('typed')
    )
      faults.push(`invented: ${entry.guid} ${JSON.stringify(entry.text)}`);
  }
  faults.push(...judgeOnce(ledger, 'an echo', ledger.echoes, byGuid));
  return [...faults, ...judgeOrder(ledger.receipts, messages)];
}

/** Each of these is told once; where a database was rebuilt, some may have gone with it. */
function judgeOnce(
  ledger: Ledger,
  what: string,
  guids: readonly string[],
  told: ReadonlyMap<string, readonly unknown[]>,
): string[] {
  const least = ledger.deeds.has('rebuild-database') ? 0 : 1;
  return guids.flatMap((guid) => {
    const times = told.get(guid)?.length ?? 0;
    return times > 1 || times < least ? [`${what} told ${times} times: ${guid}`] : [];
  });
}

function judgeExtras({ ledger, entries }: Evidence): string[] {
  const faults: string[] = [];
  const reactions = Map.groupBy(
    entries.filter((entry) => entry.kind === 'reaction'),
    (entry) => entry.guid,
  );
  faults.push(...judgeOnce(ledger, 'a tapback', ledger.reactions, reactions));
  for (const [guid, { text, expected }] of ledger.edits) {
    const words = entries
      .filter((entry) => (entry.kind === 'message' || entry.kind === 'edit') && entry.guid === guid)
      .map((entry) => ('text' in entry ? entry.text : ''));
    const note = ledger.receipts.find((one) => one.guid === guid);
    if (note?.expected === 'once' && expected === 'once' && words.at(-1) !== text)
      faults.push(`an edit to "${text}" not told, but ${JSON.stringify(words)}: ${guid} (${note.text})`);
    if (words.filter((one) => one === text).length > 1) faults.push(`an edit told twice: ${guid}`);
  }
  return faults;
}

/** Every contradiction between what happened and what was said; none when all is well. */
export function judge(evidence: Evidence): string[] {
  return [...judgeSends(evidence), ...judgeReceipts(evidence), ...judgeExtras(evidence)];
}
