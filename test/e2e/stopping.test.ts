import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import { messageEntry, TestDevice } from '../hub/kit/test-device.ts';
import { Hub } from '../kit/hub.ts';
import { Receiver } from '../kit/receiver.ts';
import { waitFor } from '../kit/wait.ts';

/** A connected workspace and the credential of the Mac that serves it. */
async function serve(hub: Hub, url: string): Promise<{ location: string; token: string }> {
  const enrolled = await hub.api('POST', '/api/enrollments', { name: 'Mac', kind: 'mac' });
  const { body } = await hub.api('POST', '/api/workspaces', { name: 'CRM', url });
  const location = String(body.location_id);
  const devices = [{ device_id: enrolled.body.device_id }];
  await hub.api('PUT', `/api/workspaces/${location}/devices`, { devices });
  await hub.api('PUT', `/api/workspaces/${location}/connection`, { connected: true });
  const request = {
    code: enrolled.body.code,
    protocol: PROTOCOL_VERSION,
    kind: 'mac',
    bridge_version: '0',
    os_version: '15',
  };
  const paired = await fetch(`${hub.url}/api/pair`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...request, hostname: 'mini' }),
  });
  return { location, token: String(((await paired.json()) as { token: unknown }).token) };
}

interface Post {
  /** Sends what is missing of the request. */
  finish: () => void;
  answer: Promise<string>;
}

/** A POST /webhook of which the last byte is missing. */
async function beginPost(hub: Hub, body: string, headers = ''): Promise<Post> {
  const { hostname, port } = new URL(hub.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let heard = '';
  const answer = new Promise<string>((resolve, reject) => {
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(heard));
  });
  answer.catch(() => undefined);
  const length = Buffer.byteLength(body);
  socket.write(
    `POST /webhook HTTP/1.1\r\nhost: hub\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${headers}\r\n${body.slice(0, -1)}`,
  );
  return { finish: () => void socket.write(body.slice(-1)), answer };
}

test('a hub told to stop answers every request that has begun, ends POSTs under way, and keeps what it answered 200', async () => {
  await using receiver = await Receiver.start();
  await using hub = await Hub.start();
  const { location, token } = await serve(hub, receiver.url);
  using device = await TestDevice.online(hub.url, token);
  const held = Promise.withResolvers<number>();
  const asked: string[] = [];
  receiver.answer = ({ event }) => {
    asked.push(event.type === 'MESSAGE' ? event.message : '');
    return held.promise;
  };
  const phones = Array.from({ length: 10 }, (_, n) => `+1214555020${n}`);
  await device.report(...phones.map((phone, n) => messageEntry(`g${n}`, `event ${n}`, phone)));
  await waitFor('POSTs to be under way', () => asked.length > 0);

  const bodyOf = (n: number): string =>
    JSON.stringify({
      location_id: location,
      user_id: 'u',
      phone: '+12145550100',
      message: 'Hi',
      message_id: `last-${n}`,
      channel: 'imessage',
    });
  const posts = await Promise.all(Array.from({ length: 40 }, (_, n) => beginPost(hub, bodyOf(n))));
  await waitFor(
    'the hub to have them all in hand',
    async () => (await hub.api('GET', '/readyz')).status === 200,
  );
  const ended = hub.stop();
  await waitFor('the door to be closed', () =>
    fetch(`${hub.url}/healthz`).then(
      () => false,
      () => true,
    ),
  );
  for (const { finish } of posts) finish();
  held.resolve(200);
  const answers = await Promise.all(posts.map(({ answer }) => answer));
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(await ended).toBe(0);

  receiver.answer = ({ event }) => {
    asked.push(event.type === 'MESSAGE' ? event.message : '');
    return 200;
  };
  await hub.restart();
  const { body } = await hub.api<{ items: { message_id: string }[] }>(
    'GET',
    `/api/messages?workspace=${location}&limit=100`,
  );
  const kept = new Set(body.items.map(({ message_id }) => message_id));
  for (let n = 0; n < posts.length; n += 1) expect(kept).toContain(`last-${n}`);
  await waitFor('all events', () => new Set(asked).size === phones.length);
  await waitFor('nothing to be pending', async () => {
    const pending = await hub.api<{ items: unknown[] }>('GET', '/api/deliveries?status=pending');
    return pending.body.items.length === 0;
  });
  // What was answered before the end is not sent again.
  expect(asked.toSorted()).toEqual(phones.map((_, n) => `event ${n}`).toSorted());
});

test('told to stop under load, again and again, it answers nothing 200 that it does not keep, and resets nothing begun', async () => {
  await using receiver = await Receiver.start();
  await using hub = await Hub.start();
  const { location } = await serve(hub, receiver.url);
  const promised: string[] = [];
  let count = 0;
  for (let round = 0; round < 3; round += 1) {
    let broken = 0;
    let closed = false;
    const client = async (): Promise<void> => {
      while (!closed) {
        count += 1;
        const id = `load-${count}`;
        const body = JSON.stringify({
          location_id: location,
          user_id: 'u',
          phone: '+12145550100',
          message: 'Hi',
          message_id: id,
          channel: 'imessage',
        });
        const post = await beginPost(hub, body, 'connection: close\r\n').catch(() => undefined);
        if (post === undefined) return;
        post.finish();
        const answer = await post.answer.catch(() => {
          broken += 1;
          return '';
        });
        if (answer.startsWith('HTTP/1.1 200 ')) promised.push(id);
      }
    };
    const before = promised.length;
    const clients = Array.from({ length: 16 }, client);
    await waitFor('load', () => promised.length > before + 50);
    expect(await hub.stop()).toBe(0);
    closed = true;
    await Promise.all(clients);
    expect(broken).toBe(0);
    await hub.restart();
  }
  const kept = new Set<string>();
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: { body: { items: { message_id: string }[]; next_cursor: string | null } } = await hub.api(
      'GET',
      `/api/messages?limit=200${cursor && `&cursor=${cursor}`}`,
    );
    for (const { message_id } of page.body.items) kept.add(message_id);
    cursor = page.body.next_cursor;
  }
  expect(promised.filter((id) => !kept.has(id))).toEqual([]);
});
