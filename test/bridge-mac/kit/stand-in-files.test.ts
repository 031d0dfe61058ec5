import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { filePath } from '../../../shared/wire/files.ts';
import { sha256Of } from './stand-in-files.ts';
import { StandInHub } from './stand-in-hub.ts';

function call(hub: StandInHub, sha256: string, method: string, headers = {}, body?: Buffer) {
  const authorization = `Bearer ${hub.token}`;
  return fetch(`${hub.url}${filePath(sha256)}`, {
    method,
    headers: { authorization, ...headers },
    ...(body ? { body: new Uint8Array(body) } : {}),
  });
}

test('the stand-in hub gives a file whole and from an offset, to its device alone', async () => {
  await using hub = await StandInHub.start();
  const { sha256 } = hub.files.add('0123456789');
  expect(await (await call(hub, sha256, 'GET')).text()).toBe('0123456789');
  const part = await call(hub, sha256, 'GET', { range: 'bytes=4-' });
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
    206,
    'bytes 4-9/10',
    '456789',
  ]);
  expect((await call(hub, sha256, 'GET', { range: 'bytes=10-' })).status).toBe(416);
  expect((await call(hub, sha256, 'GET', { authorization: 'Bearer wrong' })).status).toBe(401);
  hub.files.failures = 1;
  expect((await call(hub, sha256, 'GET')).status).toBe(503);
  hub.files.cuts = 1;
  hub.files.cutAfterBytes = 3;
  await expect(call(hub, sha256, 'GET').then((answer) => answer.text())).rejects.toThrow();
  hub.files.forget(sha256);
  expect((await call(hub, sha256, 'GET')).status).toBe(404);
});

test('the stand-in hub takes a file in pieces and refuses one that is another', async () => {
  await using hub = await StandInHub.start();
  const content = randomBytes(100_000);
  const sha256 = sha256Of(content);
  const patch = (offset: number, body: Buffer) =>
    call(
      hub,
      sha256,
      'PATCH',
      { 'upload-offset': String(offset), 'upload-length': String(content.length) },
      body,
    );
  expect((await call(hub, sha256, 'HEAD')).headers.get('upload-offset')).toBe('0');
  expect((await patch(0, content.subarray(0, 60_000))).headers.get('upload-offset')).toBe('60000');
  expect((await patch(10, content.subarray(10))).headers.get('upload-offset')).toBe('60000');
  hub.files.cuts = 1;
  await expect(patch(60_000, content.subarray(60_000))).rejects.toThrow();
  const resumed = Number((await call(hub, sha256, 'HEAD')).headers.get('upload-offset'));
  expect(resumed).toBeGreaterThan(60_000);
  expect((await patch(resumed, content.subarray(resumed))).status).toBe(204);
  expect((await call(hub, sha256, 'HEAD')).status).toBe(200);
  expect(hub.files.get(sha256)).toEqual(content);
  hub.files.forget();
  expect((await patch(0, randomBytes(100_000))).status).toBe(422);
  expect((await call(hub, sha256, 'HEAD')).status).toBe(404);
});
