/**
 * Where a part of a message stands on this Mac: each file and the text is a part, with a row of its own in chat.db.
 *
 *     accepted ─→ attempting ─→ handed_over ─┐
 *       ↑  ↑          │  └────→ unknown ─────┼─→ matched ─→ sent ─→ delivered ─→ read
 *       │  └ not sent ┘            │         │    │ │ │      ├───→ settled   (no receipt will come)
 *       │                          ↓         │    │ │ └──────┴───→ failed
 *       │                       overdue ─────┘    │ └→ doubtful ─→ sent, failed
 *       └──── the row proves: not reachable ──────┘
 *
 * `unknown` is never attempted again. `overdue` was reported as FAILED send_timeout_unknown, and its row is still
 * looked for; `doubtful` was so too, and has a row without any flag. A row may be found in any state that an attempt
 * has been made in. Only a row that proves that its channel does not reach the recipient leads back from there, to an
 * attempt on another channel.
 */
export const SEND_STATES = [
  'accepted',
  'attempting',
  'handed_over',
  'unknown',
  'overdue',
  'matched',
  'doubtful',
  'sent',
  'settled',
  'delivered',
  'read',
  'failed',
] as const;
export type SendState = (typeof SEND_STATES)[number];

/** What can happen to a part. */
export type SendEvent =
  /** The attempt is on disk; osascript comes next. */
  | 'attempt'
  /** osascript came back without an error. */
  | 'returned'
  /** Nothing tells whether Messages got it. */
  | 'unclear'
  /** Messages provably did not get it; it may be tried again. */
  | 'not_sent'
  /** Messages provably did not get it, and trying again is of no use. */
  | 'refused'
  /** Its row in chat.db was found. */
  | 'row_found'
  | 'row_sent'
  | 'row_delivered'
  | 'row_read'
  | 'row_failed'
  /** The row proves that the recipient is not on this channel; another one is left. */
  | 'row_unreachable'
  /** The row will not tell more. */
  | 'row_final'
  /** No row within the deadline, or no flag on it within the patience for that. */
  | 'deadline';

const stay = Symbol('stay');

/** Every state with what each event makes of it; `stay`: the event means nothing there. */
const TRANSITIONS: Record<SendState, Record<SendEvent, SendState | typeof stay>> = {
  accepted: {
    attempt: 'attempting',
    returned: stay,
    unclear: stay,
    not_sent: stay,
    refused: 'failed',
    row_found: 'matched',
    row_sent: stay,
    row_delivered: stay,
    row_read: stay,
    row_failed: stay,
    row_unreachable: stay,
    row_final: stay,
    deadline: stay,
  },
  attempting: {
    attempt: stay,
    returned: 'handed_over',
    unclear: 'unknown',
    not_sent: 'accepted',
    refused: 'failed',
    row_found: 'matched',
    row_sent: stay,
    row_delivered: stay,
    row_read: stay,
    row_failed: stay,
    row_unreachable: stay,
    row_final: stay,
    deadline: stay,
  },
  handed_over: {
    attempt: stay,
    returned: stay,
    unclear: stay,
    not_sent: stay,
    refused: stay,
    row_found: 'matched',
    row_sent: stay,
    row_delivered: stay,
    row_read: stay,
    row_failed: stay,
    row_unreachable: stay,
    row_final: stay,
    deadline: 'overdue',
  },
  unknown: {
    attempt: stay,
    returned: stay,
    unclear: stay,
    not_sent: stay,
    refused: stay,
    row_found: 'matched',
    row_sent: stay,
    row_delivered: stay,
    row_read: stay,
    row_failed: stay,
    row_unreachable: stay,
    row_final: stay,
    deadline: 'overdue',
  },
  overdue: {
    attempt: stay,
    returned: stay,
    unclear: stay,
    not_sent: stay,
    refused: stay,
    row_found: 'matched',
    row_sent: stay,
    row_delivered: stay,
    row_read: stay,
    row_failed: stay,
    row_unreachable: stay,
    row_final: 'failed',
    deadline: stay,
  },
  matched: {
    attempt: stay,
    returned: stay,
    unclear: stay,
    not_sent: stay,
    refused: stay,
    row_found: stay,
    row_sent: 'sent',
    row_delivered: stay,
    row_read: stay,
    row_failed: 'failed',
    row_unreachable: 'accepted',
    row_final: stay,
    deadline: 'doubtful',
  },
  doubtful: {
    attempt: stay,
    returned: stay,
    unclear: stay,
    not_sent: stay,
    refused: stay,
    row_found: stay,
    row_sent: 'sent',
    row_delivered: stay,
    row_read: stay,
    row_failed: 'failed',
    row_unreachable: stay,
    row_final: 'failed',
    deadline: stay,
  },
  sent: {
    attempt: stay,
    returned: stay,
    unclear: stay,
    not_sent: stay,
    refused: stay,
    row_found: stay,
    row_sent: stay,
    row_delivered: 'delivered',
    row_read: stay,
    row_failed: 'failed',
    row_unreachable: stay,
    row_final: 'settled',
    deadline: stay,
  },
  settled: {
    attempt: stay,
    returned: stay,
    unclear: stay,
    not_sent: stay,
    refused: stay,
    row_found: stay,
    row_sent: stay,
    row_delivered: stay,
    row_read: stay,
    row_failed: stay,
    row_unreachable: stay,
    row_final: stay,
    deadline: stay,
  },
  delivered: {
    attempt: stay,
    returned: stay,
    unclear: stay,
    not_sent: stay,
    refused: stay,
    row_found: stay,
    row_sent: stay,
    row_delivered: stay,
    row_read: 'read',
    row_failed: stay,
    row_unreachable: stay,
    row_final: stay,
    deadline: stay,
  },
  read: {
    attempt: stay,
    returned: stay,
    unclear: stay,
    not_sent: stay,
    refused: stay,
    row_found: stay,
    row_sent: stay,
    row_delivered: stay,
    row_read: stay,
    row_failed: stay,
    row_unreachable: stay,
    row_final: stay,
    deadline: stay,
  },
  failed: {
    attempt: stay,
    returned: stay,
    unclear: stay,
    not_sent: stay,
    refused: stay,
    row_found: stay,
    row_sent: stay,
    row_delivered: stay,
    row_read: stay,
    row_failed: stay,
    row_unreachable: stay,
    row_final: stay,
    deadline: stay,
  },
};

export function nextState(state: SendState, event: SendEvent): SendState {
  const next = TRANSITIONS[state][event];
  return next === stay ? state : next;
}
