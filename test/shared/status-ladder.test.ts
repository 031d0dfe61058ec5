import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AnnouncedStatus,
  climb,
  MESSAGE_STATUSES,
  type MessageStatus,
  STATUS_EVENTS,
} from '../../shared/status-ladder.ts';

const HEIGHT: Record<MessageStatus, number> = {
  QUEUED: 0,
  DISPATCHED: 1,
  SENT: 2,
  DELIVERED: 3,
  READ: 4,
  FAILED: 5,
};

describe.each(MESSAGE_STATUSES)('a message that is %s', (status) => {
  test.each(STATUS_EVENTS)('never descends on %s', (event) => {
    expect(HEIGHT[climb(status, event).next]).toBeGreaterThanOrEqual(HEIGHT[status]);
  });

  test.each(STATUS_EVENTS)('announces something on %s only when it climbs to it', (event) => {
    const { next, announce } = climb(status, event);
    if (next === status) expect(announce).toEqual([]);
    else expect(announce.at(-1) ?? 'DISPATCHED').toEqual(next);
  });
});

test('FAILED is final', () => {
  for (const event of STATUS_EVENTS) expect(climb('FAILED', event)).toEqual({ next: 'FAILED', announce: [] });
});

test('what is delivered cannot fail', () => {
  expect(climb('DELIVERED', 'FAILED')).toEqual({ next: 'DELIVERED', announce: [] });
  expect(climb('READ', 'FAILED')).toEqual({ next: 'READ', announce: [] });
});

test('whatever arrives in whatever order, each status is announced once and SENT comes before DELIVERED', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...STATUS_EVENTS), { maxLength: 30 }), (events) => {
      let status: MessageStatus = 'QUEUED';
      const told: AnnouncedStatus[] = [];
      for (const event of events) {
        const rung = climb(status, event);
        status = rung.next;
        told.push(...rung.announce);
      }
      expect(new Set(told).size).toBe(told.length);
      if (told.includes('DELIVERED')) expect(told.indexOf('SENT')).toBeLessThan(told.indexOf('DELIVERED'));
      if (told.includes('SENT')) expect(told.indexOf('SENT')).toBe(0);
      if (told.includes('FAILED')) expect(told.at(-1)).toBe('FAILED');
    }),
  );
});
