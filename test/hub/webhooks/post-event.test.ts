import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { readHubConfig } from '../../../hub/config.ts';
import { createSigningSecret } from '../../../hub/credentials/tokens.ts';
import { guardAddresses } from '../../../hub/guard/address-guard.ts';
import { EventPoster } from '../../../hub/webhooks/post-event.ts';
import { Receiver } from '../../kit/receiver.ts';
import { RawReceiver } from '../kit/raw-receiver.ts';

const LOOPBACK = readHubConfig({ HUB_ALLOWED_TARGETS: '127.0.0.0/8' }).HUB_ALLOWED_TARGETS;

function createPoster(options: { allowed?: typeof LOOPBACK; deadlineMs?: number } = {}): EventPoster {
  const { allowed = LOOPBACK, deadlineMs = 600 } = options;
  return new EventPoster({ mayConnect: guardAddresses(allowed), now: Date.now, deadlineMs });
}

function eventTo(url: string, headers: { key: string; value: string }[] = []) {
  return {
    webhook_id: 'msg_1',
    body: '{"type":"TEST"}',
    url,
    headers,
    signing_secret: createSigningSecret(),
    previous_secret: null,
  };
}

const ok = (body: string, extra = '') =>
  `HTTP/1.1 200 OK\r\n${extra}content-length: ${body.length}\r\n\r\n${body}`;

