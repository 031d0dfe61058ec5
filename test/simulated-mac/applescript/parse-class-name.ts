import { COERCIONS, RAW_CLASSES } from './terminology.ts';
import type { TokenCursor } from './token-cursor.ts';

const SPELLINGS = Object.keys(COERCIONS).sort((a, b) => b.length - a.length);

/** A class name as it stands after `as`, in words or as «class …». */
export function parseClassName(cursor: TokenCursor): string {
  if (cursor.peek().kind === 'raw') return parseRawClass(cursor);
  const spelling = cursor.word(...SPELLINGS);
  const canonical = spelling === undefined ? undefined : COERCIONS[spelling];
  return canonical ?? cursor.refuse('class name');
}

/** «class utf8» and the like; a code nobody knows is refused. */
export function parseRawClass(cursor: TokenCursor): string {
  const code = /^class (.{1,4})$/.exec(cursor.peek().value)?.[1];
  const known = code === undefined ? undefined : RAW_CLASSES[code.trim()];
  if (known === undefined) return cursor.refuse('class name');
  cursor.take();
  return known;
}
