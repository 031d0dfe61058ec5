import type { ExpressionParser } from './parse-expression.ts';
import type { Expr, Pattern, Stmt } from './syntax.ts';
import { RESERVED } from './terminology.ts';
import type { TokenCursor } from './token-cursor.ts';

/** Statements of one line, and the names and patterns that others need too. */
export class LineParser {
  readonly #in: TokenCursor;
  readonly #expressions: ExpressionParser;

  constructor(cursor: TokenCursor, expressions: ExpressionParser) {
    this.#in = cursor;
    this.#expressions = expressions;
  }

  #expression(): Expr {
    return this.#expressions.parse();
  }

  statement(start: number): Stmt {
    if (this.#in.word('set') !== undefined) return this.#set(start);
    if (this.#in.word('copy') !== undefined) return this.#copy(start);
    if (this.#in.word('return') !== undefined) {
      const value = this.#in.atLineEnd() ? undefined : this.#expression();
      return { type: 'return', value, ...this.#in.rangeFrom(start) };
    }
    if (this.#in.word('error') !== undefined) return this.#error(start);
    if (this.#in.word('exit repeat', 'exit') !== undefined)
      return { type: 'exit', ...this.#in.rangeFrom(start) };
    const scope = this.#in.word('local', 'global');
    if (scope !== undefined) {
      const names = [this.name().name];
      while (this.#in.symbol(',') !== undefined) names.push(this.name().name);
      return { type: 'declare', global: scope === 'global', names, ...this.#in.rangeFrom(start) };
    }
    const value = this.#expression();
    return { type: 'expression', value, ...this.#in.rangeFrom(start) };
  }

  #set(start: number): Stmt {
    const to = this.pattern();
    this.#in.expectWord('to');
    const value = this.#expression();
    return { type: 'assign', to, value, ...this.#in.rangeFrom(start) };
  }

  #copy(start: number): Stmt {
    const value = this.#expression();
    this.#in.expectWord('to');
    return { type: 'assign', to: this.pattern(), value, ...this.#in.rangeFrom(start) };
  }

  #error(start: number): Stmt {
    const message = this.#in.atLineEnd() || this.#in.isWord('number') ? undefined : this.#expression();
    const number = this.#in.word('number') === undefined ? undefined : this.#expression();
    return { type: 'error', message, number, ...this.#in.rangeFrom(start) };
  }

  name(): { name: string; spelling: string } {
    const token = this.#in.peek();
    if (token.kind !== 'word' || (!token.piped && RESERVED.has(token.value))) this.#in.refuse('identifier');
    this.#in.take();
    return { name: token.value, spelling: token.spelling };
  }

  /** What a value can be stored in. */
  pattern(): Pattern {
    if (this.#in.symbol('{') !== undefined) {
      const items: Pattern[] = [];
      while (this.#in.symbol('}') === undefined) {
        items.push(this.pattern());
        if (this.#in.symbol(',') === undefined && !this.#in.isSymbol('}')) this.#in.refuse('“,” or “}”');
      }
      return { type: 'list', items };
    }
    const place = this.#in.word('end of', 'beginning of');
    const target = this.#expressions.primary();
    if (place !== undefined) {
      if (target.type !== 'variable') this.#in.refuse('variable name');
      return { type: 'insertion', atEnd: place === 'end of', list: target };
    }
    if (target.type === 'variable') return { type: 'name', name: target.name, spelling: target.spelling };
    if (target.type === 'property' || target.type === 'element') return { type: 'reference', target };
    return this.#in.refuse('variable name or property');
  }
}
