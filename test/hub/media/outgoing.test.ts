import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROTOCOL_VERSION } from '../../../shared/wire/protocol-version.ts';
import { Hub } from '../../kit/hub.ts';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';
import { FileServer, HTML, JPEG, PDF, PNG, sha256 } from './file-server.ts';

async function timelineOf(hub: TestHub, id: unknown): Promise<string[]> {
  const { body } = await hub.api('GET', `/api/messages/${id}`);
  return (body.events as unknown as { status: string }[]).map(({ status }) => status);
}

/** A hub with a connected workspace, its device online, its webhook, and a host of media. */
async function start(env: Record<string, string> = {}, now?: () => number) {
  const stack = new AsyncDisposableStack();
  const hub = stack.use(await TestHub.start(env, now ? { now } : {}));
  const receiver = stack.use(await Receiver.start());
  const server = stack.use(await FileServer.start());
  const mac = await hub.pairMac();
  const { id } = await hub.join(mac.id, { url: receiver.url });
  const device = stack.use(await TestDevice.online(hub.url, mac.token));
  return { hub, receiver, server, mac, id, device, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('a message with attachments', () => {
  test('reaches its device with the files the hub fetched, in order, and the device can read them', async () => {
    await using all = await start();
    const { hub, server, device, mac } = all;
    const attachments = [
      server.serve('/photo.png', JPEG),
      server.serve('/download?id=7', PDF, {
        'content-disposition': "inline; filename*=UTF-8''../%C3%BCber.pdf",
      }),
      server.serve('/fake.jpg', HTML, { 'content-type': 'image/jpeg' }),
    ];
    const sent = await hub.send(all.id, 'm1', { attachments, message: '' });
    expect(sent.status).toBe(200);
    const send = await waitFor('the send', () => device.sends[0]);
    expect(send).toMatchObject({
      id: sent.body.id,
      text: '',
      attachments: [
        { sha256: sha256(JPEG), name: 'photo.jpg', mime_type: 'image/jpeg', size: JPEG.length },
        { sha256: sha256(PDF), name: 'über.pdf', mime_type: 'application/pdf', size: PDF.length },
        { sha256: sha256(HTML), name: 'fake.bin', mime_type: 'application/octet-stream', size: HTML.length },
      ],
    });
    const authorization = `Bearer ${mac.token}`;
    const url = `${hub.url}/devices/files/${sha256(JPEG)}`;
    const whole = await fetch(url, { headers: { authorization } });
    expect([whole.status, Buffer.from(await whole.arrayBuffer())]).toEqual([200, JPEG]);
    const part = await fetch(url, { headers: { authorization, range: 'bytes=10-19' } });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, JPEG.subarray(10, 20)]);
    expect(part.headers.get('content-range')).toBe(`bytes 10-19/${JPEG.length}`);
    const beyond = await hub.call('GET', new URL(url).pathname, {
      headers: { authorization, range: 'bytes=9999-' },
    });
    expect([beyond.status, beyond.body.code]).toEqual([416, 'range_not_satisfiable']);
    expect((await hub.api('GET', `/api/messages/${sent.body.id}`)).body.attachments).toEqual(attachments);
    expect(await timelineOf(hub, sent.body.id)).toEqual(
      expect.arrayContaining(['QUEUED', 'FETCHED', 'FETCHED', 'FETCHED', 'OFFERED']),
    );
  });

  test('is read by nobody but the device that it was given to', async () => {
    await using all = await start();
    const { hub, server, device, mac } = all;
    await hub.send(all.id, 'm1', { attachments: [server.serve('/a.jpg', JPEG)] });
    await waitFor('the send', () => device.sends[0]);
    const path = `/devices/files/${sha256(JPEG)}`;
    const other = await hub.pairMac('Other');
    const as = (token: string) => hub.call('GET', path, { headers: { authorization: `Bearer ${token}` } });
    expect((await as(other.token)).status).toBe(404);
    expect((await as('nonsense')).status).toBe(401);
    expect((await hub.call('GET', path)).status).toBe(401);
    expect((await as(mac.token)).status).toBe(200);
    await hub.api('DELETE', `/api/devices/${mac.id}`);
    expect((await as(mac.token)).status).toBe(401);
  });

  test('holds back what follows in its conversation, and nothing else', async () => {
    await using all = await start();
    const { hub, server, device } = all;
    const open: ServerResponse[] = [];
    const slow = server.on('/slow.jpg', (response) => void open.push(response));
    const first = await hub.send(all.id, 'm1', { attachments: [slow] });
    const second = await hub.send(all.id, 'm2');
    const third = await hub.send(all.id, 'm3', { attachments: [server.serve('/quick.png', PNG)] });
    const fourth = await hub.send(all.id, 'm4');
    const beside = await hub.send(all.id, 'm5', { phone: '+12145550177' });
    await waitFor('the other conversation', () => device.sends.length === 1);
    expect(device.sends[0]?.id).toBe(beside.body.id);
    // The third has its file long before the first: it waits all the same.
    await waitFor('the quick file', async () => (await timelineOf(hub, third.body.id)).includes('FETCHED'));
    expect(device.sends.length).toBe(1);
    for (const response of open) response.end(JPEG);
    await waitFor('the rest', () => device.sends.length === 5);
    expect(device.sends.slice(1).map(({ id }) => id)).toEqual(
      [first, second, third, fourth].map(({ body }) => body.id),
    );
  });

  test('FAILS when a file cannot be had, says which and why, and lets the next go on', async () => {
    await using all = await start();
    const { hub, server, device, receiver } = all;
    const attachments = [
      server.serve('/a.jpg', JPEG),
      server.on('/gone.jpg', (response) => response.writeHead(410).end()),
    ];
    const { body } = await hub.send(all.id, 'm1', { attachments });
    await hub.send(all.id, 'm2', { attachments: ['http://10.1.2.3/x.jpg'] });
    await hub.send(all.id, 'm3');
    await waitFor('the text behind them', () => device.sends.length === 1);
    expect(device.sends[0]?.text).toBe('text of m3');
    await waitFor('both failures', () => receiver.events.length === 2);
    expect(receiver.statusesOf('m1')).toEqual(['FAILED']);
    expect(receiver.statusesOf('m2')).toEqual(['FAILED']);
    const failureOf = (id: string) =>
      receiver.events.find((event) => 'message_id' in event && event.message_id === id);
    expect(failureOf('m1')).toMatchObject({
      error: { code: 'attachment_unavailable', message: expect.stringMatching(/attachment 2 .*410 Gone/) },
    });
    expect(failureOf('m2')).toMatchObject({
      error: { message: expect.stringMatching(/not a public one/) },
    });
    expect(await timelineOf(hub, body.id)).toContain('FAILED');
  });

  test('is tried three times where it may help, and a Retry-After is waited for', async () => {
    let now = Date.now();
    await using all = await start({}, () => now);
    const { hub, server, device, receiver } = all;
    let busy = 0;
    const twice = server.on('/twice.jpg', (response) => {
      busy += 1;
      if (busy < 3) response.writeHead(429, { 'retry-after': '60' }).end();
      else response.end(JPEG);
    });
    const never = server.on('/never.jpg', (response) => response.writeHead(500).end());
    const { body } = await hub.send(all.id, 'm1', { attachments: [twice] });
    await hub.send(all.id, 'm2', { attachments: [never], phone: '+12145550177' });
    const nudge = async (ahead: number, n: number): Promise<void> => {
      now += ahead;
      await hub.send(all.id, `nudge-${ahead}-${n}`, {
        attachments: [server.serve('/n.png', PNG)],
        phone: `+1214555020${n}`,
      });
    };
    await waitFor('the first try', async () => (await timelineOf(hub, body.id)).includes('FETCH_RETRY'));
    await nudge(45_000, 1);
    await waitFor('the nudge', () => device.sends.length === 1);
    expect(busy).toBe(1);
    await nudge(60_000, 2);
    await waitFor('the second try', () => busy === 2);
    await waitFor(
      'its end',
      async () => (await timelineOf(hub, body.id)).filter((one) => one === 'FETCH_RETRY').length === 2,
    );
    await nudge(70_000, 3);
    await waitFor('the message', () => device.sends.some(({ id }) => id === String(body.id)));
    await waitFor('the failure', () => receiver.statusesOf('m2').includes('FAILED'));
    expect(server.requests.filter((path) => path === '/never.jpg').length).toBe(3);
  });

  test('waits while the hub cannot store its file, whatever that takes, and goes out then', async () => {
    let now = Date.now();
    await using all = await start({}, () => now);
    const { hub, server, device } = all;
    const drafts = join(hub.dataDir, 'media/drafts');
    await rm(drafts, { recursive: true });
    const photo = server.serve('/a.jpg', JPEG);
    const { body } = await hub.send(all.id, 'm1', { attachments: [photo] });
    const retries = async (): Promise<number> =>
      (await timelineOf(hub, body.id)).filter((status) => status === 'FETCH_RETRY').length;
    for (let n = 1; n <= 5; n += 1) {
      await waitFor(`failure ${n}`, async () => (await retries()) === n);
      if (n === 5) await mkdir(drafts);
      now += 31_000;
      // Wakes what fetches, which would look by itself a little later.
      await hub.send(all.id, `nudge-${n}`, { attachments: [photo], phone: `+1214555020${n}` });
    }
    await waitFor('the message', () => device.sends.some(({ id }) => id === String(body.id)));
    expect((await hub.api('GET', `/api/messages/${body.id}`)).body.error).toBeNull();
  });

  test('whose file finds no place leaves nothing behind that takes the room it waits for', async () => {
    let now = Date.now();
    await using all = await start({}, () => now);
    const { hub, server, device } = all;
    const files = join(hub.dataDir, 'media/files');
    await rm(files, { recursive: true });
    await writeFile(files, 'no folder');
    const attachments = [server.serve('/a.jpg', JPEG)];
    const { body } = await hub.send(all.id, 'm1', { attachments });
    await waitFor('a failure', async () => (await timelineOf(hub, body.id)).includes('FETCH_RETRY'));
    await waitFor('the draft to go', async () => {
      return (await readdir(join(hub.dataDir, 'media/drafts'))).length === 0;
    });
    await rm(files);
    await mkdir(files);
    now += 31_000;
    await waitFor('the message', () => device.sends.length === 1);
  });

  test('that waits for its files longer than HUB_MESSAGE_TTL FAILS for their sake', async () => {
    let now = Date.now();
    await using all = await start({ HUB_MESSAGE_TTL: '1h' }, () => now);
    const { hub, server, receiver, device } = all;
    await hub.send(all.id, 'm1', { attachments: [server.on('/hangs', () => undefined)] });
    await waitFor('the fetch', () => server.requests.length === 1);
    now += 3_600_001;
    await hub.send(all.id, 'm2');
    await waitFor('FAILED', () => receiver.statusesOf('m1').includes('FAILED'));
    expect(receiver.events[0]).toMatchObject({ error: { code: 'attachment_unavailable' } });
    await waitFor('the one behind it', () => device.sends.length === 1);
  });
});

