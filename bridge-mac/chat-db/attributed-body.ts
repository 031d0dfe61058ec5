/**
 * Reads the text out of `message.attributedBody`, an NSAttributedString archived as typedstream: its first string
 * object is the body, announced by the type code "+" where that is spelled out (new, length 1, '+'), then a length
 * and that many bytes of UTF-8. Scanned rather than parsed: many times faster, and nothing in a blob can throw.
 */
export interface ScannedText {
  text: string;
  /** False when the blob ends before its text does; what is there has been read. */
  complete: boolean;
}

const STRING_FOLLOWS = Buffer.from([0x84, 0x01, 0x2b]);
const STRING_ENDS = Buffer.from([0x86, 0x84]);
const INT_16 = 0x81;
const INT_32 = 0x82;
const INT_64 = 0x87;

/** The body of a blob, U+FFFC marks included; undefined when there is none to be found. Never throws. */
export function scanAttributedBody(blob: Uint8Array): ScannedText | undefined {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  const marker = bytes.indexOf(STRING_FOLLOWS);
  if (marker < 0) return undefined;
  const length = readLength(bytes, marker + STRING_FOLLOWS.length);
  if (length === undefined) return undefined;
  const end = length.next + length.value;
  if (end <= bytes.length) return { text: bytes.toString('utf8', length.next, end), complete: true };
  const rest = bytes.subarray(length.next);
  const cut = rest.indexOf(STRING_ENDS);
  return { text: withoutBrokenEnd(cut < 0 ? rest : rest.subarray(0, cut)), complete: false };
}

/** An integer: one byte below 0x80, else a mark and 2, 4 or 8 bytes, little-endian. Lengths are not negative. */
function readLength(bytes: Buffer, at: number): { value: number; next: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { value: first, next: at + 1 };
  const size = first === INT_16 ? 2 : first === INT_32 ? 4 : first === INT_64 ? 8 : 0;
  if (size === 0 || at + 1 + size > bytes.length) return undefined;
  const value = size === 8 ? Number(bytes.readBigUInt64LE(at + 1)) : bytes.readUIntLE(at + 1, size as 2 | 4);
  return { value, next: at + 1 + size };
}

// A character cut in two decodes to U+FFFD, which is not what was written.
function withoutBrokenEnd(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/\uFFFD+$/u, '');
}
