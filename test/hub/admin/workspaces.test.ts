import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MASK } from '../../../shared/api/workspaces.ts';
import { ADMIN_TOKEN, type Answer, JSON_TYPE, TestHub } from '../kit/test-hub.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await TestHub.start();
});
afterAll(() => hub[Symbol.asyncDispose]());

function expectRefusal(answer: Answer, code: string, field?: string): void {
  expect(answer.body).toMatchObject({ status: 'error', code });
  if (field !== undefined) {
    const details = answer.body.details as unknown as { field: string; message: string }[];
    expect(details.map((detail) => detail.field)).toContain(field);
    expect(String(answer.body.error)).toContain(field);
  }
}

describe('the admin token', () => {
  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    `Basic ${ADMIN_TOKEN}`,
    ADMIN_TOKEN,
    `Bearer ${ADMIN_TOKEN}x`,
    `Bearer ${ADMIN_TOKEN.slice(0, -1)}`,
  ])('%j does not open /api', async (authorization) => {
    const answer = await hub.call('GET', '/api/workspaces', {
      headers: authorization === undefined ? {} : { authorization },
    });
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ code: 'unauthorized' });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('opens /api whatever the case of "bearer"', async () => {
    const answer = await hub.call('GET', '/api/workspaces', {
      headers: { authorization: `bearer ${ADMIN_TOKEN}` },
    });
    expect(answer.status).toBe(200);
  });

  test('guessed at length is throttled, with Retry-After', async () => {
    await using guarded = await TestHub.start();
    const guess = () => guarded.call('GET', '/api/devices', { headers: { authorization: 'Bearer guess' } });
    const statuses: number[] = [];
    for (let tries = 0; tries < 40; tries += 1) statuses.push((await guess()).status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    const refused = await guess();
    expect(refused.body).toMatchObject({ code: 'rate_limited' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('creating a workspace', () => {
  test('answers an unguessable location_id and the signing secret, once', async () => {
    const { status, body } = await hub.api('POST', '/api/workspaces', {
      name: ' Acme ',
      address: '1 Main St',
      email: 'ops@acme.example',
      phone: '+1 214 555 0100',
      url: 'https://acme.example/hook?x=1',
      headers: [{ key: 'Authorization', value: 'Bearer very-secret' }],
      require_api_key: true,
    });
    expect(status).toBe(201);
    expect(body.location_id).toMatch(/^[0-9a-f]{32}$/);
    expect(body.signing_secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const shown = {
      location_id: body.location_id,
      name: 'Acme',
      address: '1 Main St',
      email: 'ops@acme.example',
      url: 'https://acme.example/hook?x=1',
      headers: [{ key: 'Authorization', value: MASK }],
      connected: false,
      require_api_key: true,
      webhook_enabled: true,
      webhook_disabled_reason: null,
      devices: [],
    };
    expect(body).toMatchObject(shown);
    const read = await hub.api('GET', `/api/workspaces/${body.location_id}`);
    expect(read.body).toMatchObject(shown);
    expect(read.body).not.toHaveProperty('signing_secret');
    expect(JSON.stringify(read.body)).not.toContain('very-secret');
    expect(read.body.created_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(JSON.stringify(hub.logLines)).not.toContain('very-secret');
    expect(JSON.stringify(hub.logLines)).not.toContain(String(body.signing_secret));
    expect(JSON.stringify(hub.logLines)).not.toContain(String(body.location_id));
  });

  test.each([
    [{}, 'missing_field', 'name'],
    [{ name: '' }, 'invalid_field', 'name'],
    [{ name: 5 }, 'invalid_field', 'name'],
    [{ name: 'x'.repeat(201) }, 'invalid_field', 'name'],
    [{ name: 'x', email: 'nobody' }, 'invalid_field', 'email'],
    [{ name: 'x', url: '/relative' }, 'invalid_field', 'url'],
    [{ name: 'x', url: 'ftp://x.example' }, 'invalid_field', 'url'],
    [{ name: 'x', url: 'https://x.example/a\nb' }, 'invalid_field', 'url'],
    [{ name: 'x', url: 'javascript:alert(1)' }, 'invalid_field', 'url'],
    [{ name: 'x', url: 'https://user:pw@x.example' }, 'invalid_field', 'url'],
    [{ name: 'x', url: `https://x.example/${'a'.repeat(3000)}` }, 'invalid_field', 'url'],
    [{ name: 'x', headers: {} }, 'invalid_field', 'headers'],
    [{ name: 'x', headers: [{ key: 'a' }] }, 'missing_field', 'headers[0].value'],
    [
      {
        name: 'x',
        headers: [
          { key: 'a', value: 'b' },
          { key: 'A', value: 'c' },
        ],
      },
      'invalid_field',
      'headers[1].key',
    ],
    [{ name: 'x', headers: [{ key: 'a', value: MASK }] }, 'invalid_field', 'headers[0].value'],
    [
      { name: 'x', headers: Array.from({ length: 51 }, (_, n) => ({ key: `h${n}`, value: 'v' })) },
      'invalid_field',
      'headers',
    ],
    [{ name: 'x', clone_from: '0'.repeat(32) }, 'invalid_field', 'clone_from'],
    [{ name: 'x', require_api_key: 'yes' }, 'invalid_field', 'require_api_key'],
  ])('from %j is refused', async (body, code, field) => {
    const answer = await hub.api('POST', '/api/workspaces', body);
    expect(answer.status).toBe(400);
    expectRefusal(answer, code, field);
  });

  test.each([
    'webhook-id',
    'Webhook-Timestamp',
    'WEBHOOK-SIGNATURE',
    'host',
    'Content-Length',
    'content-type',
    'transfer-encoding',
    'connection',
    '',
    'with space',
    'colon:',
    'new\nline',
    'ümlaut',
    'x'.repeat(257),
  ])('with a header named %j is refused', async (key) => {
    const answer = await hub.api('POST', '/api/workspaces', { name: 'x', headers: [{ key, value: 'v' }] });
    expect(answer.status).toBe(400);
    expectRefusal(answer, 'invalid_field', 'headers[0].key');
  });

  test.each(['a\r\nx-injected: 1', 'a\nb', 'a\rb', 'nul\0', '\x7f', '你好', '\x1b[31m'])(
    'with a header value %j is refused',
    async (value) => {
      const answer = await hub.api('POST', '/api/workspaces', {
        name: 'x',
        headers: [{ key: 'x-a', value }],
      });
      expect(answer.status).toBe(400);
      expectRefusal(answer, 'invalid_field', 'headers[0].value');
    },
  );

  test('as a clone takes over how events are sent, and nothing that grants access', async () => {
    const model = await hub.createWorkspace({
      url: 'https://model.example/hook',
      headers: [{ key: 'x-tenant', value: 'model-secret' }],
      require_api_key: true,
    });
    const { body } = await hub.api('POST', '/api/workspaces', { name: 'Clone', clone_from: model.id });
    expect(body).toMatchObject({
      name: 'Clone',
      url: 'https://model.example/hook',
      headers: [{ key: 'x-tenant', value: MASK }],
      require_api_key: true,
      connected: false,
      devices: [],
    });
    expect(body.location_id).not.toBe(model.id);
    expect(body.signing_secret).not.toBe(model.secret);
    const own = await hub.api('POST', '/api/workspaces', {
      name: 'Own',
      clone_from: model.id,
      url: null,
      headers: [],
    });
    expect(own.body).toMatchObject({ url: null, headers: [], require_api_key: true });
  });
});

describe('editing a workspace', () => {
  test('changes what is given, and a mask keeps the stored value', async () => {
    const { id } = await hub.createWorkspace({
      url: 'https://a.example',
      headers: [
        { key: 'X-Keep', value: 'kept-value' },
        { key: 'X-Change', value: 'old' },
      ],
    });
    const edited = await hub.api('PATCH', `/api/workspaces/${id}`, {
      headers: [
        { key: 'x-keep', value: MASK },
        { key: 'x-change', value: 'new' },
      ],
      email: null,
    });
    expect(edited.status).toBe(200);
    expect(edited.body).toMatchObject({ name: 'CRM', url: 'https://a.example', email: null });
    const clone = await hub.api('POST', '/api/workspaces', {
      name: 'Clone',
      clone_from: id,
      headers: [{ key: 'x-keep', value: MASK }],
    });
    expect(clone.status).toBe(201);
    expect((await hub.api('PATCH', `/api/workspaces/${id}`, { url: null })).body).toMatchObject({
      url: null,
    });
  });

  test('judges as creating does', async () => {
    const { id } = await hub.createWorkspace();
    const patch = (body: unknown) => hub.api('PATCH', `/api/workspaces/${id}`, body);
    expectRefusal(await patch({ url: 'ftp://x' }), 'invalid_field', 'url');
    expectRefusal(
      await patch({ headers: [{ key: 'webhook-id', value: 'v' }] }),
      'invalid_field',
      'headers[0].key',
    );
    expectRefusal(
      await patch({ headers: [{ key: 'x', value: 'a\nb' }] }),
      'invalid_field',
      'headers[0].value',
    );
    expectRefusal(await patch({ name: '' }), 'invalid_field', 'name');
    expectRefusal(await patch('text'), 'invalid_field');
    expectRefusal(await patch(null), 'invalid_field');
  });

  test('switches the webhook off and on', async () => {
    const { id } = await hub.createWorkspace({ url: 'https://a.example' });
    const off = await hub.api('PATCH', `/api/workspaces/${id}`, { webhook_enabled: false });
    expect(off.body).toMatchObject({ webhook_enabled: false });
    expect(String(off.body.webhook_disabled_reason)).not.toBe('');
    const on = await hub.api('PATCH', `/api/workspaces/${id}`, { webhook_enabled: true });
    expect(on.body).toMatchObject({ webhook_enabled: true, webhook_disabled_reason: null });
  });

  test('rotates the signing secret', async () => {
    const { id, secret } = await hub.createWorkspace();
    const { body } = await hub.api('POST', `/api/workspaces/${id}/rotate-secret`);
    expect(body.signing_secret).toMatch(/^whsec_/);
    expect(body.signing_secret).not.toBe(secret);
  });

  test('tells until when the secret before a rotation signs as well', async () => {
    const { id } = await hub.createWorkspace();
    const path = `/api/workspaces/${id}`;
    expect((await hub.api('GET', path)).body).toMatchObject({ previous_secret_until: null });
    const before = Date.now();
    await hub.api('POST', `${path}/rotate-secret`);
    const until = Date.parse(String((await hub.api('GET', path)).body.previous_secret_until));
    expect(until).toBeGreaterThanOrEqual(before + 24 * 3_600_000);
  });
});

describe('a workspace that is not there', () => {
  test.each([
    ['GET', '', undefined],
    ['PATCH', '', {}],
    ['DELETE', '', undefined],
    ['PUT', '/connection', { connected: true }],
    ['PUT', '/devices', { devices: [] }],
    ['POST', '/test', undefined],
    ['POST', '/rotate-secret', undefined],
    ['POST', '/api-keys', {}],
    ['GET', '/api-keys', undefined],
  ])('answers %s %s with 404', async (method, path, body) => {
    for (const id of ['0'.repeat(32), '__proto__', 'a%2Fb', '%00']) {
      const answer = await hub.api(method, `/api/workspaces/${id}${path}`, body);
      expect(answer.status).toBe(404);
      expectRefusal(answer, 'unknown_location');
    }
  });

  test('includes one that was deleted', async () => {
    const { id } = await hub.createWorkspace();
    expect((await hub.api('DELETE', `/api/workspaces/${id}`)).status).toBe(204);
    expect((await hub.api('GET', `/api/workspaces/${id}`)).status).toBe(404);
    expect((await hub.send(id, 'm1')).status).toBe(404);
  });
});

describe('lists', () => {
  test('come in pages that cover everything once', async () => {
    await using own = await TestHub.start();
    for (let n = 0; n < 7; n += 1) await own.createWorkspace({ name: `W${n}` });
    const names: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await own.api('GET', `/api/workspaces?limit=3${query}`);
      const page = body as unknown as { items: { name: string }[]; next_cursor: string | null };
      expect(page.items.length).toBeLessThanOrEqual(3);
      names.push(...page.items.map((item) => item.name));
      cursor = page.next_cursor;
    }
    expect(names).toEqual(['W6', 'W5', 'W4', 'W3', 'W2', 'W1', 'W0']);
  });

  test.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'limit=1.5',
    'limit=',
    'limit=1&limit=2',
    'cursor=',
    'cursor=%00',
    'cursor=zzz',
  ])('refuse %s', async (query) => {
    for (const path of ['workspaces', 'devices', 'messages', 'deliveries']) {
      const answer = await hub.api('GET', `/api/${path}?${query}`);
      expect(answer.status, `${path}?${query}`).toBe(400);
      expectRefusal(answer, 'invalid_field', query.split('=')[0]);
    }
  });

  test.each([
    'messages?status=ODD',
    'messages?channel=fax',
    'messages?direction=up',
    'deliveries?status=lost',
  ])('refuse the filter of %s', async (path) => {
    expectRefusal(await hub.api('GET', `/api/${path}`), 'invalid_field');
  });
});

describe('API keys', () => {
  test('are shown once, open POST /webhook where required, and can be revoked', async () => {
    const { id } = await hub.createWorkspace({ require_api_key: true });
    await hub.api('PUT', `/api/workspaces/${id}/connection`, { connected: true });
    const keys = `/api/workspaces/${id}/api-keys`;
    const created = await hub.api('POST', keys, { name: 'CRM server' });
    expect(created.status).toBe(201);
    const second = await hub.api('POST', keys);
    expect(second.status).toBe(201);
    const sendWith = async (key?: string): Promise<unknown> => {
      const headers = { ...JSON_TYPE, ...(key && { authorization: `Bearer ${key}` }) };
      const message = {
        location_id: id,
        user_id: 1,
        phone: '+12145550100',
        message: 'm',
        message_id: 'm',
        channel: 'sms',
      };
      return (await hub.call('POST', '/webhook', { headers, body: JSON.stringify(message) })).body.code;
    };
    expect(await sendWith()).toBe('invalid_api_key');
    expect(await sendWith('nonsense')).toBe('invalid_api_key');
    // The key is good: what is left to complain about is that no device serves the channel.
    expect(await sendWith(String(created.body.key))).toBe('channel_not_assigned');
    const listed = await hub.api('GET', keys);
    expect(JSON.stringify(listed.body)).not.toContain(String(created.body.key));
    expect(listed.body.items).toHaveLength(2);
    expect((await hub.api('DELETE', `${keys}/${created.body.id}`)).status).toBe(204);
    expect((await hub.api('DELETE', `${keys}/${created.body.id}`)).status).toBe(404);
    expect(await sendWith(String(created.body.key))).toBe('invalid_api_key');
    expect(await sendWith(String(second.body.key))).toBe('channel_not_assigned');
  });

  test('are required of new workspaces where HUB_REQUIRE_API_KEY says so', async () => {
    await using strict = await TestHub.start({ HUB_REQUIRE_API_KEY: 'true' });
    expect((await strict.api('POST', '/api/workspaces', { name: 'x' })).body).toMatchObject({
      require_api_key: true,
    });
  });
});
