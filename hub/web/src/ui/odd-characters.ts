/** A piece of a text as it is, or a character of it that would not be seen, or would turn others around. */
export type Piece = { text: string } | { odd: string; name: string };

const NAMES: Record<number, string> = {
  173: 'soft hyphen',
  1564: 'Arabic letter mark',
  8203: 'zero-width space',
  8234: 'left-to-right embedding',
  8235: 'right-to-left embedding',
  8236: 'end of embedding',
  8237: 'left-to-right override',
  8238: 'right-to-left override',
  8294: 'left-to-right isolate',
  8295: 'right-to-left isolate',
  8296: 'first strong isolate',
  8297: 'end of isolate',
  65279: 'byte order mark',
};

/**
 * Control characters but tab and line feed, what turns the direction of text, and what is invisible. Not those that emoji
 * and Arabic or Indian scripts are written with (joiners, variation selectors, marks of direction), nor the tags of a flag.
 */
const ODD =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|(?<!\u{1f3f4}[\u{e0020}-\u{e007f}]*)[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** The text with every odd character apart. A carriage return before a line feed belongs to it. */
export function splitOddCharacters(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  const readable = text.replaceAll('\r\n', '\n');
  for (const { 0: odd, index } of readable.matchAll(ODD)) {
    if (index > end) pieces.push({ text: readable.slice(end, index) });
    pieces.push({ odd: spellCodePoint(odd), name: nameOf(odd) });
    end = index + odd.length;
  }
  if (end < readable.length) pieces.push({ text: readable.slice(end) });
  return pieces;
}

/** The same in one text, for where nothing else can stand: titles, labels, JSON. */
export function spellOddCharacters(text: string): string {
  return splitOddCharacters(text)
    .map((piece) => ('odd' in piece ? `⟨${piece.odd}⟩` : piece.text))
    .join('');
}

/** JSON to read, in which odd characters are written as JSON can write them. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(ODD, (odd) =>
    odd
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

function spellCodePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

function nameOf(character: string): string {
  return NAMES[character.codePointAt(0) ?? 0] ?? 'a character that is not shown';
}
