import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MessageEvent } from '../../../shared/api/webhook-events.ts';
import type { JournalEntry, MessageEntry } from '../../../shared/wire/journal.ts';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { messageEntry, TestDevice } from '../kit/test-device.ts';
import { TestHub } from '../kit/test-hub.ts';
import { HTML, JPEG, PDF, sha256 } from './file-server.ts';

type Attachments = MessageEntry['attachments'];

async function start(env: Record<string, string> = {}, now?: () => number) {
  const stack = new AsyncDisposableStack();
  const hub = stack.use(await TestHub.start(env, now ? { now } : {}));
  const receiver = stack.use(await Receiver.start());
  const mac = await hub.pairMac();
  const workspace = await hub.join(mac.id, { url: receiver.url });
  const device = stack.use(await TestDevice.online(hub.url, mac.token));
  const upload = (content: Buffer | string) =>
    hub.call('PATCH', `/devices/files/${sha256(content)}`, {
      headers: {
        authorization: `Bearer ${mac.token}`,
        'upload-offset': '0',
        'upload-length': String(Buffer.byteLength(content)),
      },
      body: new Uint8Array(Buffer.from(content)),
    });
  const receive = async (guid: string, attachments: Attachments): Promise<MessageEvent> => {
    await device.report({ ...messageEntry(guid, guid), attachments } as JournalEntry);
    return waitFor(`the event of ${guid}`, () =>
      receiver.events.find(
        (event): event is MessageEvent => event.type === 'MESSAGE' && event.message === guid,
      ),
    );
  };
  return {
    hub,
    receiver,
    mac,
    workspace,
    device,
    upload,
    receive,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function fileOf(content: Buffer | string, name: string) {
  return { sha256: sha256(content), name, mime_type: 'text/html', size: Buffer.byteLength(content) };
}

describe('a received file', () => {
  test('is a link in the event that gives it to whoever has the link', async () => {
    await using all = await start();
    const { hub, upload, receive, receiver, workspace } = all;
    expect((await upload(JPEG)).status).toBe(204);
    const event = await receive('with a photo', [fileOf(JPEG, '../über den "Wolken".heic')]);
    expect(event).not.toHaveProperty('unavailable_attachments');
    receiver.verifyAll(workspace.secret);
    const [link = ''] = event.attachments;
    expect(link).toMatch(
      new RegExp(`^http://localhost:\\d+/media/${sha256(JPEG)}/[^/]+\\?expires=\\d+&signature=[\\w-]+$`),
    );
    const answer = await fetch(link);
    expect([answer.status, Buffer.from(await answer.arrayBuffer())]).toEqual([200, JPEG]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-disposition': `inline; filename="_ber den _Wolken_.jpg"; filename*=UTF-8''%C3%BCber%20den%20_Wolken_.jpg`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'accept-ranges': 'bytes',
      'content-length': String(JPEG.length),
    });
    const head = await fetch(link, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      String(JPEG.length),
      '',
    ]);
    const part = await fetch(link, { headers: { range: 'bytes=-4' } });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, JPEG.subarray(-4)]);
    const known = await fetch(link, {
      headers: { 'if-none-match': `"${sha256(JPEG)}"`, 'cache-control': 'max-age=0' },
    });
    expect(known.status).toBe(304);
    const beyond = await fetch(link, { headers: { range: 'bytes=99999-' } });
    expect([beyond.status, beyond.headers.get('content-type')]).toEqual([
      416,
      'application/json; charset=utf-8',
    ]);
    const { body } = await hub.api('GET', `/api/messages/${event.message_id}`);
    expect(body.attachments).toEqual(event.attachments);
  });

  test('that a browser could run is served so that it does not', async () => {
    await using all = await start();
    await all.upload(HTML);
    const { attachments } = await all.receive('with a trap', [fileOf(HTML, 'photo.html')]);
    const answer = await fetch(attachments[0] ?? '');
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment;/);
    expect(await answer.text()).toBe(HTML);
  });

  test('is not had by an altered link, nor by one whose time is over', async () => {
    let now = Date.now();
    await using all = await start({ HUB_MEDIA_LINK_TTL: '1h' }, () => now);
    const { hub, upload, receive } = all;
    await upload(JPEG);
    await upload(PDF);
    const { attachments } = await receive('with a photo', [fileOf(JPEG, 'a.jpg')]);
    const link = new URL(attachments[0] ?? '');
    const codeOf = async (changed: (url: URL) => void, path?: string): Promise<unknown[]> => {
      const url = new URL(link);
      changed(url);
      const { status, body } = await hub.call('GET', `${path ?? url.pathname}${url.search}`);
      return [status, body.code];
    };
    const same = (): void => undefined;
    const forbidden = [403, 'forbidden'];
    const signature = link.searchParams.get('signature') ?? '';
    expect(await codeOf((url) => url.searchParams.set('expires', '9999999999'))).toEqual(forbidden);
    expect(await codeOf((url) => url.searchParams.set('signature', `${signature.slice(0, -2)}AA`))).toEqual(
      forbidden,
    );
    expect(await codeOf((url) => url.searchParams.set('signature', 'x'))).toEqual(forbidden);
    expect(await codeOf((url) => url.searchParams.set('signature', ''))).toEqual(forbidden);
    for (const path of [
      link.pathname.replace(sha256(JPEG), sha256(PDF)),
      link.pathname.replace('a.jpg', 'b.html'),
      '/media/..%2f..%2fhub.db/a.jpg',
    ])
      expect(await codeOf(same, path), path).toEqual(forbidden);
    expect(await codeOf((url) => url.searchParams.delete('signature'))).toEqual([400, 'missing_field']);
    expect(await codeOf((url) => url.searchParams.append('signature', signature))).toEqual([
      400,
      'invalid_field',
    ]);
    expect((await codeOf(same))[0]).toBe(200);
    now += 3_600_001;
    expect(await codeOf(same)).toEqual([410, 'gone']);
  });

  test('that is not there is named as unavailable, and the journal goes on', async () => {
    await using all = await start();
    const { hub, upload, receive } = all;
    await upload(PDF);
    const event = await receive('half of it', [
      { name: 'lost.jpg', unavailable: 'attachment_unavailable' },
      fileOf(PDF, 'kept.pdf'),
      fileOf('never uploaded', 'never.jpg'),
    ]);
    expect(event.attachments).toHaveLength(1);
    expect(event.unavailable_attachments).toEqual([
      { name: 'lost.jpg', code: 'attachment_unavailable' },
      { name: 'never.jpg', code: 'attachment_unavailable' },
    ]);
    await receive('the next', []);
    const warning = hub.logLines.find(({ msg }) => String(msg).includes('did not upload'));
    expect(warning).toMatchObject({ level: 'warn', sha256: sha256('never uploaded') });
  });
});

