import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nameFile } from '../../../hub/media/names.ts';
import { servedType, sniffType } from '../../../hub/media/types.ts';
import { makeFolder } from '../store/sqlite-fixtures.ts';
import { HTML, JPEG, PDF, PNG } from './file-server.ts';

const OCTETS = 'application/octet-stream';

describe('a name', () => {
  test.each([
    ['../../etc/passwd.jpg', 'image/jpeg', 'passwd.jpg'],
    ['..\\..\\boot.ini.jpg', 'image/jpeg', 'boot.ini.jpg'],
    ['..', 'image/jpeg', 'file.jpg'],
    ['...', OCTETS, 'file.bin'],
    ['', 'image/png', 'file.png'],
    ['.hidden.png', 'image/png', 'hidden.png'],
    ['a\0b\r\nc.png', 'image/png', 'a_b__c.png'],
    ['con:aux*?.png', 'image/png', 'con_aux__.png'],
    ['trailing. . ', 'application/pdf', 'trailing.pdf'],
    ['gpj.\u202eexe.jpg', 'image/jpeg', 'gpj._exe.jpg'],
    ['Grüße aus 東京 😀.JPG', 'image/jpeg', 'Grüße aus 東京 😀.JPG'],
    ['photo.jpeg', 'image/jpeg', 'photo.jpeg'],
    ['photo.jpg', 'image/png', 'photo.png'],
    ['page.jpg', OCTETS, 'page.bin'],
    ['page.html', OCTETS, 'page.html'],
    ['notes.txt', 'text/plain', 'notes.txt'],
    ['notes', 'text/plain', 'notes.txt'],
    ['report.pages', 'application/zip', 'report.pages'],
    ['archive.7z', 'application/x-7z-compressed', 'archive.7z'],
    ['archive.jpg', 'application/x-7z-compressed', 'archive.bin'],
    ['a.heif', 'image/heic', 'a.heif'],
    ['voice.m4a', 'audio/x-m4a', 'voice.m4a'],
    ['clip.MOV', 'video/quicktime', 'clip.MOV'],
    ['\ud800.png', 'image/png', '\ufffd.png'],
  ])('%j of %s becomes %j', (said, type, name) => {
    expect(nameFile(said, type)).toBe(name);
  });

  test('stays within what file systems take, whatever its characters, and keeps its extension', () => {
    const name = nameFile(`${'😀'.repeat(300)}.png`, 'image/png');
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name).toMatch(/^(😀)+\.png$/u);
    expect(nameFile(name, 'image/png')).toBe(name);
  });

  test('of any length is done with at once: a server chooses it', () => {
    expect(nameFile(`${'é'.repeat(300_000)}.png`, 'image/png')).toBe(`${'é'.repeat(98)}.png`);
    expect(Buffer.byteLength(nameFile(`a${'. '.repeat(300_000)}x`, 'image/png'))).toBeLessThanOrEqual(200);
  });
});

describe('the type of content', () => {
  test.each<[string, Buffer | string, string | undefined, string]>([
    ['a JPEG', JPEG, 'text/html', 'image/jpeg'],
    ['a PNG', PNG, undefined, 'image/png'],
    ['a PDF', PDF, 'image/jpeg', 'application/pdf'],
    ['HTML that calls itself a JPEG', HTML, 'image/jpeg', OCTETS],
    ['HTML that says so', HTML, 'text/html; charset=utf-8', OCTETS],
    ['an SVG', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml', OCTETS],
    ['a text', 'hello', 'text/plain; charset=utf-8', 'text/plain'],
    ['a text that says nothing', 'hello', undefined, OCTETS],
    ['an odd claim', 'hello', 'constructor', OCTETS],
    ['a JPEG cut off in its head', JPEG.subarray(0, 4), undefined, 'image/jpeg'],
    ['half a PNG signature', PNG.subarray(0, 10), undefined, OCTETS],
  ])('is sniffed: %s', async (what, content, declared, type) => {
    await using folder = await makeFolder();
    const path = join(folder.path, 'file');
    await writeFile(path, content);
    expect(await sniffType(path, declared), what).toBe(type);
  });

  test.each([
    ['image/jpeg', 'image/jpeg', true],
    ['video/mp4', 'video/mp4', true],
    ['text/plain', 'text/plain; charset=utf-8', true],
    ['text/html', OCTETS, false],
    ['application/xhtml+xml', OCTETS, false],
    ['image/svg+xml', OCTETS, false],
    ['text/javascript', OCTETS, false],
    ['application/pdf', 'application/pdf', false],
    ['application/zip', 'application/zip', false],
  ])('%s is served as %s', (type, served, inline) => {
    expect(servedType(type)).toEqual({ type: served, inline });
  });
});
