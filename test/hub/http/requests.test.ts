import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorBodySchema } from '../../../shared/api/errors.ts';
import { sendAndAbort, sendRaw } from '../kit/raw-http.ts';
import { ADMIN_TOKEN, type Answer, JSON_TYPE, TestHub } from '../kit/test-hub.ts';

const HANDSHAKE =
  'upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

let hub: TestHub;
beforeAll(async () => {
  hub = await TestHub.start({}, { timeouts: { headers: 400, request: 800, stall: 800, drain: 1_000 } });
});
afterAll(() => hub[Symbol.asyncDispose]());

function expectError(answer: Answer, status: number, code: string): void {
  expect(answer.body).toMatchObject({ status: 'error', code });
  expect(answer.status).toBe(status);
  expect(answer.body.error).toBe(answer.body.message);
  expect(answer.body.error).toMatch(/^[A-Za-z].*[.]$/s);
  expect(Array.isArray(answer.body.details)).toBe(true);
  expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
}

function post(
  path: string,
  body: string | Buffer<ArrayBuffer>,
  headers: Record<string, string> = JSON_TYPE,
): Promise<Answer> {
  return hub.call('POST', path, { body, headers });
}

describe('every answer', () => {
  test.each([
    ['GET', '/healthz', 200],
    ['GET', '/nowhere', 404],
    ['PUT', '/webhook', 405],
    ['GET', '/api/workspaces', 401],
    ['GET', '/%ff', 404],
  ])('%s %s carries a request id, security headers and no x-powered-by', async (method, path, status) => {
    const answer = await hub.call(method, path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-powered-by')).toBeNull();
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('request ids differ', async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await hub.call('GET', '/healthz')).headers.get('x-request-id')),
    );
    expect(new Set(ids).size).toBe(3);
  });
});

test('an offer to change to HTTP/2 is ignored, and the request answered', async () => {
  const request =
    'GET /healthz HTTP/1.1\r\nhost: hub\r\nconnection: Upgrade, HTTP2-Settings, close\r\n' +
    'upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n';
  expect(await sendRaw(hub.url, request)).toMatch(/^HTTP\/1\.1 200 /);
});

describe('a request that no route serves', () => {
  test.each(['DELETE', 'PUT', 'PATCH', 'GET', 'OPTIONS'])(
    '%s /webhook answers 405 and what is allowed',
    async (method) => {
      const answer = await hub.call(method, '/webhook');
      expectError(answer, 405, 'method_not_allowed');
      expect(answer.headers.get('allow')).toBe('POST');
    },
  );

  test('a broken escape in a path parameter is a 4xx', async () => {
    const answer = await hub.api('GET', '/api/workspaces/%ff');
    expectError(answer, 400, 'invalid_field');
  });

  test('odd paths are 404, not 5xx', async () => {
    for (const path of [
      '/webhook//x',
      '/webhook/../../etc/passwd',
      '/api',
      '/%00',
      `/${'a'.repeat(5_000)}`,
      '/nowhere?%ff=%ff',
    ])
      expectError(await hub.call('GET', path), 404, 'not_found');
  });
});

describe('the body of POST /webhook', () => {
  test.each([
    ['nothing at all', ''],
    ['half an object', '{"location_id":'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['a list', '[]'],
    ['null', 'null'],
    ['text', '"x"'],
    ['fifty thousand brackets', '['.repeat(50_000)],
  ])('%s is invalid_json', async (_name, body) => {
    expectError(await post('/webhook', body), 400, 'invalid_json');
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    'application/jsonp',
    ',',
  ])('called %s is refused with 415', async (type) => {
    expectError(await post('/webhook', '{}', { 'content-type': type }), 415, 'unsupported_media_type');
  });

  test.each([
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'Application/JSON',
    'application/vnd.crm+json',
  ])('called %s is read', async (type) => {
    expectError(await post('/webhook', '{}', { 'content-type': type }), 400, 'missing_field');
  });

  test('over 256 KiB is refused with 413, declared, streamed or compressed', async () => {
    const large = JSON.stringify({ message: 'x'.repeat(256 * 1024) });
    expectError(await post('/webhook', large), 413, 'payload_too_large');
    expectError(
      await post('/webhook', gzipSync(large), { ...JSON_TYPE, 'content-encoding': 'gzip' }),
      413,
      'payload_too_large',
    );
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const streamed = await sendRaw(
      hub.url,
      'POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n',
      chunk.repeat(5),
      '0\r\n\r\n',
    );
    expect(streamed).toMatch(/^HTTP\/1.1 413 /);
  });

  test('of exactly 256 KiB is read', async () => {
    const frame = JSON.stringify({ message: '' });
    const body = JSON.stringify({ message: 'x'.repeat(256 * 1024 - frame.length) });
    expectError(await post('/webhook', body), 400, 'missing_field');
  });

  test('compressed with gzip is read, and broken compression is a 4xx', async () => {
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
    expectError(await post('/webhook', gzipSync('{}'), headers), 400, 'missing_field');
    expectError(await post('/webhook', 'not gzip', headers), 400, 'invalid_json');
    expectError(
      await post('/webhook', '{}', { ...JSON_TYPE, 'content-encoding': 'snappy' }),
      415,
      'unsupported_media_type',
    );
  });

  test('that comes too slowly is answered 408', async () => {
    const answer = await sendRaw(
      hub.url,
      'POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a":',
    );
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toMatch(/x-request-id: [\w-]{36}/);
  });
});

describe('a client that sends a byte now and then', () => {
  /** Sends `head`, then a byte every few milliseconds until the connection ends; all that came back. */
  async function drip(head: string, piece: string): Promise<string> {
    const { hostname, port } = new URL(hub.url);
    const socket = connect(Number(port), hostname);
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    socket.on('error', () => undefined);
    socket.write(head);
    const timer = setInterval(() => socket.write(piece), 20);
    await once(socket, 'close');
    clearInterval(timer);
    return heard;
  }

  const JSON_POST = 'POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
  test.each([
    ['of its headers', 'GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ', 'a'],
    ['of a body of known length', `${JSON_POST}content-length: 100000\r\n\r\n`, 'a'],
    ['of a body in chunks', `${JSON_POST}transfer-encoding: chunked\r\n\r\n`, '1\r\na\r\n'],
    [
      'that decompresses to nothing',
      `${JSON_POST}content-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n`,
      '1\r\n\x1f\r\n',
    ],
  ])('%s is answered with a 4xx in time, and others are served meanwhile', async (_name, head, piece) => {
    const slow = Array.from({ length: 30 }, () => drip(head, piece));
    expect((await hub.call('GET', '/healthz')).status).toBe(200);
    for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await hub.call('GET', '/readyz')).status).toBe(200);
  });
});

