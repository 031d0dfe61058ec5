import { describe, expect, test } from 'vitest';
import { applyStatus, refusalCounts } from '../../../hub/status/apply-status.ts';
import { failure } from '../../../shared/failure-codes.ts';
import { climb, MESSAGE_STATUSES, STATUS_EVENTS } from '../../../shared/status-ladder.ts';

describe('applying evidence', () => {
  test('follows the ladder for every status and event, and announces READ only to those who asked', () => {
    for (const status of MESSAGE_STATUSES)
      for (const event of STATUS_EVENTS) {
        const error = status === 'FAILED' ? failure('network') : null;
        const { standing, announce } = applyStatus(
          { status, channel: 'imessage', error },
          { event, channel: 'sms' },
          { tellRead: false },
        );
        expect(standing.status).toBe(climb(status, event).next);
        expect(announce).toEqual(climb(status, event).announce.filter((one) => one !== 'READ'));
        const told = applyStatus(
          { status, channel: 'imessage', error },
          { event, channel: 'sms' },
          { tellRead: true },
        );
        expect(told).toEqual({ standing, announce: climb(status, event).announce });
        expect(standing.error === null).toBe(standing.status !== 'FAILED');
        expect(standing.channel).toBe(status === 'FAILED' ? 'imessage' : 'sms');
      }
  });

  test('a failure without a reason is a rejection; the reason of a FAILED message stays', () => {
    const sent = { status: 'SENT', channel: 'imessage', error: null } as const;
    expect(applyStatus(sent, { event: 'FAILED' }, { tellRead: true }).standing.error?.code).toBe('rejected');
    const failed = { ...sent, status: 'FAILED', error: failure('network') } as const;
    const later = applyStatus(failed, { event: 'FAILED', error: failure('rejected') }, { tellRead: true });
    expect(later.standing.error?.code).toBe('network');
  });

  test('a refusal counts until the device has proved otherwise', () => {
    expect(MESSAGE_STATUSES.filter(refusalCounts)).toEqual(['QUEUED', 'DISPATCHED']);
  });
});
