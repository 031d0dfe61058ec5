import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  changeBody,
  messageBody,
  reactionBody,
  rfc3339,
  statusUpdateBody,
} from '../../../hub/webhooks/events.ts';
import {
  editEventSchema,
  messageEventSchema,
  reactionEventSchema,
  statusUpdateSchema,
  unsendEventSchema,
} from '../../../shared/api/webhook-events.ts';
import { failure } from '../../../shared/failure-codes.ts';

const outgoing = {
  location_id: 'w',
  message_id: 'msg_001',
  user_id: '7',
  phone: '+12145550100',
  channel: 'sms',
} as const;

describe('webhook bodies', () => {
  test('a status update is what the contract says, with an error on FAILED alone', () => {
    const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
    for (const status of ['SENT', 'DELIVERED', 'FAILED'] as const) {
      const update: unknown = JSON.parse(statusUpdateBody(outgoing, status, at, failure('network')));
      expect(statusUpdateSchema.strict().parse(update)).toEqual({
        type: 'STATUS-UPDATE',
        ...outgoing,
        status,
        timestamp: '2026-01-02T03:04:05.006Z',
        ...(status === 'FAILED' ? { error: failure('network') } : {}),
      });
    }
  });

  test('a message is what the contract says, its text unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.maxSafeInteger(), (text, at) => {
        const body = messageBody(
          {
            id: 'm',
            location_id: 'w',
            device_id: 'd',
            phone: '72975',
            text,
            attachments: [],
            channel: 'rcs',
          },
          at,
        );
        const event = messageEventSchema.strict().parse(JSON.parse(body));
        expect(event).toMatchObject({
          type: 'MESSAGE',
          message: text,
          isMe: false,
          message_id: 'm',
          device_id: 'd',
        });
      }),
    );
  });

  test('reactions, edits and unsends are what their schemas say, in a group and alone', () => {
    const group = { id: 'group:1', name: null, participants: ['+12145550100'] };
    for (const place of [undefined, group]) {
      const { user_id: _, ...named } = outgoing;
      const about = { ...named, device_id: 'd', isMe: false, group: place };
      const put = { part: 0, reaction: 'love', emoji: undefined, removed: false } as const;
      const shown = place && { group: { id: 'group:1', name: null }, participants: place.participants };
      const parsed = [
        reactionEventSchema.strict().parse(JSON.parse(reactionBody(about, put, 0))),
        editEventSchema.strict().parse(JSON.parse(changeBody('EDIT', about, 'new', 0))),
        unsendEventSchema
          .strict()
          .parse(JSON.parse(changeBody('UNSEND', { ...about, message_id: null }, '', 0))),
      ];
      expect(parsed).toMatchObject([
        { type: 'REACTION', reaction: 'love', message_id: 'msg_001', ...shown },
        { type: 'EDIT', message: 'new', ...shown },
        { type: 'UNSEND', message: '', message_id: null, ...shown },
      ]);
      expect(parsed.some((event) => 'group' in event)).toBe(place !== undefined);
    }
  });

  test('every time a device can report becomes a timestamp', () => {
    expect(rfc3339(0)).toBe('1970-01-01T00:00:00.000Z');
    expect(rfc3339(-1)).toBe('1970-01-01T00:00:00.000Z');
    expect(rfc3339(Number.MAX_SAFE_INTEGER)).toBe('9999-12-31T23:59:59.999Z');
  });
});
