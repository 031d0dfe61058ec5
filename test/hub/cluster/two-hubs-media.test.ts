import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MediaFolder } from '../../../hub/media/media-folder.ts';
import type { MessageEvent } from '../../../shared/api/webhook-events.ts';
import type { JournalEntry } from '../../../shared/wire/journal.ts';
import { describeWithPostgres } from '../../kit/describe-with-postgres.ts';
import { Receiver } from '../../kit/receiver.ts';
import { waitFor } from '../../kit/wait.ts';
import { messageEntry, TestDevice } from '../kit/test-device.ts';
import type { TestHub } from '../kit/test-hub.ts';
import { FileServer, JPEG, sha256 } from '../media/file-server.ts';
import { startHubs } from './start-hubs.ts';

interface Folder extends AsyncDisposable {
  path: string;
}

async function makeFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'bluewire-shared-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function patch(hub: TestHub, token: string, offset: number, end?: number) {
  return hub.call('PATCH', `/devices/files/${sha256(JPEG)}`, {
    headers: {
      authorization: `Bearer ${token}`,
      'upload-offset': String(offset),
      'upload-length': String(JPEG.length),
    },
    body: new Uint8Array(JPEG.subarray(offset, end)),
  });
}

/** Reports a message with the file, and answers the path of the link to it. */
async function receive(device: TestDevice, receiver: Receiver): Promise<string> {
  const attachment = { sha256: sha256(JPEG), name: 'a.jpg', mime_type: 'image/jpeg', size: JPEG.length };
  await device.report({ ...messageEntry('g1', 'look'), attachments: [attachment] } as JournalEntry);
  const event = await waitFor('the event', () =>
    receiver.events.find((one): one is MessageEvent => one.type === 'MESSAGE'),
  );
  const link = new URL(event.attachments[0]!);
  return `${link.pathname}${link.search}`;
}

describeWithPostgres('files of two hubs', (postgres) => {
  test('in a shared folder: begun at one, gone on with at the other, and served by both', async () => {
    await using folder = await makeFolder();
    await using hubs = await startHubs(postgres(), { dataDir: folder.path });
    const [here, there] = [hubs[0]!, hubs[1]!];
    await using receiver = await Receiver.start();
    const mac = await here.pairMac();
    await here.join(mac.id, { url: receiver.url });
    using device = await TestDevice.online(there.url, mac.token);
    expect((await patch(here, mac.token, 0, 5)).headers.get('upload-offset')).toBe('5');
    expect((await patch(there, mac.token, 5)).status).toBe(204);
    const path = await receive(device, receiver);
    for (const hub of hubs) expect((await hub.call('GET', path)).status).toBe(200);
  });

  test('in a shared folder: what one fetched for a message, the device gets from the other', async () => {
    await using folder = await makeFolder();
    await using hubs = await startHubs(postgres(), { dataDir: folder.path });
    await using files = await FileServer.start();
    const mac = await hubs[0]!.pairMac();
    const { id } = await hubs[0]!.join(mac.id);
    using device = await TestDevice.online(hubs[1]!.url, mac.token);
    await hubs[0]!.send(id, 'm1', { attachments: [files.serve('/a.jpg', JPEG)] });
    const send = await waitFor('the send', () => device.sends[0]);
    for (const hub of hubs) {
      const answer = await hub.call('GET', `/devices/files/${send.attachments[0]!.sha256}`, {
        headers: { authorization: `Bearer ${mac.token}` },
      });
      expect(answer.status).toBe(200);
    }
  });

  test('in folders of their own: the one without the file says so', async () => {
    await using hubs = await startHubs(postgres());
    await using receiver = await Receiver.start();
    const mac = await hubs[0]!.pairMac();
    await hubs[0]!.join(mac.id, { url: receiver.url });
    using device = await TestDevice.online(hubs[0]!.url, mac.token);
    expect((await patch(hubs[0]!, mac.token, 0)).status).toBe(204);
    const path = await receive(device, receiver);
    const answer = await hubs[1]!.call('GET', path);
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ code: 'not_found' });
  });
});

test('a hub that starts leaves the drafts of others in a shared folder, and removes them once they are old', async () => {
  await using folder = await makeFolder();
  const drafts = join(folder.path, 'drafts');
  await mkdir(drafts, { recursive: true });
  await writeFile(join(drafts, 'young'), 'x');
  await writeFile(join(drafts, 'old'), 'x');
  const yesterday = new Date(Date.now() - 90_000_000);
  await utimes(join(drafts, 'old'), yesterday, yesterday);
  const media = new MediaFolder(folder.path, { shared: true });
  expect(await readdir(drafts)).toHaveLength(2);
  expect(await media.sweepDrafts(Date.now() - 86_400_000)).toBe(1);
  expect(await readdir(drafts)).toEqual(['young']);
  new MediaFolder(folder.path);
  expect(await readdir(drafts)).toEqual([]);
});