describe('a server that hangs', () => {
  test('delays no other server, no other workspace, and no message without files', async () => {
    await using all = await start();
    const { hub, server, device, mac } = all;
    const hang = server.on('/hang.jpg', () => undefined);
    for (let n = 0; n < 30; n += 1)
      await hub.send(all.id, `hang-${n}`, { attachments: [hang], phone: `+1214555${1000 + n}` });
    await waitFor('the hanging fetches', () => server.requests.length >= 4);
    const quick = server.serve('/quick.jpg', JPEG, {}, 'localhost');
    const beside = await hub.join(mac.id);
    await hub.send(all.id, 'quick', { attachments: [quick], phone: '+12145552001' });
    await hub.send(all.id, 'text', { phone: '+12145552002' });
    await hub.send(beside.id, 'theirs', {
      attachments: [server.serve('/theirs.jpg', PNG)],
      phone: '+12145552003',
    });
    await waitFor('all three', () => device.sends.length === 3);
    expect(server.requests.filter((path) => path === '/hang.jpg').length).toBe(4);
  });
});

describe('the same content many times at once', () => {
  test('is kept once', async () => {
    await using all = await start();
    const { hub, server, device } = all;
    const url = server.serve('/logo.png', PNG);
    await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        hub.send(all.id, `m${n}`, { attachments: [url, url], phone: `+1214555${1000 + n}` }),
      ),
    );
    await waitFor('all of them', () => device.sends.length === 12);
    const media = join(hub.dataDir, 'media');
    expect(await readdir(join(media, 'files', sha256(PNG).slice(0, 2)))).toEqual([sha256(PNG)]);
    expect(await readdir(join(media, 'drafts'))).toEqual([]);
  });
});

