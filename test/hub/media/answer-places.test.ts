import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { AnswerPlaces } from '../../../hub/media/answer-places.ts';
import { waitFor } from '../../kit/wait.ts';
import { messageEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';

const ROOMY = { total: 10, perCaller: 10, line: 10, linePerCaller: 10, patience: 60_000 };

describe('places for answers', () => {
  test('are given in turn, and a caller with all of its own taken holds up nobody behind it', async () => {
    const places = new AnswerPlaces({ ...ROOMY, total: 2, perCaller: 1 });
    const begun: string[] = [];
    const ask = async (caller: string, name: string) => {
      const leave = await places.take(caller);
      begun.push(name);
      return leave;
    };
    const a1 = ask('a', 'a1');
    const a2 = ask('a', 'a2');
    const b1 = ask('b', 'b1');
    const c1 = ask('c', 'c1');
    await waitFor('two', () => begun.length === 2);
    expect(begun).toEqual(['a1', 'b1']);
    (await b1)();
    await c1;
    expect(begun).toEqual(['a1', 'b1', 'c1']);
    const leave = await a1;
    leave();
    leave();
    (await a2)();
    (await c1)();
    const again = await Promise.all([places.take('a'), places.take('b')]);
    expect(again).toHaveLength(2);
  });

  test('are refused at once to those beyond the line, and in time to those who wait in vain', async () => {
    const places = new AnswerPlaces({ ...ROOMY, total: 1, line: 2, linePerCaller: 1, patience: 30 });
    const leave = await places.take('a');
    const refusal = { code: 'unavailable', retryAfter: 5 };
    const waiting = places.take('a');
    waiting.catch(() => undefined);
    await expect(places.take('a')).rejects.toMatchObject(refusal);
    const other = places.take('b');
    other.catch(() => undefined);
    await expect(places.take('c')).rejects.toMatchObject(refusal);
    await expect(waiting).rejects.toMatchObject(refusal);
    await expect(other).rejects.toMatchObject(refusal);
    leave();
    (await places.take('c'))();
  });
});

interface Reader {
  socket: Socket;
  received: () => number;
  status: () => string;
}

/** Asks for a link and reads nothing of the answer beyond what the system takes by itself, until told to. */
async function startReader(url: string, link: string, caller: string): Promise<Reader> {
  const { hostname, port } = new URL(url);
  const { pathname, search } = new URL(link);
  const socket = connect(Number(port), hostname);
  let received = 0;
  let head = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    if (received === 0) head = chunk.toString('latin1', 0, 200);
    received += chunk.length;
    socket.pause();
  });
  await once(socket, 'connect');
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: hub\r\nx-forwarded-for: ${caller}\r\n\r\n`);
  return { socket, received: () => received, status: () => head.split(' ')[1] ?? '' };
}

test('a hundred who read a large file slowly leave the hub able to answer, and are served in turn', async () => {
  await using hub = await TestHub.start();
  const mac = await hub.pairMac();
  await hub.join(mac.id);
  const content = randomBytes(40 * 1024 * 1024);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const uploaded = await hub.call('PATCH', `/devices/files/${sha256}`, {
    headers: {
      authorization: `Bearer ${mac.token}`,
      'upload-offset': '0',
      'upload-length': String(content.length),
    },
    body: new Uint8Array(content),
  });
  expect(uploaded.status).toBe(204);
  using device = await TestDevice.online(hub.url, mac.token);
  const file = { sha256, name: 'a.bin', mime_type: 'application/octet-stream', size: content.length };
  await device.report({ ...messageEntry('g1', 'large'), attachments: [file] } as never);
  const { body } = await hub.api('GET', '/api/messages');
  const link = String(body.items?.[0]?.attachments?.[0]);

  const readers: Reader[] = [];
  try {
    for (let n = 0; n < 100; n += 1) readers.push(await startReader(hub.url, link, `203.0.113.${n % 10}`));
    const begun = () => readers.filter(({ received }) => received() > 0);
    await waitFor('the places to be taken', () => begun().length >= 48);
    expect((await hub.call('GET', '/healthz')).status).toBe(200);
    expect((await hub.call('GET', '/readyz')).status).toBe(200);
    expect(begun()).toHaveLength(48);
    const crowd = await Promise.all(
      Array.from({ length: 140 }, () => startReader(hub.url, link, '198.51.100.7')),
    );
    readers.push(...crowd);
    await waitFor('those beyond the line to be refused', () =>
      crowd.some(({ status }) => status() === '503'),
    );
    const served = begun().filter(({ status }) => status() === '200');
    served[0]?.socket.destroy();
    served[1]?.socket.destroy();
    await waitFor('the next two', () => begun().filter(({ status }) => status() === '200').length >= 50);
  } finally {
    for (const { socket } of readers) socket.destroy();
  }
  await waitFor('all places to be free', async () => {
    const [one] = await Promise.all([startReader(hub.url, link, '192.0.2.1')]);
    await waitFor('an answer', () => one.received() > 0);
    one.socket.destroy();
    return one.status() === '200';
  });
  expect(hub.logLines.filter(({ level }) => level === 'error')).toEqual([]);
});
