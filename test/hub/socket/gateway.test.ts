import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEVICE_NAMESPACE } from '../../../shared/wire/events.ts';
import { PROTOCOL_VERSION } from '../../../shared/wire/protocol-version.ts';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { sendRaw } from '../kit/raw-http.ts';
import { messageEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await TestHub.start();
});
afterAll(() => hub[Symbol.asyncDispose]());

async function refusalOf(token: string, changes: Record<string, unknown> = {}) {
  using device = new TestDevice(hub.url, token, changes);
  return await waitFor('a refusal', () => device.refusal);
}

async function onlineMac(): Promise<{ device: TestDevice; id: string; token: string }> {
  const mac = await hub.pairMac();
  return { device: await TestDevice.online(hub.url, mac.token), ...mac };
}

describe('a device that connects', () => {
  test('is welcomed with its name and resume cursor, and shown as online', async () => {
    const { device, id } = await onlineMac();
    using _device = device;
    expect(device.welcome).toMatchObject({
      protocol: PROTOCOL_VERSION,
      device_id: id,
      device_name: 'Mac',
      acked_seq: 0,
    });
    expect((await hub.api('GET', `/api/devices/${id}`)).body).toMatchObject({
      online: true,
      status: 'online',
      os_version: '15.5',
    });
    device.socket.disconnect();
    await waitFor(
      'offline',
      async () => ((await hub.api('GET', `/api/devices/${id}`)).body.online as unknown) === false,
    );
  });

  test('reports its health', async () => {
    const { device, id } = await onlineMac();
    using _device = device;
    const findings = [{ check: 'full-disk-access', ok: false, message: 'No access.', remedy: 'Grant it.' }];
    device.socket.emit('health', { findings, open_sends: 0, unacked_entries: 0 });
    await waitFor('the findings', async () => {
      const { body } = await hub.api('GET', `/api/devices/${id}`);
      return (body.findings as unknown as unknown[]).length > 0;
    });
    expect((await hub.api('GET', `/api/devices/${id}`)).body.findings).toEqual(findings);
  });

  test('a second time replaces its first connection', async () => {
    const { device: first, id, token } = await onlineMac();
    using second = await TestDevice.online(hub.url, token);
    await waitFor('the first to go', () => first.disconnects === 1);
    expect((await hub.api('GET', `/api/devices/${id}`)).body).toMatchObject({ online: true });
    expect(second.socket.connected).toBe(true);
  });

  test('is cut off at once when it is removed, and stays out', async () => {
    const { device, id, token } = await onlineMac();
    await hub.api('DELETE', `/api/devices/${id}`);
    await waitFor('the end of the connection', () => device.disconnects === 1);
    expect(await refusalOf(token)).toMatchObject({ code: 'unauthorized' });
  });
});