describe('files that nothing needs any more', () => {
  const DAY = 24 * 3_600_000;

  test('are removed after their retention; those with a live link or a waiting message stay', async () => {
    let now = Date.now();
    const env = { HUB_MEDIA_RETENTION: '10d', HUB_MEDIA_LINK_TTL: '40d', HUB_MESSAGE_TTL: '100d' };
    await using all = await start(env, () => now);
    const { hub, upload, receive } = all;
    for (const content of ['never named', JPEG]) await upload(content);
    const { attachments } = await receive('with a photo', [fileOf(JPEG, 'a.jpg')]);
    const files = async (): Promise<string[]> => {
      const folder = join(hub.dataDir, 'media/files');
      const shards = await readdir(folder);
      return (await Promise.all(shards.map((shard) => readdir(join(folder, shard))))).flat().sort();
    };
    const restart = async (): Promise<TestHub> => {
      await hub.stop();
      return TestHub.start(env, { now: () => now }, hub.dataDir);
    };
    now += 20 * DAY;
    await using second = await restart();
    await waitFor('the first sweep', async () => (await files()).length === 1);
    expect(await files()).toEqual([sha256(JPEG)]);
    expect(
      (await fetch(new URL(new URL(attachments[0]!).pathname + new URL(attachments[0]!).search, second.url)))
        .status,
    ).toBe(200);
    await second.stop();
    now += 21 * DAY;
    await using _third = await TestHub.start(env, { now: () => now }, hub.dataDir);
    await waitFor('the second sweep', async () => (await files()).length === 0);
  });
});
