import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scanAttributedBody } from '../../../bridge-mac/chat-db/attributed-body.ts';
import { readMessageText } from '../../../bridge-mac/chat-db/message-text.ts';
import { encodeAttributedBody } from '../../simulated-mac/typedstream.ts';

const VECTORS = join(import.meta.dirname, '../../../../shared/vectors/typedstream');
const HANGUL_FILLER = '\u3184';

describe('the scan of attributedBody', () => {
  test('reads back every text that the encoder writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.boolean(), (text, mutable) => {
        expect(scanAttributedBody(encodeAttributedBody(text, { mutable }))).toEqual({ text, complete: true });
      }),
    );
  });

  test.each([0, 1, 126, 127, 128, 129, 255, 256, 8191, 8192, 32_767, 32_768, 65_535, 65_536, 100_000])(
    'reads a text of %i bytes',
    (length) => {
      const text = 'x'.repeat(length);
      expect(scanAttributedBody(encodeAttributedBody(text))?.text).toBe(text);
    },
  );

  test.each([127, 128, 255, 256, 8191, 8192, 65_535, 65_536])(
    'reads characters of three and four bytes across the boundary at %i',
    (boundary) => {
      for (let before = boundary - 5; before <= boundary; before += 1) {
        const text = `${'a'.repeat(before)}👩‍👩‍👧${HANGUL_FILLER}你😀`;
        expect(scanAttributedBody(encodeAttributedBody(text))?.text).toBe(text);
      }
    },
  );

  test('is not misled by a text that holds its own end mark in UTF-8', () => {
    for (const text of [HANGUL_FILLER, `a${HANGUL_FILLER}b`, `${HANGUL_FILLER.repeat(50)}end`]) {
      expect(scanAttributedBody(encodeAttributedBody(text))).toEqual({ text, complete: true });
    }
  });

  test('is not misled by a text that looks like a mark of the format', () => {
    for (const text of ['NSString', '+', '\u0084\u0001+', 'streamtyped']) {
      expect(scanAttributedBody(encodeAttributedBody(text))?.text).toBe(text);
    }
  });

  test('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        scanAttributedBody(bytes);
        scanAttributedBody(Uint8Array.from([0x84, 0x01, 0x2b, ...bytes]));
      }),
      { numRuns: 1_000 },
    );
  });

  test('reads what is there of a blob cut at any byte, and says that it is not all', () => {
    const text = `Grüße ${HANGUL_FILLER} 👋 ${'x'.repeat(200)}`;
    const whole = encodeAttributedBody(text);
    const end = whole.indexOf(Buffer.from(text)) + Buffer.byteLength(text);
    for (let cut = 0; cut < whole.length; cut += 1) {
      const scanned = scanAttributedBody(whole.subarray(0, cut));
      if (scanned === undefined) continue;
      expect(text.startsWith(scanned.text), `cut at ${cut}`).toBe(true);
      expect(scanned.complete).toBe(cut >= end);
    }
  });

  test('stops at the end of the string where a length claims more than there is', () => {
    const blob = encodeAttributedBody('short');
    const at = blob.indexOf('short') - 1;
    const lying = Buffer.concat([blob.subarray(0, at), Buffer.from([0x7f]), blob.subarray(at + 1, at + 20)]);
    expect(scanAttributedBody(lying)).toEqual({ text: 'short', complete: false });
  });

  test('refuses a length whose own bytes are missing', () => {
    for (const mark of [0x81, 0x82, 0x87]) {
      expect(scanAttributedBody(Uint8Array.from([0x84, 0x01, 0x2b, mark, 1]))).toBeUndefined();
    }
  });

  test('takes lengths of four and eight bytes, sane or not', () => {
    const four = [0x84, 0x01, 0x2b, 0x82, 3, 0, 0, 0];
    const eight = [0x84, 0x01, 0x2b, 0x87, 3, 0, 0, 0, 0, 0, 0, 0];
    for (const head of [four, eight]) {
      const blob = Uint8Array.from([...head, ...Buffer.from('abc')]);
      expect(scanAttributedBody(blob)).toEqual({ text: 'abc', complete: true });
    }
    const huge = Uint8Array.from([0x84, 0x01, 0x2b, 0x87, ...new Array<number>(8).fill(255), 65, 66]);
    expect(scanAttributedBody(huge)).toEqual({ text: 'AB', complete: false });
  });
});

describe('the plain text of a row', () => {
  test('is the text column, unless that is empty', () => {
    const body = encodeAttributedBody('from the body');
    expect(readMessageText({ text: 'from the column', body }).text).toBe('from the column');
    expect(readMessageText({ text: null, body }).text).toBe('from the body');
    expect(readMessageText({ text: '', body }).text).toBe('from the body');
    expect(readMessageText({ text: null, body: null })).toEqual({ text: '', complete: true });
  });

  test('has no marks of files in it', () => {
    expect(readMessageText({ text: null, body: encodeAttributedBody('\uFFFC') })).toEqual({
      text: '',
      complete: true,
    });
    expect(readMessageText({ text: '\uFFFCa\uFFFCb', body: null }).text).toBe('ab');
  });

  test("names the sender where a Fitness message has a place for the sender's name", () => {
    const text = '$(kIMTranscriptPluginBreadcrumbTextReceiverIdentifier) completed a workout.';
    expect(readMessageText({ text, body: null }).text).toBe(text);
    expect(readMessageText({ text, body: null }, '+12145550101').text).toBe(
      '+12145550101 completed a workout.',
    );
  });

  test('says so when the body cannot be read', () => {
    expect(readMessageText({ text: null, body: Buffer.from('???') })).toEqual({ text: '', complete: false });
  });
});

describe('blobs written by real Macs (where ../shared/vectors is present)', () => {
  test('decode to the texts that their manifest gives', (context) => {
    if (!existsSync(VECTORS)) context.skip('../shared/vectors/typedstream is not on this machine');
    const rows = readFileSync(join(VECTORS, 'MANIFEST.tsv'), 'utf8').trim().split('\n').slice(1);
    let compared = 0;
    for (const row of rows) {
      const [file = '', kind, , decoded = ''] = row.split('\t');
      if (kind !== 'typedstream' || !decoded.startsWith('"')) continue;
      const scanned = scanAttributedBody(readFileSync(join(VECTORS, file)));
      expect(scanned, file).toEqual({ text: JSON.parse(decoded), complete: true });
      compared += 1;
    }
    expect(compared).toBeGreaterThan(10);
  });

  test('fail softly when they are damaged or something else', (context) => {
    if (!existsSync(VECTORS)) context.skip('../shared/vectors/typedstream is not on this machine');
    for (const file of readdirSync(VECTORS).filter((name) => name.endsWith('.bin'))) {
      const blob = readFileSync(join(VECTORS, file));
      for (let cut = 0; cut < blob.length; cut += 1) scanAttributedBody(blob.subarray(0, cut));
    }
    expect(scanAttributedBody(readFileSync(join(VECTORS, 'crashing.bin')))?.complete ?? false).toBe(false);
  });
});
