import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { safeFileName } from '../../../bridge-mac/attachments/staged-name.ts';
import {
  FileGoneError,
  fetchFile,
  WrongContentError,
} from '../../../bridge-mac/attachments/staging-fetch.ts';
import { waitFor } from '../../kit/wait.ts';
import { BridgeRig } from '../kit/bridge-rig.ts';
import { temporaryFolder } from '../kit/inbox-rig.ts';
import { StandInHub } from '../kit/stand-in-hub.ts';

const NEVER = new AbortController().signal;

describe('the name of a staged file', () => {
  test.each([
    ['photo.jpg', 'photo.jpg'],
    ['offer ä 1.pdf', 'offer ä 1.pdf'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['..', 'file'],
    ['.', 'file'],
    ['', 'file'],
    ['...hidden', 'hidden'],
    ['a\0b.txt', 'a_b.txt'],
    ['a\nb\u202Egpj.exe', 'a_b_gpj.exe'],
    ['C:\\temp\\x.txt', 'C__temp_x.txt'],
    ['con.txt', '_con.txt'],
    ['trailing. . ', 'trailing'],
    ['\uD800.txt', '\uFFFD.txt'],
  ])('of %j is %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe);
  });

  test('never is too long, keeps its extension, and cuts no character', () => {
    for (const character of ['a', 'ä', '你', '😀']) {
      const safe = safeFileName(`${character.repeat(255)}.jpeg`);
      expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(200);
      expect(safe).toMatch(/\.jpeg$/);
      expect(safe.isWellFormed()).toBe(true);
    }
  });
});

describe('fetching a file', () => {
  async function setUp() {
    const hub = await StandInHub.start();
    const folder = temporaryFolder();
    const source = { hubUrl: hub.url, token: hub.token };
    const path = join(folder.path, 'a'.repeat(32), 'file.bin');
    return {
      hub,
      path,
      source,
      async [Symbol.asyncDispose]() {
        folder[Symbol.dispose]();
        await hub[Symbol.asyncDispose]();
      },
    };
  }

  test('brings it whole, readable by its owner alone; an empty one too', async () => {
    await using it = await setUp();
    for (const content of ['content', '']) {
      const file = it.hub.files.add(content);
      await fetchFile(file, it.path, it.source, NEVER);
      expect(readFileSync(it.path, 'utf8')).toBe(content);
    }
    expect(statSync(it.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(it.path))).toEqual([basename(it.path)]);
  });

  test('goes on where it was cut off', async () => {
    await using it = await setUp();
    const content = randomBytes(8_000_000);
    const file = it.hub.files.add(content);
    it.hub.files.cuts = 1;
    it.hub.files.cutAfterBytes = 5_000_000;
    await expect(fetchFile(file, it.path, it.source, NEVER)).rejects.toThrow();
    await fetchFile(file, it.path, it.source, NEVER);
    expect(readFileSync(it.path).equals(content)).toBe(true);
    const offset = it.hub.files.requests.at(-1)?.offset ?? 0;
    expect(offset).toBeGreaterThan(0);
    expect(it.hub.files.requests.at(-1)?.status).toBe(206);
  });

  test('begins anew where the part that is there belongs to another file, and tells a wrong file from a right one', async () => {
    await using it = await setUp();
    const file = it.hub.files.add('the right content');
    mkdirSync(dirname(it.path), { recursive: true });
    writeFileSync(join(dirname(it.path), '.partial'), 'the wrong');
    await expect(fetchFile(file, it.path, it.source, NEVER)).rejects.toThrow(WrongContentError);
    await fetchFile(file, it.path, it.source, NEVER);
    expect(readFileSync(it.path, 'utf8')).toBe('the right content');
    const named = { ...it.hub.files.add('other'), size: 4 };
    await expect(fetchFile(named, `${it.path}2`, it.source, NEVER)).rejects.toThrow(WrongContentError);
  });

  test('ends for good with 404 and 410, and with nothing else', async () => {
    await using it = await setUp();
    const file = it.hub.files.add('content');
    for (const status of [401, 403, 429, 500, 503]) {
      it.hub.files.failures = 1;
      it.hub.files.failStatus = status;
      const attempt = fetchFile(file, it.path, it.source, NEVER);
      await expect(attempt).rejects.toThrow(`the hub answered ${status}`);
    }
    for (const status of [404, 410]) {
      it.hub.files.failures = 1;
      it.hub.files.failStatus = status;
      await expect(fetchFile(file, it.path, it.source, NEVER)).rejects.toThrow(FileGoneError);
    }
  });
});

describe('a bridge with a file to send', () => {
  test('needs no more memory for 100 MB than for little', async () => {
    await using rig = await BridgeRig.start();
    const residentOf = (pid: number): number =>
      Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
    const small = rig.hub.files.add(randomBytes(1_000_000), 'small.bin');
    await rig.hub.send({ id: 'small', attachments: [small] });
    await rig.hub.waitForStatus('small', 'DELIVERED');
    const pid = rig.bridge?.child.pid ?? 0;
    const before = residentOf(pid);
    const large = rig.hub.files.add(Buffer.alloc(100 * 1024 * 1024, 'x'), 'large.bin');
    await rig.hub.send({ id: 'large', attachments: [large] });
    let peak = before;
    await waitFor('the large file', () => {
      peak = Math.max(peak, residentOf(pid));
      return rig.hub.statusesOf('large').includes('SENT');
    });
    expect(peak - before).toBeLessThan(20);
  }, 90_000);

  test('is not slower with every break of the connection, as long as each try brings some of it', async () => {
    await using rig = await BridgeRig.start();
    rig.hub.files.cuts = 6;
    const file = rig.hub.files.add(randomBytes(20_000), 'photo.jpg', 'image/jpeg');
    await rig.hub.send({ id: 'm1', text: '', attachments: [file] });
    await rig.hub.waitForStatus('m1', 'DELIVERED');
    const rests = rig.bridge!.log.flatMap(({ retry_in_ms }) => retry_in_ms ?? []);
    expect(rests).toHaveLength(6);
    // A break may take the bytes with it that came just before, so a rest or two may be long; never all the later ones.
    expect(rests.filter((ms) => Number(ms) >= 5_000).length).toBeLessThan(3);
  });

  test('waits while the file cannot be written, says so, and goes on when it can', async () => {
    await using rig = await BridgeRig.start();
    const folder = join(rig.mac.home, 'Library/Messages/Attachments/Bluewire');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(dirname(folder), { recursive: true });
    writeFileSync(folder, 'in the way');
    await rig.hub.send({ id: 'm1', text: '', attachments: [rig.hub.files.add('content', 'file.txt')] });
    const finding = await waitFor('a finding', () =>
      rig.hub.healths.at(-1)?.findings.find(({ check, ok }) => check === 'staging_files' && !ok),
    );
    expect(finding.blocks_sending).toBeUndefined();
    await rig.hub.send({ id: 'm2', to: '+12145550102' });
    await rig.hub.waitForStatus('m2', 'DELIVERED');
    rmSync(folder);
    await rig.hub.waitForStatus('m1', 'DELIVERED');
  });
});
