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
  'row_failed',
  'row_final',
  'deadline',
];

/** Every state that some chain of events leads to. */
function reachableFrom(start: SendState): Set<SendState> {
  const reached = new Set<SendState>([start]);
  for (const state of reached) for (const event of EVENTS) reached.add(nextState(state, event));
  return reached;
}

describe('the states of a send', () => {
  test('are all reachable from acceptance', () => {
    expect([...reachableFrom('accepted')].toSorted()).toEqual([...SEND_STATES].toSorted());
  });

  test.each(['settled', 'delivered', 'failed'] as const)('end with %s', (state) => {
    for (const event of EVENTS) expect(nextState(state, event)).toBe(state);
  });

  test.each(['handed_over', 'unknown', 'overdue', 'matched', 'sent'] as const)(
    'never lead from %s to another attempt',
    (state) => {
      const reached = reachableFrom(state);
      expect(reached.has('accepted')).toBe(false);
      expect(reached.has('attempting')).toBe(false);
    },
  );

  test('lead to another attempt only when the one before provably reached nobody', () => {
    const back = EVENTS.filter((event) => nextState('attempting', event) === 'accepted');
    expect(back).toEqual(['not_sent']);
  });

  test('have no DELIVERED without SENT', () => {
    const before = SEND_STATES.filter(
      (state) => state !== 'delivered' && nextState(state, 'row_delivered') === 'delivered',
    );
    expect(before).toEqual(['sent']);
  });
});
