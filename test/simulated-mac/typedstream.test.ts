import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeAttributedBody, OBJECT_REPLACEMENT } from './typedstream.ts';

const VECTORS = fileURLToPath(new URL('../../../shared/vectors/typedstream/', import.meta.url));

/** Where the text's length stands: after the type string `+`. */
function readText(blob: Buffer): string {
  const at = blob.indexOf(Buffer.from([0x84, 0x01, 0x2b])) + 3;
  const mark = blob[at];
  const [length, start] =
    mark === 0x81
      ? [blob.readUInt16LE(at + 1), at + 3]
      : mark === 0x82
        ? [blob.readUInt32LE(at + 1), at + 5]
        : [mark ?? 0, at + 1];
  return blob.toString('utf8', start, start + length);
}

describe('attributedBody blobs', () => {
  test('a short text is one byte of length, a longer one is marked 0x81, one beyond 65,535 bytes 0x82', () => {
    const lengthAt = encodeAttributedBody('').indexOf(Buffer.from([0x84, 0x01, 0x2b])) + 3;
    expect(encodeAttributedBody('a'.repeat(127))[lengthAt]).toBe(127);
    expect([...encodeAttributedBody('a'.repeat(128)).subarray(lengthAt, lengthAt + 3)]).toEqual([
      0x81, 128, 0,
    ]);
    expect([...encodeAttributedBody('a'.repeat(65_535)).subarray(lengthAt, lengthAt + 3)]).toEqual([
      0x81, 0xff, 0xff,
    ]);
    expect([...encodeAttributedBody('a'.repeat(65_536)).subarray(lengthAt, lengthAt + 5)]).toEqual([
      0x82, 0, 0, 1, 0,
    ]);
  });

  test('any text comes back from its blob, whatever its length or script', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.boolean(), (text, mutable) => {
        expect(readText(encodeAttributedBody(text, { mutable }))).toBe(text);
      }),
    );
    for (const length of [126, 127, 128, 255, 256, 8191, 8192, 65_535, 65_536]) {
      expect(readText(encodeAttributedBody('ㆄ'.repeat(length)))).toBe('ㆄ'.repeat(length));
    }
  });

  test('a file is U+FFFC in the text and names its attachment', () => {
    const blob = encodeAttributedBody(`${OBJECT_REPLACEMENT}look`, { files: ['at_0_GUID'] });
    expect(readText(blob)).toBe(`${OBJECT_REPLACEMENT}look`);
    expect(blob.includes('__kIMFileTransferGUIDAttributeName')).toBe(true);
    expect(blob.includes('at_0_GUID')).toBe(true);
  });

  test.runIf(existsSync(VECTORS))(
    'a plain text is encoded byte for byte as Messages does (needs ../shared/vectors)',
    () => {
      const real = readFileSync(`${VECTORS}regular-text.bin`);
      expect(encodeAttributedBody(readText(real)).equals(real)).toBe(true);
    },
  );
});
