import { describe, expect, test } from 'vitest';
import { hashToken } from '../../../hub/credentials/tokens.ts';
import { RateLimit } from '../../../hub/ingest/rate-limit.ts';
import type { ApiError } from '../../../shared/api/errors.ts';
import { errorBodySchema } from '../../../shared/api/errors.ts';
import { TestHub } from '../kit/test-hub.ts';
import { addLine } from '../store/contract/fixtures.ts';
import { openIngest } from './fixtures.ts';

describe('a workspace with a limit', () => {
  test('is refused with 429 and Retry-After beyond it, and nothing of that is accepted', async () => {
    await using opened = await openIngest({}, { perMinute: 3 });
    const bodies = Array.from({ length: 5 }, () => opened.body());
    const answers = await Promise.all(bodies.map((body) => opened.post(body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429]);
    const refused = answers.filter(({ status }) => status === 429);
    for (const { body, headers } of refused) {
      expect(errorBodySchema.parse(body)).toMatchObject({ code: 'rate_limited', details: [] });
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
    }
    const { items } = await opened.store.listMessages({}, { limit: 10 });
    expect(items).toHaveLength(3);
  });

  test('uses it up with repetitions and with what is refused, but strangers cannot use it up', async () => {
    await using opened = await openIngest({ require_api_key: true }, { perMinute: 3 });
    const { location_id } = opened;

    const key = { id: 'k', location_id, name: 'CRM', hash: hashToken('right'), created_at: 0 };
    await opened.store.createApiKey(key);
    const post = (body: unknown, key = 'right') =>
      opened.post(body, { authorization: `Bearer ${key}` }).then(({ status }) => status);
    const body = opened.body();
    for (let stranger = 0; stranger < 5; stranger += 1) expect(await post(body, 'wrong')).toBe(401);
    expect(await post(body)).toBe(200);
    expect(await post(body)).toBe(200);
    expect(await post(opened.body({ phone: 'nobody' }))).toBe(400);
    expect(await post(body)).toBe(429);
  });

  test('takes nothing from another workspace', async () => {
    await using opened = await openIngest({}, { perMinute: 1 });
    const other = await addLine(opened.store);
    expect((await opened.post(opened.body())).status).toBe(200);
    expect((await opened.post(opened.body())).status).toBe(429);
    const { status } = await opened.post(opened.body({ location_id: other.location_id }));
    expect(status).toBe(200);
  });

  test('may ask to wait for a minute at most, even when the clock is set back an hour meanwhile', async () => {
    const limit = new RateLimit(1);
    await limit.count('a');
    const { now } = Date;
    Date.now = () => now() - 3_600_000;
    try {
      const refusal = await limit.count('a').catch((error: ApiError) => error);
      expect(refusal).toMatchObject({ code: 'rate_limited' });
      expect((refusal as ApiError).retryAfter).toBeLessThanOrEqual(60);
    } finally {
      Date.now = now;
    }
  });
});

test('HUB_RATE_LIMIT sets it, each answer says when to come back, and the hub counts them', async () => {
  await using hub = await TestHub.start({ HUB_RATE_LIMIT: '2' });
  const mac = await hub.pairMac();
  const { id } = await hub.join(mac.id);
  for (const n of [1, 2]) expect((await hub.send(id, `m${n}`)).status).toBe(200);
  const refused = await hub.send(id, 'm3');
  expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  const { body } = await hub.call('GET', '/metrics');
  expect(body).toContain('rejected_total{code="rate_limited"} 1');
  const kept = await hub.api('GET', `/api/messages?workspace=${id}`);
  expect(kept.body.items).toHaveLength(2);
});
