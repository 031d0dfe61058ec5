// Messages and the file systems of Macs take 255 bytes; an extension longer than this is none.
const MAX_BYTES = 200;
const MAX_EXTENSION = 16;
// Separators on macOS and elsewhere, control characters, marks that turn the direction of what is shown.
const UNSAFE = /[/\\:<>"|?*\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/iu;

/** The name that a file gets on this Mac: its own as far as that is harmless, never one that leaves its folder. */
export function safeFileName(name: string): string {
  const visible = name
    .toWellFormed()
    .normalize('NFC')
    .replace(UNSAFE, '_')
    .replace(/^[.\s]+/u, '')
    .replace(/[.\s]+$/u, '');
  const named = visible === '' ? 'file' : visible;
  return shorten(RESERVED.test(named) ? `_${named}` : named);
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= MAX_EXTENSION ? name.slice(dot) : '';
  const room = MAX_BYTES - Buffer.byteLength(extension);
  let stem = '';
  let bytes = 0;
  for (const character of name.slice(0, name.length - extension.length)) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    stem += character;
  }
  return stem + extension;
}
