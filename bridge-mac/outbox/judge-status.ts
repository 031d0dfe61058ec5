import { type Failure, type FailureCode, failure } from '../../shared/failure-codes.ts';
import type { StatusEntry } from '../../shared/wire/journal.ts';
import type { RowStatus } from '../chat-db/own-rows.ts';
import type { StoredSend } from '../store/send-store.ts';
import { nextState, type SendEvent, type SendState } from './send-state.ts';

/** What a look at the row of a send leads to: its next state, and what the hub is told, in order. */
export interface Progress {
  state: SendState;
  entries: StatusEntry[];
}

const FAILURE_OF_ERROR: Readonly<Record<number, FailureCode>> = {
  3: 'network',
  6: 'network',
  8: 'network',
  9: 'network',
  22: 'not_on_imessage',
  25: 'attachment_unavailable',
  41: 'attachment_unavailable',
};

/** Reads SENT, DELIVERED and FAILED off the row of a matched send. SENT is told first, always. */
export function judgeStatus(send: StoredSend, row: RowStatus, now: number): Progress {
  const { channel } = row;
  const progress: Progress = { state: send.state, entries: [] };
  const step = (event: SendEvent, status?: StatusEntry['status'], at = now, error?: Failure): void => {
    const next = nextState(progress.state, event);
    if (next === progress.state) return;
    progress.state = next;
    if (status === undefined) return;
    const about = { kind: 'status', id: send.id, status, channel, at, guid: row.guid } as const;
    progress.entries.push(error === undefined ? about : { ...about, error });
  };

  if (row.error !== 0) {
    step('row_failed', 'FAILED', now, explainError(row.error));
    return progress;
  }
  if (row.sent || row.delivered) step('row_sent', 'SENT');
  if (row.delivered && channel !== 'sms')
    step('row_delivered', 'DELIVERED', Math.min(row.deliveredAt ?? now, now));
  // SMS has no receipt: SENT is its last state.
  if (channel === 'sms') step('row_final');
  return progress;
}

function explainError(error: number): Failure {
  const code = FAILURE_OF_ERROR[error];
  if (code !== undefined) return failure(code);
  return failure('rejected', `Messages noted error ${error}.`);
}
