import type { Expr } from './syntax.ts';
import type { TermScope } from './term-scope.ts';
import { COERCIONS, CORE_TERMS, RAW_CLASSES } from './terminology.ts';
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

const CLASS_WORDS = ['integer', 'real', 'number', 'list', 'boolean', 'record', 'alias', 'file'];

/** A word with a meaning of its own: `linefeed`, an application's constant, a class. */
export function parseConstant(cursor: TokenCursor, scope: TermScope): Expr | undefined {
  const { kind, piped, value, start, end } = cursor.peek();
  if (kind !== 'word' || piped) return undefined;
  const text = CORE_TERMS.constants[value];
  const own = scope.current()?.constants[value];
  if (text === undefined && own === undefined && !CLASS_WORDS.includes(value)) return undefined;
  cursor.take();
  if (text !== undefined) return { type: 'literal', value: text, start, end };
  return { type: own === undefined ? 'class' : 'constant', name: own ?? value, start, end };
}
