import type { Logger } from 'pino';
import { type FailureCode, failure } from '../../shared/failure-codes.ts';
import { delayBefore } from '../../shared/runtime/backoff.ts';
import type { Finding } from '../../shared/wire/health.ts';
import type { StatusEntry } from '../../shared/wire/journal.ts';
import type { ScriptError } from '../applescript/errors.ts';
import type { ScriptedMessages, ScriptOutcome } from '../applescript/run-script.ts';
import type { ScriptInputs } from '../applescript/scripts.ts';
import type { ChatDb } from '../chat-db/chat-db.ts';
import type { BridgeStore } from '../store/open-store.ts';
import type { SendChanges, StoredSend } from '../store/send-store.ts';
import type { InputFiles } from './input-files.ts';
import { nextState, type SendEvent } from './send-state.ts';

const RETRY = { base: 1_000, max: 60_000 };

export interface AttemptDeps {
  store: BridgeStore;
  append: (entries: readonly StatusEntry[]) => void;
  inputs: InputFiles;
  messages: ScriptedMessages;
  /** Looks for rows of open sends now, where chat.db can be read. */
  look: () => void;
  onFinding: (finding: Finding) => void;
  log: Logger;
  now: () => number;
}

/**
 * One attempt at one send, the only place that starts osascript. Attempt and baseline are on disk before the input
 * files, the files before osascript, and osascript's result before the files go: so after a crash the files tell
 * whether it may have run.
 */
export async function attemptSend(
  accepted: StoredSend,
  db: ChatDb,
  deps: AttemptDeps,
  signal: AbortSignal,
): Promise<void> {
  const begun = begin(accepted, db, deps);
  if (begun === undefined) return;
  const paths = await writeInputs(begun, deps);
  const { channel, route } = begun;
  const outcome = paths === undefined ? NOT_WRITTEN : await deps.messages.send(channel, route, paths, signal);
  conclude(begun, outcome, deps);
  await deps.inputs.remove(begun);
}

const NOT_WRITTEN = {
  kind: 'failed',
  error: { handedOver: 'no', remedy: 'later', failureCode: 'rejected' },
  detail: 'the inputs of osascript could not be written',
} as const satisfies ScriptOutcome;

async function writeInputs(
  begun: StoredSend,
  { inputs, log }: AttemptDeps,
): Promise<ScriptInputs | undefined> {
  try {
    return await inputs.write(begun, begun.recipient, begun.text);
  } catch (error) {
    log.warn({ id: begun.id, err: error }, NOT_WRITTEN.detail);
    return undefined;
  }
}

function begin(accepted: StoredSend, db: ChatDb, { store, now }: AttemptDeps): StoredSend | undefined {
  return store.transaction(() => {
    const moment = now();
    if (!store.sends.move(accepted, nextState(accepted.state, 'attempt'), moment)) return undefined;
    // The first attempt's baseline stays: a row of any attempt is this send's row.
    const baseline = accepted.baseline ?? db.maxRowId();
    store.sends.recordAttempt(accepted.position, accepted.attempt + 1, baseline, moment);
    return store.sends.find(accepted.position);
  });
}

function conclude(begun: StoredSend, outcome: ScriptOutcome, deps: AttemptDeps): void {
  const { store, now, log } = deps;
  reportAutomation(outcome, deps);
  // The row may be there already, whatever osascript says.
  if (outcome.kind === 'failed') deps.look();
  const send = store.sends.find(begun.position);
  if (send?.state !== 'attempting') return;
  const move = (event: SendEvent): void => {
    store.sends.move(send, nextState(send.state, event), now());
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
  const retry = nextTry(send, error, deps);
  if (retry === undefined) refuse(send, finalCode(send, error), detail, deps);
  else store.sends.move(send, nextState(send.state, 'not_sent'), now(), { ...retry, last_error: detail });
}

/** How a send that was not handed over may be tried again; undefined when it may not. */
function nextTry(
  send: StoredSend,
  error: ScriptError,
  { messages, now }: AttemptDeps,
): Pick<SendChanges, 'route' | 'not_before'> | undefined {
  if (error.remedy === 'other_route' && send.route + 1 < messages.countRoutes(send.channel)) {
    return { route: send.route + 1, not_before: now() };
  }
  const later = now() + delayBefore(send.attempt, RETRY);
  return error.remedy === 'later' && later < send.expires_at ? { route: 0, not_before: later } : undefined;
}

/** Ends a send that provably never reached Messages. */
export function refuse(
  send: StoredSend,
  code: FailureCode,
  detail: string | undefined,
  { store, append, log, now }: Pick<AttemptDeps, 'store' | 'append' | 'log' | 'now'>,
): void {
  store.transaction(() => {
    if (!store.sends.move(send, nextState(send.state, 'refused'), now())) return;
    const sentence = detail === undefined ? undefined : `${detail[0]?.toUpperCase()}${detail.slice(1)}.`;
    const error = failure(code, sentence);
    append([{ kind: 'status', id: send.id, status: 'FAILED', channel: send.channel, at: now(), error }]);
    log.info({ id: send.id, code }, 'failed');
  });
}

// A Mac without a forwarding iPhone has no account of the service, by whatever way it is asked for.
function finalCode(send: StoredSend, { remedy, failureCode }: ScriptError): FailureCode {
  return remedy === 'other_route' && send.channel !== 'imessage' ? 'channel_unavailable' : failureCode;
}

function reportAutomation(outcome: ScriptOutcome, { onFinding }: AttemptDeps): void {
  const check = 'automation';
  if (outcome.kind === 'returned') {
    onFinding({ check, ok: true, message: 'macOS lets the bridge control Messages.' });
  } else if (outcome.error.failureCode === 'automation_denied') {
    const message = 'macOS refuses the bridge control of Messages.';
    const remedy =
      'Allow it: System Settings → Privacy & Security → Automation. Nothing listed there: run `tccutil reset AppleEvents`, then send once with a person at the screen.';
    onFinding({ check, ok: false, message, remedy });
  }
}
