import { describe, expect, test } from 'vitest';
import { createCode, hashCode } from '../../../hub/credentials/tokens.ts';
import { PROTOCOL_VERSION } from '../../../shared/wire/protocol-version.ts';
import { JSON_TYPE, TestHub } from '../kit/test-hub.ts';

async function announce(hub: TestHub, kind = 'mac'): Promise<string> {
  return String((await hub.api('POST', '/api/enrollments', { name: 'Mac', kind })).body.code);
}

describe('a pairing code', () => {
  test('is traded once for a credential', async () => {
    await using hub = await TestHub.start();
    const code = await announce(hub);
    const first = await hub.pair(code);
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ device_name: 'Mac' });
    expect(first.body.token).toMatch(/^[\w-]{43}$/);
    const again = await hub.pair(code);
    expect(again.status).toBe(400);
    expect(again.body).toMatchObject({ code: 'invalid_code', details: [{ field: 'code' }] });
    expect(again.body.message).toContain('No Mac is waiting with this code');
    expect(JSON.stringify(hub.logLines)).not.toContain(String(first.body.token));
    expect(JSON.stringify(hub.logLines)).not.toContain(code);
  });

  test('is traded once however many try at the same time', async () => {
    await using hub = await TestHub.start();
    const code = await announce(hub);
    const answers = await Promise.all(Array.from({ length: 8 }, () => hub.pair(code)));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      201,
      ...Array.from({ length: 7 }, () => 400),
    ]);
  });

  test('may be typed the way people type', async () => {
    await using hub = await TestHub.start();
    const code = await announce(hub);
    const sloppy = ` ${code.toLowerCase().replace('-', ' – ').replaceAll('0', 'o').replaceAll('1', 'l')} `;
    expect((await hub.pair(sloppy)).status).toBe(201);
  });

  test('expires after ten minutes', async () => {
    let now = Date.now();
    await using hub = await TestHub.start({}, { now: () => now });
    const code = await announce(hub);
    now += 10 * 60_000 + 1;
    expect((await hub.pair(code)).body).toMatchObject({ code: 'invalid_code' });
  });

  test('is for the kind of device it was made for', async () => {
    await using hub = await TestHub.start();
    const code = await announce(hub, 'android');
    expect((await hub.pair(code)).body).toMatchObject({ code: 'invalid_code' });
  });

  test('is not spent by a device of another protocol, which hears both numbers', async () => {
    await using hub = await TestHub.start();
    const code = await announce(hub);
    const refused = await hub.pair(code, { protocol: 99 });
    expect(refused.status).toBe(426);
    expect(refused.body).toMatchObject({ code: 'unsupported_protocol' });
    expect(refused.body.error).toMatch(new RegExp(`protocol 99.*protocol ${PROTOCOL_VERSION}`));
    expect((await hub.pair(code, { protocol: 0 })).status).toBe(426);
    const stranger = await hub.call('POST', '/api/pair', {
      headers: JSON_TYPE,
      body: JSON.stringify({ protocol: PROTOCOL_VERSION + 1, secret_handshake: [] }),
    });
    expect(stranger.status).toBe(426);
    expect((await hub.pair(code)).status).toBe(201);
  });

  test('cannot be guessed: the source is throttled, and the real code waits unharmed', async () => {
    await using hub = await TestHub.start();
    await announce(hub);
    const statuses: number[] = [];
    for (let tries = 0; tries < 15; tries += 1) statuses.push((await hub.pair(createCode())).status);
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 400));
    expect(statuses.slice(10)).toEqual(Array.from({ length: 5 }, () => 429));
  });

  test.each([
    '',
    '{}',
    '[]',
    '{"protocol":"1"}',
    `{"protocol":${PROTOCOL_VERSION}}`,
    `{"protocol":${PROTOCOL_VERSION},"code":{}}`,
    'null',
  ])('asked for with %j gets a 400 with a sentence', async (body) => {
    await using hub = await TestHub.start();
    const answer = await hub.call('POST', '/api/pair', { headers: JSON_TYPE, body });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatch(/\.$/);
  });
});

test('codes differ, and hash alike however they are typed', () => {
  const codes = Array.from({ length: 500 }, createCode);
  expect(new Set(codes).size).toBe(500);
  for (const code of codes) expect(hashCode(code.toLowerCase().replace('-', ''))).toBe(hashCode(code));
});
