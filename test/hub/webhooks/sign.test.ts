import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { createSigningSecret } from '../../../hub/credentials/tokens.ts';
import { signWebhook, toSeconds } from '../../../hub/webhooks/sign.ts';

describe('a signature', () => {
  test('is the one that the standardwebhooks library makes, whatever the body', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.uuid(),
        fc.integer({ min: 0, max: 4e12 }),
        (text, id, at) => {
          const secret = createSigningSecret();
          const body = JSON.stringify({ text });
          expect(signWebhook(secret, id, at, body)).toBe(new Webhook(secret).sign(id, new Date(at), body));
        },
      ),
    );
  });

  test('is accepted by the library with the headers that go with it', () => {
    const secret = createSigningSecret();
    const at = Date.now();
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(toSeconds(at)),
      'webhook-signature': signWebhook(secret, 'msg_1', at, '{"a":1}'),
    };
    expect(new Webhook(secret).verify('{"a":1}', headers)).toEqual({ a: 1 });
    expect(() => new Webhook(secret).verify('{"a":2}', headers)).toThrow();
    expect(() => new Webhook(createSigningSecret()).verify('{"a":1}', headers)).toThrow();
  });

  test('agrees with the published vector in ../shared/vectors', (context) => {
    const file = join(import.meta.dirname, '../../../../shared/vectors/http/standard-webhooks-vectors.json');
    if (!existsSync(file)) context.skip('the folder ../shared/vectors is not beside this checkout');
    const { sign } = JSON.parse(readFileSync(file, 'utf8')) as {
      sign: { secret: string; id: string; timestamp: number; payload: string; signature: string }[];
    };
    expect(sign.length).toBeGreaterThan(0);
    for (const { secret, id, timestamp, payload, signature } of sign)
      expect(signWebhook(secret, id, timestamp * 1_000, payload)).toBe(signature);
  });
});
