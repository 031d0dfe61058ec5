import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API_ERRORS } from '../../shared/api/errors.ts';
import { sendRaw } from '../hub/kit/raw-http.ts';
import { Hub } from '../kit/hub.ts';
import { Receiver } from '../kit/receiver.ts';

let hub: Hub;
let location: string;

beforeAll(async () => {
  hub = await Hub.start();
  location = await serve(hub);
});
afterAll(async () => {
  expect(hub.program.running).toBe(true);
  expect(hub.program.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  await hub[Symbol.asyncDispose]();
});

/** A connected workspace whose device is paired and away. */
async function serve(on: Hub, fields: Record<string, unknown> = {}): Promise<string> {
  const enrolled = await on.api('POST', '/api/enrollments', { name: 'Mac', kind: 'mac' });
  const { body } = await on.api('POST', '/api/workspaces', { name: 'CRM', ...fields });
  const id = String(body.location_id);
  const devices = [{ device_id: enrolled.body.device_id }];
  await on.api('PUT', `/api/workspaces/${id}/devices`, { devices });
  await on.api('PUT', `/api/workspaces/${id}/connection`, { connected: true });
  return id;
}

function message(messageId: string, changes: Record<string, unknown> = {}): string {
  const fields = { user_id: 'u', phone: '+12145550100', message: 'Hi', channel: 'imessage' };
  return JSON.stringify({ location_id: location, message_id: messageId, ...fields, ...changes });
}

/** A request of POST /webhook as bytes. */
function raw(body: string | Buffer, headers = 'connection: close\r\n'): Buffer {
  const bytes = Buffer.from(body);
  const head = `POST /webhook HTTP/1.1\r\nhost: hub\r\ncontent-type: application/json\r\n${headers}content-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

interface Heard {
  status: number;
  body: Record<string, unknown>;
}

async function post(body: string | Buffer): Promise<Heard> {
  return readAnswer(await sendRaw(hub.url, raw(body)));
}

function readAnswer(answer: string): Heard {
  const [head = '', text = ''] = answer.split('\r\n\r\n');
  const status = Number(/^HTTP\/1\.1 (\d+) /.exec(head)?.[1]);
  expect(head.toLowerCase(), answer.slice(0, 300)).toMatch(/x-request-id: [\w-]{36}/);
  const bytes = Buffer.from(text, 'latin1').toString('utf8');
  return { status, body: JSON.parse(bytes) as Record<string, unknown> };
}

describe('a body', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const withField = (field: string, json: string): string =>
    message('odd', { [field]: '@@' }).replace('"@@"', json);
  const BROKEN: [string, string | Buffer][] = [
    ['in UTF-16 with a mark', Buffer.from(`\ufeff${message('a')}`, 'utf16le')],
    ['in UTF-32', Buffer.from([0, 0, 0, 0x7b, 0, 0, 0, 0x7d])],
    ['with a NUL between tokens', `{\0}`],
    ['with a raw line break in a text', '{"message":"a\nb"}'],
    ['cut within a character', Buffer.concat([Buffer.from('{"message":"'), Buffer.from([0xe2, 0x82])])],
    ['with a surrogate spelled in UTF-8', Buffer.from('7b2261223a22eda080227d', 'hex')],
    ['with an overlong NUL', Buffer.from('7b2261223a22c080227d', 'hex')],
    ['with a trailing comma', '{"a":1,}'],
    ['that is NaN', 'NaN'],
    ['of two objects', '{}{}'],
  ];
  test.each(BROKEN)('%s is invalid_json', async (_name, body) => {
    expect(await post(body)).toMatchObject({ status: 400, body: { code: 'invalid_json' } });
  });

  test('with a byte order mark, escapes, the same key twice or odd extra fields is taken as what it says', async () => {
    const taken: [string, string][] = [
      ['bom', `\ufeff${message('bom')}`],
      ['extra', message('extra', { extra: { deep: [1] }, constructor: 1, toString: null })],
      ['__proto__', withField('x', '{"__proto__":{"location_id":"x"}}').replace('"odd"', '"__proto__"')],
      ['deep', message('deep').replace('{', `{"x":${nested(20_000)},`)],
      ['late', message('early').replace('}', ',"message_id":"late"}')],
      ['huge number', message('huge number').replace('{', '{"x":1e999,"y":-0,')],
    ];
    for (const [id, body] of taken)
      expect(await post(body), id).toMatchObject({ status: 200, body: { message_id: id } });
    const own = `{"__proto__":${message('polluted')}}`;
    expect(await post(own)).toMatchObject({ status: 400, body: { code: 'missing_field' } });
  });

  test('with any value in any field gets an answer of the contract, and never a fault', async () => {
    const values = [
      'null',
      'true',
      '0',
      '-1.5e300',
      '1e999',
      '""',
      '" "',
      '"\\u0000"',
      '"\\ud800"',
      '"\\udfff\\ud800"',
      '"\\r\\nx-evil: 1"',
      `"${'x'.repeat(200_000)}"`,
      `"${'\u0301'.repeat(60_000)}"`,
      `"${'9'.repeat(5_000)}"`,
      '[]',
      '{}',
      nested(50_000),
      '[null]',
      '["http://[::1"]',
      '["javascript:alert(1)"]',
      '{"toString":1,"length":3}',
      '"__proto__"',
      '"constructor"',
      '"%00%ff../../"',
      '"group:../../x"',
      '"\'; DROP TABLE messages; --"',
    ];
    const fields = ['location_id', 'user_id', 'phone', 'message', 'attachments', 'message_id', 'channel'];
    const answers = await Promise.all(
      fields.flatMap((field) => values.map((json) => post(withField(field, json)))),
    );
    for (const { status, body } of answers) {
      if (status === 200) continue;
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(API_ERRORS).toHaveProperty(String(body.code), status);
      expect(Array.isArray(body.details)).toBe(true);
    }
    expect((await hub.api('GET', '/api/messages?limit=100')).status).toBe(200);
  });

  test('larger than allowed is refused before it is read, announced or not, and the hub goes on', async () => {
    const announced = await sendRaw(
      hub.url,
      'POST /webhook HTTP/1.1\r\nhost: hub\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 99999999999\r\n\r\n{"a":"',
    );
    expect(announced).toMatch(/^HTTP\/1\.1 413 /);
    const endless = await floodUntilAnswered(
      'POST /webhook HTTP/1.1\r\nhost: hub\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
      `8000\r\n${'x'.repeat(0x8000)}\r\n`,
    );
    expect(endless).toMatch(/^HTTP\/1\.1 413 /);
    expect((await post(message('after-floods'))).status).toBe(200);
  });
});

/** Sends `piece` again and again until an answer has come and the connection ended. */
async function floodUntilAnswered(head: string, piece: string): Promise<string> {
  const { hostname, port } = new URL(hub.url);
  const socket = connect(Number(port), hostname);
  let heard = '';
  let ended = false;
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
  });
  socket.on('close', () => {
    ended = true;
  });
  socket.write(head);
  while (!ended && heard === '') {
    if (!socket.write(piece))
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => 0);
    await new Promise(setImmediate);
  }
  socket.destroy();
  return heard;
}

describe('a connection', () => {
  test('that sends two hundred requests without waiting gets as many answers, in order', async () => {
    const count = 200;
    const requests = Array.from({ length: count }, (_, n) =>
      raw(message(`piped-${n}`), n === count - 1 ? 'connection: close\r\n' : ''),
    );
    const heard = await sendRaw(hub.url, Buffer.concat(requests));
    const ids = [...heard.matchAll(/"message_id":"(piped-\d+)"/g)].map(([, id]) => id);
    expect(ids).toEqual(Array.from({ length: count }, (_, n) => `piped-${n}`));
    expect(heard.match(/HTTP\/1\.1 200 /g)).toHaveLength(count);
    expect(new Set(heard.match(/x-request-id: [\w-]{36}/gi)).size).toBe(count);
  });

  test('whose one half is closed after the request is answered all the same', async () => {
    const { hostname, port } = new URL(hub.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    socket.end(raw(message('half'), ''));
    await once(socket, 'end');
    expect(heard).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  test('that asks whether it may go on is told so, and then answered', async () => {
    const heard = await sendRaw(
      hub.url,
      raw(message('expected'), 'expect: 100-continue\r\nconnection: close\r\n'),
    );
    expect(heard).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  });

  test.each([
    ['a space before the colon', 'GET /healthz HTTP/1.1\r\nhost : x\r\n\r\n'],
    ['a folded header', 'GET /healthz HTTP/1.1\r\nhost: x\r\n y: z\r\n\r\n'],
    ['a NUL in a header', 'GET /healthz HTTP/1.1\r\nhost: x\0\r\n\r\n'],
    ['a bare line break in a header', 'GET /healthz HTTP/1.1\r\nhost: x\r\nx: a\rb\r\n\r\n'],
    [
      'lengths that differ',
      'POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}',
    ],
    [
      'a chunk of enormous size',
      'POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n',
    ],
    [
      'chunks under another name',
      'POST /webhook HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n',
    ],
    ['another version of HTTP', 'GET /healthz HTTP/9.9\r\nhost: x\r\n\r\n'],
    ['a method of its own', 'BREW /webhook HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['a beginning of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('with %s is refused with a 4xx', async (_name, bytes) => {
    const heard = await sendRaw(hub.url, bytes.endsWith('{}') ? bytes : Buffer.from(bytes, 'latin1'));
    expect(readAnswer(heard).status).toBeGreaterThanOrEqual(400);
    expect(readAnswer(heard).status).toBeLessThan(500);
  });

  test('among two thousand idle ones and five hundred half requests finds the hub answering', async () => {
    const { hostname, port } = new URL(hub.url);
    const sockets: Socket[] = [];
    const begin = async (part: string): Promise<void> => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      sockets.push(socket);
      await once(socket, 'connect');
      if (part) socket.write(part);
    };
    try {
      for (let n = 0; n < 25; n += 1) await Promise.all(Array.from({ length: 80 }, () => begin('')));
      const half = raw(message('never')).subarray(0, -10).toString();
      for (let n = 0; n < 10; n += 1) await Promise.all(Array.from({ length: 50 }, () => begin(half)));
      const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => post(message(`busy-${n}`))));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
});

describe('what an admin writes', () => {
  const HOSTILE = ['a\r\nx-evil: 1', 'a\nb', 'a\0b', 'a b', 'a:b', '', 'ü', '__proto__:'];
  test.each(HOSTILE)('is refused as the name of a header: %j', async (key) => {
    const { status } = await hub.api('POST', '/api/workspaces', {
      name: 'x',
      headers: [{ key, value: '1' }],
    });
    expect(status).toBe(400);
  });

  test.each(['a\r\nx-evil: 1', 'a\nb', 'a\0b', '\u{1f600}'])(
    'is refused as the value of a header: %j',
    async (value) => {
      const headers = [{ key: 'x-own', value }];
      expect((await hub.api('POST', '/api/workspaces', { name: 'x', headers })).status).toBe(400);
    },
  );

  test('reaches a webhook as it is, names with line breaks and odd keys included, and adds no header', async () => {
    await using receiver = await Receiver.start();
    const headers = [
      { key: '__proto__', value: 'p' },
      { key: 'constructor', value: 'c' },
      { key: 'x-own', value: ' a, b; "c" ' },
    ];
    const created = await hub.api('POST', '/api/workspaces', {
      name: 'CRM\r\nx-evil: 1',
      url: receiver.url,
      headers,
    });
    const id = String(created.body.location_id);
    if (created.status !== 201) {
      expect(created.status).toBe(400);
      return;
    }
    const tested = await hub.api('POST', `/api/workspaces/${id}/test`);
    expect(tested.status).toBe(200);
    expect(receiver.calls[0]?.headers).not.toHaveProperty('x-evil');
    expect(receiver.calls[0]?.headers['x-own']).toBe('a, b; "c"');
  });
});
