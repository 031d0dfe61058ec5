import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../random.ts';
import { pause } from '../repeat.ts';
import type { Answer } from './fleet.ts';
import type { MessageNote } from './ledger.ts';
import type { Storm } from './storm.ts';

/** Clients with more messages than this on their way wait for answers first. */
const MOST_OPEN = 300;
const TICK_MS = 50;
const PATIENCE_MS = 120_000;
/** Under one message_id, out of a hundred messages: several at once, again later, and with other words. */
const TWINS = 6;
const AGAIN = 4;
const CANCELED = 4;
const CONFLICT = 3;
const CONFLICT_AT_ONCE = 3;
const ABANDONED_AFTER_REFUSAL = 0.4;

/** Clients POST at a steady rate until the storm is over; resolves when every message came to an answer. */
export async function postSteadily(storm: Storm, perSecond: number): Promise<void> {
  const random = new Random(storm.seed, 'clients');
  const open = new Set<Promise<void>>();
  let count = 0;
  let due = 0;
  for (let last = performance.now(); !storm.signal.aborted; ) {
    await pause(TICK_MS, storm.signal);
    const now = performance.now();
    due = Math.min(perSecond, due + ((now - last) * perSecond) / 1_000);
    last = now;
    for (; due >= 1 && open.size < MOST_OPEN; due -= 1) {
      count += 1;
      const one = sendOne(storm, random, count).finally(() => open.delete(one));
      open.add(one);
    }
  }
  await Promise.all(open);
}

async function sendOne(storm: Storm, random: Random, count: number): Promise<void> {
  const workspace = random.pick(storm.workspaces);
  const messageId = `w${workspace.index}-m${count}`;
  const text = `${messageId} grüezi 日本 ${'x'.repeat(Math.floor(random.between(0, 60)))}`;
  const other = `${messageId} other words`;
  const chance = random.between(0, 100);
  const hasOther = chance < CONFLICT + CONFLICT_AT_ONCE;
  const note: MessageNote = {
    messageId,
    workspace: workspace.index,
    phone: random.pick(workspace.phones),
    texts: hasOther ? [text, other] : [text],
    askedAt: performance.now(),
    acceptedAt: undefined,
    ids: new Set(),
    acceptedTexts: new Set(),
    refusedTexts: new Set(),
    fresh: 0,
    lost: 0,
    abandoned: false,
    canceled: 'no',
    done: false,
  };
  storm.ledger.messages.set(messageId, note);
  const post = (words: string, mayAbandon = false) =>
    postUntilAnswered(storm, random, note, words, mayAbandon);
  if (chance < CONFLICT_AT_ONCE) await Promise.all([post(text), post(other)]);
  else if (hasOther) await post(text).then(() => post(other));
  else if (chance < CONFLICT + CONFLICT_AT_ONCE + TWINS) {
    const times = 2 + Math.floor(random.between(0, 3));
    await Promise.all(Array.from({ length: times }, () => post(text)));
  } else {
    const isRepeated = random.chance(AGAIN / 100);
    await post(text, !isRepeated);
    if (random.chance(CANCELED / 100)) await cancel(storm, random, note);
    if (isRepeated) await pause(random.between(0, 3_000), storm.signal).then(() => post(text));
  }
  note.done = true;
}

/** An operator takes it back, or is too late. */
async function cancel({ fleet, ledger }: Storm, random: Random, note: MessageNote): Promise<void> {
  const [id] = note.ids;
  if (id === undefined) return;
  const { status, lost } = await fleet.api(random, 'POST', `/api/messages/${id}/cancel`);
  if (status === 200) note.canceled = 'yes';
  else if (lost > 0) note.canceled = 'perhaps';
  if (status === 200) ledger.did('messages canceled');
  else if (status !== 409) ledger.fault(`${note.messageId}: its cancelation was answered ${status}`);
}

/** As a client does: the same again under the same message_id while nobody answers, or says to come again. */
async function postUntilAnswered(
  storm: Storm,
  random: Random,
  note: MessageNote,
  text: string,
  mayAbandon: boolean,
): Promise<void> {
  const { locationId, userId, apiKey } = storm.workspaces[note.workspace] ?? {};
  const body = {
    location_id: locationId,
    user_id: userId,
    phone: note.phone,
    message: text,
    message_id: note.messageId,
    channel: 'imessage',
  };
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await storm.fleet.post(storm.fleet.pickUrl(random), body, apiKey);
    if (answer === 'lost') note.lost += 1;
    else if (answer === 'unreached') storm.ledger.did('POSTs to a hub that is down');
    else if (answer.status !== 503 && answer.status !== 429) return take(storm, note, text, answer);
    else if (mayAbandon && note.lost === 0 && random.chance(ABANDONED_AFTER_REFUSAL)) {
      note.abandoned = true;
      storm.ledger.did('POSTs given up after 503');
      return;
    }
    if (Date.now() > deadline) {
      storm.ledger.fault(`${note.messageId}: no answer in two minutes`);
      return;
    }
    const asked = typeof answer === 'object' ? answer.retryAfter : undefined;
    await sleep(Math.min(2_000, asked ?? random.between(100, 800)));
  }
}

function take({ ledger }: Storm, note: MessageNote, text: string, { status, body }: Answer): void {
  if (status === 200) {
    note.acceptedAt ??= performance.now();
    note.ids.add(String(body.id));
    note.acceptedTexts.add(text);
    if (body.duplicate === undefined) note.fresh += 1;
    if (String(body.message_id) !== note.messageId)
      ledger.fault(`${note.messageId}: answered with message_id ${String(body.message_id)}`);
  } else if (status === 409 && String(body.code) === 'message_id_conflict') note.refusedTexts.add(text);
  else ledger.fault(`${note.messageId} was answered ${status} ${String(body.code)}`);
}
