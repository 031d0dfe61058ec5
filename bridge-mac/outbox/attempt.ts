import type { Logger } from 'pino';
import { failure } from '../../shared/failure-codes.ts';
import { delayBefore } from '../../shared/runtime/backoff.ts';
import type { ScriptedMessages, ScriptOutcome } from '../applescript/run-script.ts';
import type { ScriptInputs } from '../applescript/scripts.ts';
import type { ChatDb } from '../chat-db/chat-db.ts';
import type { SendChanges, StoredSend } from '../store/stored-send.ts';
import { type Way, withTried } from './choose-way.ts';
import type { InputFiles } from './input-files.ts';
import { noteBeginning } from './pace.ts';
import { refusePart, sentence } from './redirect.ts';
import type { ReportDeps } from './report.ts';
import { nextState, type SendEvent } from './send-state.ts';

const RETRY = { base: 1_000, max: 60_000 };
export const LONGEST_RETRY_REST_MS = RETRY.max;

export interface AttemptDeps extends ReportDeps {
  inputs: InputFiles;
  messages: ScriptedMessages;
  /** Where the file of a part lies. */
  pathOf: (send: StoredSend) => string;
  /** Looks for rows of open sends now, where chat.db can be read. */
  look: () => void;
  onOutcome: (outcome: ScriptOutcome) => void;
  /** Starts Messages where it does not run; resolves whatever comes of it. */
  launchMessages: (signal: AbortSignal) => Promise<void>;
  random: () => number;
  log: Logger;
}

/**
 * One attempt at one part, the only place that starts an osascript that sends. Attempt and baseline are on disk before
 * the input files, the files before osascript, and osascript's result before the files go: so after a crash the files
 * tell whether it may have run.
 */
export async function attemptSend(
  accepted: StoredSend,
  way: Way,
  db: ChatDb,
  deps: AttemptDeps,
  signal: AbortSignal,
): Promise<void> {
  const begun = begin(accepted, way, db, deps);
  if (begun === undefined) return;
  const paths = await writeInputs(begun, way, deps);
  const content = begun.file === null ? 'text' : 'file';
  const outcome =
    paths === undefined
      ? NOT_WRITTEN
      : await deps.messages.send({ ...way, channel: begun.channel, content }, paths, signal);
  deps.onOutcome(outcome);
  conclude(begun, way, outcome, deps);
  await deps.inputs.remove(begun);
  if (outcome.kind === 'failed' && outcome.error.remedy === 'launch') await deps.launchMessages(signal);
}

const NOT_WRITTEN = {
  kind: 'failed',
  error: { handedOver: 'no', remedy: 'later', failureCode: 'rejected' },
  detail: 'the inputs of osascript could not be written',
  unanswered: false,
} as const satisfies ScriptOutcome;

async function writeInputs(
  begun: StoredSend,
  way: Way,
  { inputs, pathOf, log }: AttemptDeps,
): Promise<ScriptInputs | undefined> {
  try {
    return await inputs.write(begun, way.address, begun.file === null ? begun.text : pathOf(begun));
  } catch (error) {
    log.warn({ id: begun.id, err: error }, NOT_WRITTEN.detail);
    return undefined;
  }
}

function begin(
  accepted: StoredSend,
  way: Way,
  db: ChatDb,
  { store, now, random }: AttemptDeps,
): StoredSend | undefined {
  return store.transaction(() => {
    const moment = now();
    const { position, tried } = accepted;
    if (!store.sends.move(accepted, nextState(accepted.state, 'attempt'), moment)) return undefined;
    // The first attempt's baseline stays: a row of any attempt is this send's row.
    const baseline = accepted.baseline ?? db.maxRowId();
    const attempt = accepted.attempt + 1;
    store.sends.recordAttempt({ position, attempt, baseline, route: way.route, tried }, moment);
    noteBeginning(store.sending, moment, random);
    return store.sends.find(position);
  });
}

function conclude(begun: StoredSend, way: Way, outcome: ScriptOutcome, deps: AttemptDeps): void {
  const { store, now, log } = deps;
  // The row may be there already, whatever osascript says.
  if (outcome.kind === 'failed') deps.look();
  const send = store.sends.find(begun.position);
  if (send?.state !== 'attempting') return;
  const move = (event: SendEvent, changes: SendChanges = {}): void => {
    store.sends.move(send, nextState(send.state, event), now(), changes);
  };

  if (outcome.kind === 'returned') {
    move('returned');
    deps.look();
    return;
  }
  const { error, detail } = outcome;
  log.info({ id: send.id, attempt: send.attempt, handed_over: error.handedOver }, detail);
  if (error.handedOver === 'unknown') {
    move('unclear');
    return;
  }
  const met = { last_error: detail, last_code: error.failureCode };
  if (error.remedy === 'other_route') {
    move('not_sent', { ...met, tried: withTried(send, way), not_before: now() });
    return;
  }
  const later = now() + delayBefore(send.attempt, RETRY);
  if (error.remedy === 'none' || later >= send.expires_at) {
    refusePart(send, failure(error.failureCode, sentence(detail)), deps);
  } else {
    move('not_sent', { ...met, tried: '[]', not_before: later });
  }
}
