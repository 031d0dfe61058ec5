import { parseClassName } from './parse-names.ts';
import type { CommandExpr, Expr } from './syntax.ts';
import type { TermScope } from './term-scope.ts';
import { CORE_TERMS, RESERVED } from './terminology.ts';
import type { TokenCursor } from './token-cursor.ts';

/** What a command's parameters may be: a whole expression, or one without `as`. */
export interface ParameterParsers {
  whole(): Expr;
  short(): Expr;
}

/** Commands: a name, a direct parameter, labelled parameters. */
export class CommandParser {
  readonly #in: TokenCursor;
  readonly #scope: TermScope;
  readonly #parse: ParameterParsers;

  constructor(cursor: TokenCursor, scope: TermScope, parse: ParameterParsers) {
    this.#in = cursor;
    this.#scope = scope;
    this.#parse = parse;
  }

  /** The command that stands here, if one does. */
  command(): Expr | undefined {
    const start = this.#in.peek().start;
    const all = { ...CORE_TERMS.commands, ...this.#scope.current()?.commands };
    const names = Object.keys(all).sort((a, b) => b.length - a.length);
    const name = this.#in.word(...names);
    if (name === undefined) return undefined;
    return this.#commandTail(name, all[name] ?? [], start);
  }

  #commandTail(name: string, labels: readonly string[], start: number): CommandExpr {
    let direct: Expr | undefined;
    const labelled: Record<string, Expr> = {};
    if (name === 'count' || name === 'offset') this.#in.word('of');
    if (this.#startsExpression(labels)) {
      // `read f as x`: the label wins over a coercion of f.
      direct = labels.includes('as') || labels.includes('in') ? this.#parse.short() : this.#parse.whole();
    }
    for (;;) {
      const flag = this.#in.word('without altering line endings', 'with administrator privileges');
      if (flag !== undefined) continue;
      const label = this.#in.word(...labels);
      if (label === undefined) break;
      labelled[label] = label === 'as' ? this.#typeArgument() : this.#parse.short();
    }
    return { type: 'command', name, direct, labelled, ...this.#in.rangeFrom(start) };
  }

  #typeArgument(): Expr {
    const { start, end } = this.#in.peek();
    return { type: 'class', name: parseClassName(this.#in), start, end };
  }

  #startsExpression(labels: readonly string[]): boolean {
    const token = this.#in.peek();
    if (token.kind === 'newline' || token.kind === 'end') return false;
    if (token.kind === 'symbol') return ['(', '{', '-'].includes(token.value);
    if (token.kind !== 'word' || token.piped) return true;
    if (
      this.#in.isWord(
        'the',
        'every',
        'first',
        'second',
        'third',
        'last',
        'some',
        'middle',
        'my',
        'its',
        'it',
        'me',
        'not',
        'true',
        'false',
      )
    )
      return true;
    return !RESERVED.has(token.value) && !labels.includes(token.value);
  }
}
