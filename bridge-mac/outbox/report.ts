import type { Logger } from 'pino';
import type { Channel } from '../../shared/channels.ts';
import type { Failure } from '../../shared/failure-codes.ts';
import type { StatusEntry } from '../../shared/wire/journal.ts';
import type { BridgeStore } from '../store/open-store.ts';
import type { SendChanges, StoredSend, Told } from '../store/stored-send.ts';
import type { SendState } from './send-state.ts';

export interface ReportDeps {
  store: BridgeStore;
  /** Appends inside the running transaction. */
  append: (entries: readonly StatusEntry[]) => void;
  log: Logger;
  now: () => number;
}

/** What came of a part, and what proves it. */
export interface Outcome {
  channel: Channel;
  /** Epoch milliseconds. */
  at: number;
  guid?: string | undefined;
  error?: Failure;
  changes?: SendChanges;
}

const SENT_STATES: readonly SendState[] = ['sent', 'settled', 'delivered', 'read'];
const DELIVERED_STATES: readonly SendState[] = ['settled', 'delivered', 'read'];
const ARRIVED_STATES: readonly SendState[] = ['delivered', 'read'];
const STEPS: readonly Told[] = ['SENT', 'DELIVERED', 'READ'];

/**
 * Steps a part to a state, and tells the hub what that makes of its message: SENT and DELIVERED when every part is,
 * READ when one is, FAILED as soon as one part is; then the parts that wait are not begun. State and journal entry
 * are one commit. Answers whether the part still was in the state it was read in.
 */
export function settlePart(send: StoredSend, to: SendState, outcome: Outcome, deps: ReportDeps): boolean {
  const { store, now } = deps;
  return store.transaction(() => {
    if (!store.sends.move(send, to, now(), outcome.changes)) return false;
    if (outcome.error === undefined) tellProgress(send.id, outcome, deps);
    else tellFailure(send, to, outcome.error, outcome, deps);
    return true;
  });
}

function tellProgress(id: string, outcome: Outcome, deps: ReportDeps): void {
  const parts = deps.store.sends.partsOf(id);
  const states = parts.map((part) => part.state);
  const told = parts[0]?.told ?? '';
  if (told === 'FAILED' || !states.every((state) => SENT_STATES.includes(state))) return;
  let reached: Told = 'SENT';
  const isDelivered =
    states.every((state) => DELIVERED_STATES.includes(state)) &&
    states.some((state) => ARRIVED_STATES.includes(state));
  if (isDelivered) reached = states.includes('read') ? 'READ' : 'DELIVERED';
  for (const status of STEPS.slice(STEPS.indexOf(told) + 1, STEPS.indexOf(reached) + 1)) {
    tell(id, status as StatusEntry['status'], outcome, deps);
  }
}

function tellFailure(
  send: StoredSend,
  to: SendState,
  error: Failure,
  outcome: Outcome,
  deps: ReportDeps,
): void {
  const { store, now } = deps;
  const parts = store.sends.partsOf(send.id);
  store.sends.cancelRest(send.id, now());
  const told = parts[0]?.told ?? '';
  const isOpen = to === 'overdue' || to === 'doubtful';
  if (told === 'UNKNOWN' && !isOpen) store.sends.setTold(send.id, 'FAILED');
  if (told !== '' && told !== 'SENT') return;
  const message = `${error.message}${whatWentBefore(send, parts)}`;
  tell(send.id, 'FAILED', { ...outcome, error: { ...error, message } }, deps);
  if (isOpen) store.sends.setTold(send.id, 'UNKNOWN');
}

/** A sentence on the parts that are out already, with the space before it; empty when there is none. */
function whatWentBefore(send: StoredSend, parts: readonly StoredSend[]): string {
  if (parts.length < 2) return '';
  const others = parts.filter((part) => part.position !== send.position);
  const gone = others.filter(({ state }) => state !== 'accepted' && state !== 'failed').length;
  const left = gone === 0 ? 'none of the others went out' : `${gone} of its parts went out`;
  return ` This was part ${send.part + 1} of ${send.parts}; ${left}.`;
}

function tell(id: string, status: StatusEntry['status'], outcome: Outcome, deps: ReportDeps): void {
  const { channel, at, guid, error } = outcome;
  const entry: StatusEntry = {
    kind: 'status',
    id,
    status,
    channel,
    at,
    ...(error === undefined ? {} : { error }),
    ...(guid === undefined ? {} : { guid }),
  };
  deps.append([entry]);
  deps.store.sends.setTold(id, status);
  deps.log.info({ id, guid, channel, code: error?.code }, status.toLowerCase());
}