describe('a POST to a receiver', () => {
  test('carries the signature, the workspace’s headers and the body as it is', async () => {
    await using receiver = await Receiver.start();
    await using poster = createPoster();
    const event = eventTo(receiver.url, [
      { key: 'X-Crm', value: 'value' },
      { key: 'User-Agent', value: 'own agent' },
    ]);
    const result = await poster.post(event);
    expect(result).toMatchObject({ succeeded: true, http_status: 200, error: null, response: 'noted' });
    receiver.verifyAll(event.signing_secret);
    const [call] = receiver.calls;
    expect(call?.raw).toBe(event.body);
    expect(call?.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': 'msg_1',
      'x-crm': 'value',
      'user-agent': 'own agent',
    });
  });

  test.each([200, 201, 202, 204, 299])('succeeds on %i', async (status) => {
    await using receiver = await RawReceiver.start((socket) =>
      socket.write(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`),
    );
    await using poster = createPoster();
    expect(await poster.post(eventTo(receiver.url))).toMatchObject({
      succeeded: true,
      http_status: status,
      error: null,
    });
  });

  test.each([300, 301, 302, 304, 307, 308, 400, 404, 410, 429, 500, 503, 599])(
    'fails on %i and follows nothing',
    async (status) => {
      await using target = await RawReceiver.start((socket) => socket.write(ok('')));
      await using receiver = await RawReceiver.start((socket) =>
        socket.write(
          `HTTP/1.1 ${status} X\r\nlocation: ${target.url}\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n`,
        ),
      );
      await using poster = createPoster();
      const result = await poster.post(eventTo(receiver.url));
      expect(result).toMatchObject({
        succeeded: false,
        http_status: status,
        error: 'http_status',
        retryAfter: '7',
      });
      expect(result.error_message).toContain(String(status));
      expect(target.connections).toBe(0);
    },
  );

  test.each<[string, (socket: Socket) => void, string]>([
    ['never answers', () => undefined, 'timeout'],
    ['begins a status line and stops', (socket) => socket.write('HTTP/1.1 20'), 'timeout'],
    [
      'sends headers for ever',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write('x-a: b\r\n'), 50);
        socket.on('close', () => clearInterval(timer));
      },
      'timeout',
    ],
    ['hangs up without a word', (socket) => socket.end(), 'connection_reset'],
    ['resets the connection', (socket) => socket.resetAndDestroy(), 'connection_reset'],
    ['does not speak HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'), 'other'],
  ])('to one that %s fails within the deadline', async (_name, answer, error) => {
    await using receiver = await RawReceiver.start(answer);
    await using poster = createPoster();
    const result = await poster.post(eventTo(receiver.url));
    expect(result).toMatchObject({ succeeded: false, http_status: null, error, response: null });
    expect(result.error_message).toMatch(/^[A-Z].*/);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['breaks off', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npartial')],
    [
      'drips for ever',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\npartial\r\n');
        const timer = setInterval(() => socket.write('1\r\n.\r\n'), 100);
        socket.on('close', () => clearInterval(timer));
      },
    ],
  ])('whose 200 has a body that %s has been delivered', async (_name, answer) => {
    await using receiver = await RawReceiver.start(answer);
    await using poster = createPoster();
    const result = await poster.post(eventTo(receiver.url));
    expect(result).toMatchObject({ succeeded: true, http_status: 200, error: null });
    expect(result.response).toMatch(/^partial/);
  });

  test('goes over the connection of the one before it', async () => {
    await using receiver = await RawReceiver.start((socket) => socket.write(ok('noted')));
    await using poster = createPoster();
    for (let n = 0; n < 20; n += 1)
      expect(await poster.post(eventTo(receiver.url))).toMatchObject({ succeeded: true });
    expect(receiver.connections).toBe(1);
  });

  test('reads no more than 64 KiB of an answer and keeps 4', async () => {
    let written = 0;
    await using receiver = await RawReceiver.start((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const flood = (): void => {
        while (!socket.destroyed && socket.write(`400\r\n${'é'.repeat(512)}\r\n`)) written += 1024;
      };
      socket.on('drain', flood);
      flood();
    });
    await using poster = createPoster({ deadlineMs: 5_000 });
    const result = await poster.post(eventTo(receiver.url));
    expect(result.succeeded).toBe(true);
    expect(result.response).toBe('é'.repeat(2048));
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  test('to a closed port is connection_refused, to an unknown name dns_error', async () => {
    const receiver = await RawReceiver.start(() => undefined);
    const { url } = receiver;
    await receiver[Symbol.asyncDispose]();
    await using poster = createPoster({ deadlineMs: 5_000 });
    expect(await poster.post(eventTo(url))).toMatchObject({ error: 'connection_refused' });
    expect(await poster.post(eventTo('http://no-such-host.invalid/'))).toMatchObject({ error: 'dns_error' });
  });

  test('over TLS to a server without a certificate is tls_error', async () => {
    const server = createTlsServer({});
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using poster = createPoster({ deadlineMs: 5_000 });
    const { port } = server.address() as AddressInfo;
    expect(await poster.post(eventTo(`https://127.0.0.1:${port}/`))).toMatchObject({ error: 'tls_error' });
    server.close();
  });
});

describe('a private address', () => {
  test.each([
    (port: number) => `http://127.0.0.1:${port}/`,
    (port: number) => `http://localhost:${port}/`,
    (port: number) => `http://127.1:${port}/`,
    (port: number) => `http://2130706433:${port}/`,
    (port: number) => `http://0x7f000001:${port}/`,
    (port: number) => `http://0177.0.0.1:${port}/`,
    (port: number) => `http://①②⑦.⓪.⓪.①:${port}/`,
    (port: number) => `http://0.0.0.0:${port}/`,
    (port: number) => `http://0:${port}/`,
    (port: number) => `http://[::1]:${port}/`,
    (port: number) => `http://[::]:${port}/`,
    (port: number) => `http://[::ffff:127.0.0.1]:${port}/`,
    (port: number) => `http://[::ffff:7f00:1]:${port}/`,
    (port: number) => `http://[64:ff9b::7f00:1]:${port}/`,
    (port: number) => `http://LOCALHOST:${port}/`,
    () => 'http://169.254.169.254/latest/meta-data/',
    () => 'http://[fd00:ec2::254]/',
    () => 'https://10.0.0.1/',
  ])('is not connected to, however it is spelled (%s)', async (spell) => {
    await using receiver = await RawReceiver.start((socket) => socket.write(ok('secret')));
    await using poster = createPoster({ allowed: [] });
    const result = await poster.post(eventTo(spell(receiver.port)));
    expect(result).toMatchObject({ succeeded: false, error: 'blocked_address', http_status: null });
    expect(result.error_message).toContain('HUB_ALLOWED_TARGETS');
    expect(receiver.connections).toBe(0);
  });

  test('that a name resolves to is passed over for a permitted one', async () => {
    await using receiver = await RawReceiver.start((socket) => socket.write(ok('fine')));
    await using poster = createPoster();
    expect(await poster.post(eventTo(`http://localhost:${receiver.port}/`))).toMatchObject({
      succeeded: true,
    });
  });
});
