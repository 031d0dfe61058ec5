import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashFile, Uploader } from '../../../bridge-mac/attachments/upload.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { waitFor } from '../../kit/wait.ts';
import { StandInHub } from '../kit/stand-in-hub.ts';

const never = new AbortController().signal;

async function setUp(content: string) {
  const folder = mkdtempSync(join(tmpdir(), 'bluewire-upload-'));
  const path = join(folder, 'file');
  writeFileSync(path, content);
  const hub = await StandInHub.start();
  const log = createLog('test', 'silent');
  const uploader = new Uploader({ hubUrl: hub.url, token: hub.token, log });
  return {
    path,
    hub,
    uploader,
    local: await hashFile(path, never),
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

test('two uploads of one content at a time are one', async () => {
  await using it = await setUp('content');
  await Promise.all([it.uploader.upload(it.local, never), it.uploader.upload(it.local, never)]);
  expect(it.hub.files.uploadsOf(it.local.sha256)).toBe(1);
});

test('what the hub has already is not sent', async () => {
  await using it = await setUp('content');
  it.hub.files.add('content');
  await it.uploader.upload(it.local, never);
  expect(it.hub.files.uploadsOf(it.local.sha256)).toBe(0);
});

test('a file that changed since it was hashed is told apart, and so is one that became shorter', async () => {
  await using it = await setUp('content');
  writeFileSync(it.path, 'CONTENT');
  await expect(it.uploader.upload(it.local, never)).rejects.toThrow('changed');
  writeFileSync(it.path, 'co');
  await expect(it.uploader.upload(it.local, never)).rejects.toThrow('shorter');
});

// A file that nobody closes is closed by garbage collection, and that ends the process.
test.runIf(existsSync('/proc/self/fd'))(
  'uploads that break off leave no file open (needs /proc)',
  async () => {
    await using it = await setUp('x'.repeat(8_000_000));
    it.hub.files.cuts = 4;
    it.hub.files.cutAfterBytes = 500_000;
    await it.uploader.upload(it.local, never);
    const isOpen = (fd: string): boolean => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === it.path;
      } catch {
        return false;
      }
    };
    await waitFor('the file to be closed', () => !readdirSync('/proc/self/fd').some(isOpen), 5_000);
  },
);

test('a file that is gone is told at once', async () => {
  await using it = await setUp('content');
  rmSync(it.path);
  await expect(it.uploader.upload(it.local, never)).rejects.toThrow('ENOENT');
});

test('an upload ends when the bridge stops, whatever the hub does', async () => {
  await using it = await setUp('content');
  const stopping = new AbortController();
  it.hub.files.gate = new Promise(() => undefined);
  const upload = it.uploader.upload(it.local, stopping.signal);
  stopping.abort();
  await expect(upload).rejects.toThrow('abort');
});
