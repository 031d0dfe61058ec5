import { type Range, ScriptError, SYNTAX_ERROR } from './script-error.ts';
import type { Token } from './tokenizer.ts';

const NAMES: Readonly<Record<string, string>> = {
  word: 'identifier',
  text: 'string',
  number: 'number',
  raw: 'unknown token',
  newline: 'end of line',
  end: 'end of script',
};

/** Walks a token list; multi-word terms are matched as sequences of plain words. */
export class TokenCursor {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
    if (token === undefined) throw new ScriptError(SYNTAX_ERROR, 'Expected a script.', { compile: true });
    return token;
  }

  take(): Token {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  mark(): number {
    return this.#at;
  }

  reset(mark: number): void {
    this.#at = mark;
  }

  /** How many tokens the phrase takes here; 0 when something else stands here. */
  phraseLength(phrase: string, ahead = 0): number {
    const words = phrase.split(' ');
    const here = words.every((word, index) => {
      const token = this.peek(ahead + index);
      return token.kind === 'word' && !token.piped && token.value === word;
    });
    return here ? words.length : 0;
  }

  isWord(...phrases: string[]): boolean {
    return phrases.some((phrase) => this.phraseLength(phrase) > 0);
  }

  /** Takes the phrase when it stands here. */
  word(...phrases: string[]): string | undefined {
    for (const phrase of phrases) {
      const length = this.phraseLength(phrase);
      if (length === 0) continue;
      this.#at += length;
      return phrase;
    }
    return undefined;
  }

  isSymbol(...symbols: string[]): boolean {
    const token = this.peek();
    return token.kind === 'symbol' && symbols.includes(token.value);
  }

  symbol(...symbols: string[]): string | undefined {
    return this.isSymbol(...symbols) ? this.take().value : undefined;
  }

  expectWord(...phrases: string[]): string {
    return this.word(...phrases) ?? this.refuse(`“${phrases[0]}”`);
  }

  expectSymbol(symbol: string): void {
    if (this.symbol(symbol) === undefined) this.refuse(`“${symbol}”`);
  }

  atLineEnd(): boolean {
    return this.peek().kind === 'newline' || this.peek().kind === 'end';
  }

  endLine(): void {
    if (!this.atLineEnd()) this.refuse('end of line');
    if (this.peek().kind === 'newline') this.take();
  }

  skipNewlines(): void {
    while (this.peek().kind === 'newline') this.take();
  }

  rangeFrom(start: number): Range {
    const last = this.#tokens[Math.max(0, this.#at - 1)];
    return { start, end: Math.max(start, last?.end ?? start) };
  }

  refuse(expected: string): never {
    const token = this.peek();
    const found = token.kind === 'symbol' ? `“${token.value}”` : (NAMES[token.kind] ?? token.kind);
    throw new ScriptError(SYNTAX_ERROR, `Expected ${expected} but found ${found}.`, {
      compile: true,
      range: { start: token.start, end: Math.max(token.end, token.start) },
    });
  }
}