describe('a refusal', () => {
  test.each<[string, string, Record<string, unknown>]>([
    ['a wrong token', 'unauthorized', {}],
    ['no token', 'invalid_hello', { token: '' }],
    ['a token that is no text', 'invalid_hello', { token: { $ne: null } }],
    ['a huge token', 'invalid_hello', { token: 'x'.repeat(100_000) }],
    ['no journal', 'invalid_hello', { journal_id: 'none' }],
    ['a negative cursor', 'invalid_hello', { journal_seq: -1 }],
    ['another protocol', 'unsupported_protocol', { protocol: PROTOCOL_VERSION + 1 }],
    ['another protocol with another hello', 'unsupported_protocol', { protocol: 0, token: undefined }],
    ['no protocol', 'invalid_hello', { protocol: undefined }],
    ['a protocol that is no number', 'invalid_hello', { protocol: '1' }],
  ])('meets %s with %s, a sentence and the protocol of the hub', async (_name, code, changes) => {
    const refusal = await refusalOf('wrong-token', changes);
    expect(refusal).toMatchObject({ code, hub_protocol: PROTOCOL_VERSION });
    expect(refusal.message).toMatch(/^[A-Z].*\.$/);
  });

  test('names both protocols', async () => {
    expect((await refusalOf('x', { protocol: 7 })).message).toMatch(
      new RegExp(`protocol 7.*protocol ${PROTOCOL_VERSION}`),
    );
  });

  test('meets every other namespace, the default one included', async () => {
    for (const namespace of ['/', '/admin', '/__proto__']) {
      const socket = io(`${hub.url}${namespace}`, {
        reconnection: false,
        forceNew: true,
        transports: ['websocket'],
      });
      const error = await new Promise<Error>((resolve) => socket.on('connect_error', resolve));
      expect(error.message).not.toBe('');
      socket.disconnect();
    }
  });

  test('meets browsers, by their Origin', async () => {
    const path = '/socket.io/?EIO=4&transport=polling';
    const answer = await hub.call('GET', path, { headers: { origin: 'https://evil.example' } });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect((await hub.call('GET', path)).status).toBe(200);
  });

  test('meets a client that speaks no socket.io', async () => {
    const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n';
    const answers = await Promise.all([
      hub.call('GET', '/socket.io/'),
      hub.call('GET', '/socket.io/?EIO=9&transport=polling'),
      hub.call('POST', '/socket.io/?EIO=4&transport=polling&sid=nobody', { body: '4' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
    const raw = await sendRaw(
      hub.url,
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\n${upgrade}\r\n`,
    );
    expect(raw).toMatch(/^HTTP\/1.1 400 /);
    expect((await hub.call('GET', '/healthz')).status).toBe(200);
  });

  const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  const version = 'sec-websocket-version: 13\r\n';
  const websocket = '/socket.io/?EIO=4&transport=websocket';
  test.each([
    ['nothing asked for', 'GET /socket.io/', '', 400],
    ['an unknown transport', 'GET /socket.io/?EIO=4&transport=pigeon', '', 400],
    ['an unknown session', 'GET /socket.io/?EIO=4&transport=polling&sid=nobody', '', 400],
    ['a method that begins nothing', 'PUT /socket.io/?EIO=4&transport=polling', '', 400],
    ['an old protocol', 'GET /socket.io/?EIO=3&transport=polling', '', 400],
    ['a browser', 'GET /socket.io/?EIO=4&transport=polling', 'origin: https://evil.example\r\n', 403],
    ['an upgrade to an unknown transport', 'GET /socket.io/?EIO=4&transport=pigeon', key + version, 400],
    ['an upgrade of nobody', `GET ${websocket}&sid=nobody`, key + version, 400],
    ['an upgrade by a browser', `GET ${websocket}`, `${key}${version}origin: https://evil.example\r\n`, 400],
    ['an upgrade without a key', `GET ${websocket}`, version, 400],
    ['an upgrade with a key that is none', `GET ${websocket}`, `sec-websocket-key: x\r\n${version}`, 400],
    ['an upgrade without a version', `GET ${websocket}`, key, 400],
    ['an upgrade of another version', `GET ${websocket}`, `${key}sec-websocket-version: 99\r\n`, 400],
    ['an upgrade by POST', `POST ${websocket}`, key + version, 400],
    ['protocols that are none', `GET ${websocket}`, `${key}${version}sec-websocket-protocol: ,,\r\n`, 400],
  ])('(%s) is answered with a request id', async (name, line, headers, status) => {
    const upgrade = name.includes('upgrade') || name.includes('protocols') ? 'upgrade' : 'close';
    const raw = await sendRaw(
      hub.url,
      `${line} HTTP/1.1\r\nhost: x\r\nconnection: ${upgrade}\r\nupgrade: websocket\r\n${headers}\r\n`,
    );
    expect(raw).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(raw).toMatch(/^x-request-id: [\w-]{36}\r$/im);
    expect(raw).toMatch(/\{"code":\d,"message":"[A-Z]/);
  });

  test('(a handshake) bears a request id too, by polling and by WebSocket', async () => {
    const polled = await hub.call('GET', '/socket.io/?EIO=4&transport=polling');
    expect(polled.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
    const { hostname, port } = new URL(hub.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET ${websocket} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n${key}${version}\r\n`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1.1 101 [\s\S]*^x-request-id: [\w-]{36}\r$/im);
  });
});

describe('a malformed message', () => {
  const entry = messageEntry('g', 'private words');
  const journal_id = randomUUID();
  const batch = { journal_id, entries: [{ seq: 1, entry }] };
  test.each<[string, unknown[]]>([
    ['a batch that is text', ['journal', 'x']],
    ['a batch of nothing', ['journal', { journal_id, entries: [] }]],
    [
      'a batch too large',
      ['journal', { journal_id, entries: Array.from({ length: 201 }, (_, n) => ({ seq: n + 1, entry })) }],
    ],
    ['entries that are no list', ['journal', { journal_id, entries: { seq: 1, entry } }]],
    ['a seq of zero', ['journal', { journal_id, entries: [{ seq: 0, entry }] }]],
    [
      'a gap inside a batch',
      [
        'journal',
        {
          journal_id,
          entries: [
            { seq: 1, entry },
            { seq: 3, entry },
          ],
        },
      ],
    ],
    ['another journal', ['journal', { ...batch, journal_id: randomUUID() }]],
    ['health that is null', ['health', null]],
    ['health with a negative count', ['health', { findings: [], open_sends: -1, unacked_entries: 0 }]],
    ['an event that does not exist', ['format_disk', {}]],
    ['no arguments', ['journal']],
  ])('(%s) ends the connection with a log line that shows none of it', async (_name, [event, ...args]) => {
    const mac = await hub.pairMac();
    using device = await TestDevice.online(hub.url, mac.token, { journal_id });
    const socket = device.socket as unknown as { emit: (event: unknown, ...args: unknown[]) => void };
    socket.emit(event, ...args, () => undefined);
    await waitFor('the end of the connection', () => device.disconnects === 1);
    const line = hub.logLines.find(({ device_id, level }) => device_id === mac.id && level === 'warn');
    expect(line?.msg).toMatch(/connection is closed/);
    expect(JSON.stringify(hub.logLines)).not.toContain('private words');
    expect((await hub.call('GET', '/healthz')).status).toBe(200);
  });

  test('(a batch without a callback) ends the connection', async () => {
    const mac = await hub.pairMac();
    using device = await TestDevice.online(hub.url, mac.token, { journal_id });
    (device.socket as unknown as { emit: (...args: unknown[]) => void }).emit('journal', batch);
    await waitFor('the end of the connection', () => device.disconnects === 1);
  });

  test('(frames that are no socket.io) ends the connection', async () => {
    for (const frame of ['nonsense', '2/devices,["journal"', '9{}', '451-["x"]', '2/devices,{"a":1}']) {
      const mac = await hub.pairMac();
      using device = await TestDevice.online(hub.url, mac.token);
      device.socket.io.engine.write(frame);
      await waitFor(`the end after ${frame}`, () => device.disconnects === 1);
    }
    expect((await hub.call('GET', '/healthz')).status).toBe(200);
  });
});

describe('the journal', () => {
  test('is acknowledged cumulatively, once kept; what is known is dropped; a gap is asked for again', async () => {
    await using receiver = await Receiver.start();
    const mac = await hub.pairMac();
    await hub.join(mac.id, { url: receiver.url });
    const journal_id = randomUUID();
    using device = await TestDevice.online(hub.url, mac.token, { journal_id });
    const send = (...seqs: number[]) =>
      device.socket.timeout(5_000).emitWithAck('journal', {
        journal_id,
        entries: seqs.map((seq) => ({ seq, entry: messageEntry(`guid-${seq}`, `text ${seq}`) })),
      });
    expect(await send(1, 2)).toEqual({ acked_seq: 2 });
    expect(await send(5)).toEqual({ acked_seq: 2 });
    expect(await Promise.all([send(1, 2, 3), send(4), send(2, 3)])).toEqual([
      { acked_seq: 3 },
      { acked_seq: 4 },
      { acked_seq: 4 },
    ]);
    using again = await TestDevice.online(hub.url, mac.token, { journal_id, journal_seq: 4 });
    expect(again.welcome?.acked_seq).toBe(4);
    using fresh = await TestDevice.online(hub.url, mac.token);
    expect(fresh.welcome?.acked_seq).toBe(0);
    await waitFor('four events', () => receiver.events.length === 4);
    expect(receiver.events.map((event) => event.type === 'MESSAGE' && event.message)).toEqual([
      'text 1',
      'text 2',
      'text 3',
      'text 4',
    ]);
  });

  test('goes on behind an entry that nobody can read, which is told by its number and never by its words', async () => {
    await using receiver = await Receiver.start();
    const mac = await hub.pairMac();
    await hub.join(mac.id, { url: receiver.url });
    using device = await TestDevice.online(hub.url, mac.token);
    const good = messageEntry('good-1', 'before');
    const wrong = [
      { kind: 'odd', text: 'secret words' },
      { ...good, guid: 'bad', text: 7, warning: 'secret words' },
      null,
      'secret words',
      { ...good, channel: 'pigeon' },
    ];
    const ack = await device.report(good, ...(wrong as (typeof good)[]), messageEntry('good-2', 'behind'));
    expect(ack).toEqual({ acked_seq: 7 });
    await waitFor('both good ones', () => receiver.events.length === 2);
    expect(receiver.events).toMatchObject([{ message: 'before' }, { message: 'behind' }]);
    const warned = hub.logLines.filter(({ device_id, level }) => device_id === mac.id && level === 'warn');
    expect(warned.map(({ seq }) => seq)).toEqual([2, 3, 4, 5, 6]);
    expect(warned[1]).toMatchObject({ paths: ['text'] });
    expect(JSON.stringify(hub.logLines)).not.toContain('secret words');
    expect(device.disconnects).toBe(0);
    expect(await device.report(messageEntry('good-3', 'later'))).toEqual({ acked_seq: 8 });
  });

  test('of a full batch of long messages fits', async () => {
    const mac = await hub.pairMac();
    using device = await TestDevice.online(hub.url, mac.token);
    const long = '语'.repeat(20_000);
    expect(
      await device.report(...Array.from({ length: 200 }, (_, n) => messageEntry(`long-${n}`, long))),
    ).toEqual({
      acked_seq: 200,
    });
  });
});

test('devices reach the hub by the path that bridges use', () => {
  expect(DEVICE_NAMESPACE).toBe('/devices');
});