describe('what is hardly HTTP', () => {
  test.each([
    ['garbage', '\0\x01\x02 nonsense\r\n\r\n', 400],
    ['a TLS hello', Buffer.from('16030100a1010000', 'hex'), 400],
    ['no host header', 'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
    [
      'both length and chunks',
      'POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a negative length', 'POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n', 400],
    ['headers of 64 KiB', `GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(65_536)}\r\n\r\n`, 431],
    ['headers that never end', 'GET /healthz HTTP/1.1\r\nhost: x\r\n', 408],
    [
      'a broken chunk',
      'POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
    [
      'an expectation',
      'POST /webhook HTTP/1.1\r\nhost: x\r\nexpect: miracles\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
      417,
    ],
    ['an escape that ends early', 'GET /api/%f HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 404],
    ['a method of its own', 'FROB /healthz HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    ['HTTP of the next version', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a line break in a header', 'GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: b\rc: d\r\n\r\n', 400],
    [
      'a WebSocket where there is none',
      `GET /nowhere HTTP/1.1\r\nhost: x\r\n${HANDSHAKE}connection: close, upgrade\r\n\r\n`,
      404,
    ],
  ])('%s gets a 4xx in the form of the API, with a request id', async (_name, bytes, status) => {
    const answer = await sendRaw(hub.url, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/^x-request-id: [\w-]{36}\r$/im);
    const body = errorBodySchema.parse(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))));
    expect(body.error).toMatch(/^[A-Z].*[.]$/s);
  });

  test('a caller that expects 100 Continue gets it, then its answer', async () => {
    const answer = await sendRaw(
      hub.url,
      'POST /webhook HTTP/1.1\r\nhost: x\r\nexpect: 100-Continue\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}',
    );
    expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 400 /);
    expect(answer).toContain('missing_field');
  });

  test('HTTP/1.0 without a host is served', async () => {
    expect(await sendRaw(hub.url, 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
  });

  test('connections cut in the middle leave the hub well', async () => {
    const begin = 'POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
    await Promise.all([
      sendAndAbort(hub.url, `${begin}content-length: 100\r\n\r\n{"a"`),
      sendAndAbort(hub.url, `${begin}transfer-encoding: chunked\r\n\r\n5\r\n{"a"`),
      sendAndAbort(hub.url, `${begin}content-encoding: gzip\r\ncontent-length: 100\r\n\r\n\x1f\x8b`),
      sendAndAbort(hub.url, 'GET /api/wor'),
    ]);
    expect((await hub.call('GET', '/readyz')).status).toBe(200);
    expect(hub.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('the system routes', () => {
  test('answer health, readiness and metrics', async () => {
    expect((await hub.call('GET', '/healthz')).body).toEqual({ status: 'ok' });
    expect((await hub.call('GET', '/readyz')).body).toEqual({ status: 'ok' });
    expect((await hub.call('HEAD', '/healthz')).status).toBe(200);
    const metrics = await hub.call('GET', '/metrics');
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(metrics.body).toContain('bluewire_devices_online 0');
    expect(metrics.body).toMatch(/bluewire_client_requests_rejected_total\{code="invalid_json"\} \d+/);
  });

  test.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])(
    'show no metrics to a caller behind a local proxy (%s) without the admin token',
    async (name) => {
      const headers = { [name]: '127.0.0.1' };
      expectError(await hub.call('GET', '/metrics', { headers }), 401, 'unauthorized');
      const admin = { ...headers, authorization: `Bearer ${ADMIN_TOKEN}` };
      expect((await hub.call('GET', '/metrics', { headers: admin })).status).toBe(200);
    },
  );

  test('describe every route of the API', async () => {
    const { body } = await hub.call('GET', '/api/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    const operations = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(operations).toContain('post /webhook');
    expect(operations).toContain('put /api/workspaces/{location_id}/devices');
    expect(operations).toContain('get /api/openapi.json');
    const schemas = body.components!.schemas!;
    expect(schemas.Workspace!.properties).toHaveProperty('webhook_disabled_reason');
    const references = JSON.stringify(body).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    for (const [, name] of references) expect(schemas).toHaveProperty(String(name));
  });
});
