import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { convertFile } from '../../../bridge-mac/attachments/convert.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { setUpFiles } from '../kit/files-rig.ts';
import { sha256Of } from '../kit/stand-in-files.ts';

const log = createLog('test', 'silent');
const never = new AbortController().signal;
const JPEG = "printf '\\377\\330\\377jpeg'";
let folder = '';
let path: string | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bluewire-convert-'));
  mkdirSync(join(folder, 'bin'));
  path = process.env.PATH;
  process.env.PATH = `${join(folder, 'bin')}${delimiter}${path}`;
});

afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true, force: true });
});

/** Puts a tool of this name on PATH. */
function tool(name: string, script: string): void {
  const place = join(folder, 'bin', name);
  writeFileSync(place, `#!/bin/sh\n${script}\n`);
  chmodSync(place, 0o755);
}

function convert(name: string, limitMs = 30_000) {
  const source = join(folder, name);
  writeFileSync(source, 'apple');
  const file = { path: source, name, mimeType: 'image/heic' };
  return convertFile(file, join(folder, 'out'), log, never, limitMs);
}

test('a HEIC picture becomes a JPEG, by the tool that macOS has', async () => {
  tool('sips', `echo "$@" > ${folder}/args; ${JPEG} > "$6"`);
  const converted = await convert('Photo.HEIC');
  expect(converted).toMatchObject({ name: 'Photo.jpg', mimeType: 'image/jpeg' });
  expect(existsSync(converted?.path ?? '')).toBe(true);
});

test('a CAF recording becomes an M4A', async () => {
  tool('afconvert', `printf '0000ftypM4A ' > "$6"`);
  expect(await convert('Audio Message.caf')).toMatchObject({
    name: 'Audio Message.m4a',
    mimeType: 'audio/mp4',
  });
});

test('what everybody can open is left as it is', async () => {
  tool('sips', `${JPEG} > "$6"`);
  expect(await convert('photo.png')).toBeUndefined();
});

test.each([
  ['fails', 'exit 1'],
  ['fails after it wrote', `${JPEG} > "$6"; exit 13`],
  ['writes nothing', 'exit 0'],
  ['is another program of that name', 'echo hello > "$6"'],
  ['hangs, and ignores to be asked to end', "trap '' TERM; while :; do sleep 1; done"],
])('a tool that %s leaves the original, and nothing else', async (_what, script) => {
  tool('sips', script);
  expect(await convert('photo.heic', 1_000)).toBeUndefined();
  expect(readdirSync(join(folder, 'out'))).toEqual([]);
});

test('a tool that is missing leaves the original', async () => {
  process.env.PATH = join(folder, 'bin');
  expect(await convert('photo.heic')).toBeUndefined();
});

test('a converted picture is what reaches the hub, and nothing of it stays on the disk', async () => {
  tool('sips', `${JPEG} > "$6"`);
  await using it = await setUpFiles({ converts: true });
  it.receiveFile('photo.heic', 'apple');
  it.receiveFile('plain.jpg', 'plain');
  await it.waitForMessages(2);
  expect(it.rig.entries.map((entry) => entry.attachments[0])).toMatchObject([
    { name: 'photo.jpg', mime_type: 'image/jpeg', size: 7 },
    { name: 'plain.jpg', sha256: sha256Of(Buffer.from('plain')) },
  ]);
  expect(readdirSync(join(it.home, 'incoming'))).toEqual([]);
});
