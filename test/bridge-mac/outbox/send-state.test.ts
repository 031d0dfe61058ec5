import { describe, expect, test } from 'vitest';
import {
  nextState,
  SEND_STATES,
  type SendEvent,
  type SendState,
} from '../../../bridge-mac/outbox/send-state.ts';

const EVENTS: SendEvent[] = [
  'attempt',
  'returned',
  'unclear',
  'not_sent',
  'refused',
  'row_found',
  'row_sent',
  'row_delivered',
  'row_read',
  'row_failed',
  'row_unreachable',
  'row_final',
  'deadline',
];

/** Every state that some chain of events leads to. */
function reachableFrom(start: SendState, events = EVENTS): Set<SendState> {
  const reached = new Set<SendState>([start]);
  for (const state of reached) for (const event of events) reached.add(nextState(state, event));
  return reached;
}

describe('the states of a send', () => {
  test('are all reachable from acceptance', () => {
    expect([...reachableFrom('accepted')].toSorted()).toEqual([...SEND_STATES].toSorted());
  });

  test.each(['settled', 'read', 'failed'] as const)('end with %s', (state) => {
    for (const event of EVENTS) expect(nextState(state, event)).toBe(state);
  });

  test.each(['handed_over', 'unknown', 'overdue', 'matched', 'doubtful', 'sent'] as const)(
    'never lead from %s to another attempt, unless its row proves that the channel does not reach the recipient',
    (state) => {
      const reached = reachableFrom(
        state,
        EVENTS.filter((event) => event !== 'row_unreachable'),
      );
      expect(reached.has('accepted')).toBe(false);
      expect(reached.has('attempting')).toBe(false);
    },
  );

  test('lead to another attempt only when the one before provably reached nobody', () => {
    const back = EVENTS.filter((event) => nextState('attempting', event) === 'accepted');
    expect(back).toEqual(['not_sent']);
  });

  test('take such proof from a row alone that says neither sent nor failed yet', () => {
    const back = SEND_STATES.filter((state) => nextState(state, 'row_unreachable') !== state);
    expect(back).toEqual(['matched']);
  });

  test('have no DELIVERED without SENT', () => {
    const before = SEND_STATES.filter(
      (state) => state !== 'delivered' && nextState(state, 'row_delivered') === 'delivered',
    );
    expect(before).toEqual(['sent']);
  });
});