describe('a hub killed while it fetches', () => {
  test('begins again, and the message goes out once, before what follows it', async () => {
    await using server = await FileServer.start();
    await using hub = await Hub.start();
    const { body: workspace } = await hub.api('POST', '/api/workspaces', { name: 'CRM' });
    const path = `/api/workspaces/${workspace.location_id}`;
    const { body: enrolled } = await hub.api('POST', '/api/enrollments', { name: 'Mac', kind: 'mac' });
    const paired = await hub.api('POST', '/api/pair', {
      code: enrolled.code,
      protocol: PROTOCOL_VERSION,
      kind: 'mac',
      bridge_version: '1',
      os_version: '26',
      hostname: 'mini',
    });
    await hub.api('PUT', `${path}/devices`, { devices: [{ device_id: paired.body.device_id }] });
    await hub.api('PUT', `${path}/connection`, { connected: true });
    let begun = 0;
    const url = server.on('/big.jpg', (response) => {
      begun += 1;
      response.writeHead(200, { 'content-length': JPEG.length });
      response.write(JPEG.subarray(0, 100));
      if (begun === 2) response.end(JPEG.subarray(100));
    });
    const message = {
      location_id: workspace.location_id,
      user_id: 1,
      phone: '+12145550100',
      channel: 'imessage',
    };
    const first = await hub.send({ ...message, message: 'one', message_id: 'm1', attachments: [url] });
    const second = await hub.send({ ...message, message: 'two', message_id: 'm2' });
    await waitFor('the fetch', () => begun === 1);
    await hub.kill();
    await hub.restart();
    using device = await TestDevice.online(hub.url, String(paired.body.token));
    await waitFor('both', () => device.sends.length === 2);
    expect(device.sends.map(({ id }) => id)).toEqual([first.body.id, second.body.id]);
    expect(device.sends[0]?.attachments).toMatchObject([{ sha256: sha256(JPEG) }]);
    expect(begun).toBe(2);
    expect(await readdir(join(hub.dataDir, 'media', 'drafts'))).toEqual([]);
  });
});
