import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { leaveRoom } from '../../../hub/media/disk-room.ts';
import { MediaFolder } from '../../../hub/media/media-folder.ts';
import { Uploads } from '../../../hub/media/uploads.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { makeFolder } from '../store/sqlite-fixtures.ts';
import { sha256 } from './file-server.ts';

const MB = 1024 * 1024;

/** A disk of so many MB with so many free. */
function diskOf(size: number, free: () => number) {
  return async () => ({ bsize: MB, blocks: size, bavail: free() });
}

async function count(path: string, disk: ReturnType<typeof diskOf>, chunks: number): Promise<number> {
  let passed = 0;
  const source = (async function* () {
    for (let n = 0; n < chunks; n += 1) yield Buffer.alloc(MB);
  })();
  try {
    for await (const chunk of leaveRoom(path, disk)(source)) passed += chunk.length / MB;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  }
  return passed;
}

test('files leave half a gigabyte of a disk free, of a small one a twentieth', async () => {
  expect(
    await count(
      '/',
      diskOf(1_000_000, () => 511),
      1,
    ),
  ).toBe(0);
  expect(
    await count(
      '/',
      diskOf(1_000_000, () => 512),
      1,
    ),
  ).toBe(1);
  expect(
    await count(
      '/',
      diskOf(100, () => 4),
      1,
    ),
  ).toBe(0);
  expect(
    await count(
      '/',
      diskOf(100, () => 5),
      1,
    ),
  ).toBe(1);
});

test('a file that grows into what is to stay free ends there', async () => {
  let free = 530;
  const passed = await count(
    '/',
    diskOf(1_000_000, () => (free -= 10)),
    100,
  );
  expect(passed).toBeLessThan(10);
  expect(passed).toBeGreaterThan(1);
});

test('an upload without room is unavailable, and what it left is gone on with once there is room', async () => {
  await using folder = await makeFolder();
  let free = 1_000;
  const media = new MediaFolder(join(folder.path, 'media'), { measure: diskOf(1_000_000, () => free) });
  const uploads = new Uploads(media, {
    store: { recordUpload: async () => undefined, countUploads: async () => ({ files: 0, bytes: 0 }) },
    now: Date.now,
    log: createLog('hub', 'silent'),
  });
  const content = Buffer.from('0123456789');
  const upload = { deviceId: 'mac', sha256: sha256(content), length: 10 };
  const append = (offset: number, end: number) =>
    uploads.append({ ...upload, offset, body: Readable.from([content.subarray(offset, end)]) });
  expect(await append(0, 4)).toBe(4);
  free = 100;
  await expect(append(4, 10)).rejects.toMatchObject({ code: 'unavailable' });
  expect(await uploads.offsetOf('mac', upload.sha256)).toBe(4);
  free = 1_000;
  expect(await append(4, 10)).toBe(10);
  expect(await readdir(media.partial)).toEqual([]);
  expect(await media.has(upload.sha256)).toBe(true);
});
