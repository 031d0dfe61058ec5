import { ScriptError, SYNTAX_ERROR } from './script-error.ts';

type TokenKind = 'word' | 'text' | 'number' | 'raw' | 'symbol' | 'newline' | 'end';

/** `value` is lower-cased for words (AppleScript ignores case); `piped` words `|like this|` are never keywords. */
export interface Token {
  readonly kind: TokenKind;
  readonly value: string;
  readonly spelling: string;
  readonly piped: boolean;
  readonly start: number;
  readonly end: number;
}

const SYMBOLS = [
  '≠',
  '≤',
  '≥',
  '/=',
  '<=',
  '>=',
  '(',
  ')',
  '{',
  '}',
  ',',
  ':',
  '&',
  '+',
  '-',
  '*',
  '/',
  '÷',
  '^',
  '=',
  '<',
  '>',
];
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

function refuse(message: string, start: number, end: number): never {
  throw new ScriptError(SYNTAX_ERROR, message, { compile: true, range: { start, end } });
}

class Tokenizer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Token[] {
    while (this.#at < this.#source.length) this.#next();
    this.#push('end', '', this.#at);
    return this.#tokens;
  }

  #push(kind: TokenKind, value: string, start: number, spelling = value, piped = false): void {
    this.#tokens.push({ kind, value, spelling, piped, start, end: this.#at });
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source)?.[0];
  }

  #next(): void {
    const start = this.#at;
    const char = this.#source[start] ?? '';
    const blank = this.#match(/[ \t\u00a0\ufeff]+/y) ?? this.#match(/¬[ \t]*(\r\n|\r|\n)/y);
    if (blank !== undefined) {
      this.#at += blank.length;
      return;
    }
    const comment = this.#match(/(--|#)[^\r\n]*/y);
    if (comment !== undefined) {
      this.#at += comment.length;
      return;
    }
    if (this.#source.startsWith('(*', start)) {
      this.#blockComment();
      return;
    }
    const newline = this.#match(/\r\n|\r|\n/y);
    if (newline !== undefined) {
      this.#at += newline.length;
      this.#push('newline', '\n', start);
      return;
    }
    if (char === '"') {
      this.#text();
      return;
    }
    if (char === '«') {
      this.#delimited('»', 'raw');
      return;
    }
    if (char === '|') {
      this.#delimited('|', 'word');
      return;
    }
    this.#wordNumberOrSymbol(start);
  }

  #wordNumberOrSymbol(start: number): void {
    const number = this.#match(/(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/iy);
    if (number !== undefined) {
      this.#at += number.length;
      this.#push('number', number, start);
      return;
    }
    const word = this.#match(/[A-Za-z_À-ÖØ-öø-ÿ][\wÀ-ÖØ-öø-ÿ]*/y);
    if (word !== undefined) {
      this.#at += word.length;
      this.#push('word', word.toLowerCase(), start, word);
      return;
    }
    if (this.#match(/['’]s\b/iy) !== undefined) {
      this.#at += 2;
      this.#push('symbol', "'s", start);
      return;
    }
    const symbol = SYMBOLS.find((candidate) => this.#source.startsWith(candidate, start));
    if (symbol === undefined) {
      refuse(`Expected expression but found unknown token.`, start, start + 1);
    }
    this.#at += symbol.length;
    this.#push(
      'symbol',
      symbol === '/=' ? '≠' : symbol === '<=' ? '≤' : symbol === '>=' ? '≥' : symbol,
      start,
    );
  }

  /** `(* … *)` comments nest. */
  #blockComment(): void {
    const start = this.#at;
    let depth = 0;
    do {
      if (this.#source.startsWith('(*', this.#at)) {
        depth += 1;
        this.#at += 2;
      } else if (this.#source.startsWith('*)', this.#at)) {
        depth -= 1;
        this.#at += 2;
      } else if (this.#at >= this.#source.length) {
        refuse('Expected “*)” but found end of script.', start, this.#at);
      } else {
        this.#at += 1;
      }
    } while (depth > 0);
  }

  #text(): void {
    const start = this.#at;
    let value = '';
    this.#at += 1;
    for (;;) {
      const char = this.#source[this.#at];
      if (char === undefined) refuse('Expected “"” but found end of script.', start, this.#at);
      this.#at += 1;
      if (char === '"') break;
      if (char !== '\\') {
        value += char;
        continue;
      }
      const escaped = ESCAPES[this.#source[this.#at] ?? ''];
      if (escaped === undefined) refuse('Expected “"” but found unknown token.', this.#at - 1, this.#at + 1);
      value += escaped;
      this.#at += 1;
    }
    this.#push('text', value, start, value);
  }

  #delimited(close: string, kind: 'raw' | 'word'): void {
    const start = this.#at;
    const end = this.#source.indexOf(close, start + 1);
    if (end < 0 || /[\r\n]/.test(this.#source.slice(start, end))) {
      refuse(`Expected “${close}” but found end of line.`, start, start + 1);
    }
    this.#at = end + 1;
    const inner = this.#source.slice(start + 1, end);
    this.#push(kind, kind === 'word' ? inner.toLowerCase() : inner.trim(), start, inner, kind === 'word');
  }
}

/** Splits a script into tokens. Throws a compile-time ScriptError (−2741) on what cannot be one. */
export function tokenize(source: string): Token[] {
  return new Tokenizer(source).run();
}
