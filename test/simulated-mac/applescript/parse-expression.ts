import {
  COERCION_LEVEL,
  COMPARISON_LEVEL,
  CONCATENATION_LEVEL,
  LEVELS,
  RELATIONS,
} from './operator-grammar.ts';
import { CommandParser } from './parse-command.ts';
import { parseClassName, parseConstant, parseRawClass } from './parse-names.ts';
import { ReferenceParser } from './parse-reference.ts';
import type { BinaryOperator, Expr } from './syntax.ts';
import type { TermScope } from './term-scope.ts';
import { RESERVED } from './terminology.ts';
import type { TokenCursor } from './token-cursor.ts';

export class ExpressionParser {
  readonly #in: TokenCursor;
  readonly #scope: TermScope;
  readonly #references: ReferenceParser;
  readonly #commands: CommandParser;

  constructor(cursor: TokenCursor, scope: TermScope) {
    this.#in = cursor;
    this.#scope = scope;
    this.#references = new ReferenceParser(cursor, scope, () => this.#index());
    this.#commands = new CommandParser(cursor, scope, {
      whole: () => this.parse(),
      short: () => this.#level(CONCATENATION_LEVEL),
    });
  }

  /** A whole expression, `as` and comparisons included. */
  parse(): Expr {
    return this.#level(0);
  }

  #level(depth: number): Expr {
    if (depth >= LEVELS.length) return this.#unary();
    if (depth === COERCION_LEVEL) return this.#coercion();
    const start = this.#in.peek().start;
    if (depth === COMPARISON_LEVEL && this.#in.word('not') !== undefined) {
      const operand = this.#level(depth);
      return { type: 'unary', operator: 'not', operand, ...this.#in.rangeFrom(start) };
    }
    let left = this.#level(depth + 1);
    for (;;) {
      const found = this.#operator(depth);
      if (found === undefined) return left;
      left = this.#combine(left, found, depth, start);
    }
  }

  #combine(
    left: Expr,
    found: { operator: BinaryOperator; negated: boolean },
    depth: number,
    start: number,
  ): Expr {
    if (depth === COMPARISON_LEVEL && (found.operator === '=' || found.operator === '≠')) {
      const state = this.#in.word('running');
      if (state !== undefined) {
        const running: Expr = { type: 'property', name: 'running', of: left, ...this.#in.rangeFrom(start) };
        if (found.operator === '=') return running;
        return { type: 'unary', operator: 'not', operand: running, ...this.#in.rangeFrom(start) };
      }
    }
    const right = this.#level(depth + 1);
    const range = this.#in.rangeFrom(start);
    const binary: Expr = { type: 'binary', operator: found.operator, left, right, ...range };
    return found.negated ? { type: 'unary', operator: 'not', operand: binary, ...range } : binary;
  }

  #operator(depth: number): { operator: BinaryOperator; negated: boolean } | undefined {
    for (const [spelling, operator, negated = false] of LEVELS[depth] ?? []) {
      const here = /^[a-z]/.test(spelling) ? this.#in.word(spelling) : this.#in.symbol(spelling);
      if (here !== undefined) return { operator, negated };
    }
    if (depth !== COMPARISON_LEVEL) return undefined;
    const relation = this.#in.symbol(...RELATIONS);
    return relation === undefined ? undefined : { operator: relation as BinaryOperator, negated: false };
  }

  #coercion(): Expr {
    const start = this.#in.peek().start;
    let operand = this.#level(CONCATENATION_LEVEL);
    while (this.#in.word('as') !== undefined) {
      this.#in.word('the', 'a', 'an');
      operand = { type: 'coerce', operand, to: parseClassName(this.#in), ...this.#in.rangeFrom(start) };
    }
    return operand;
  }

  #unary(): Expr {
    const start = this.#in.peek().start;
    const sign = this.#in.symbol('-', '+');
    if (sign === undefined) return this.primary();
    const operand = this.#unary();
    return sign === '+' ? operand : { type: 'unary', operator: '-', operand, ...this.#in.rangeFrom(start) };
  }

  /** A value or a reference with its `of …`, `'s …` and `whose …`. */
  primary(): Expr {
    const start = this.#in.peek().start;
    let value = this.#withOf(this.#operand(), start);
    for (;;) {
      if (this.#in.symbol("'s") !== undefined) value = this.#possessive(value, start);
      else if (this.#in.isWord('exists')) {
        this.#in.take();
        value = {
          type: 'command',
          name: 'exists',
          direct: value,
          labelled: {},
          ...this.#in.rangeFrom(start),
        };
      } else return value;
    }
  }

  #withOf(node: Expr, start: number): Expr {
    let found = this.#whose(node, start);
    if ((found.type === 'element' || found.type === 'property') && found.of === undefined) {
      if (
        this.#in.word('of') !== undefined ||
        (found.type === 'element' && this.#in.word('in') !== undefined)
      ) {
        const of = this.primary();
        found = { ...found, of, ...this.#in.rangeFrom(start) };
      }
    } else if (found.type === 'variable' && this.#in.word('of') !== undefined) {
      found = { type: 'property', name: found.name, of: this.primary(), ...this.#in.rangeFrom(start) };
    }
    return this.#whose(found, start);
  }

  #whose(node: Expr, start: number): Expr {
    if (node.type !== 'element' || node.where !== undefined) return node;
    if (this.#in.word('whose', 'where') === undefined) return node;
    const where = this.parse();
    return { ...node, where, ...this.#in.rangeFrom(start) };
  }

  #possessive(owner: Expr, start: number): Expr {
    const part = this.#references.reference() ?? this.#namedProperty();
    if (part.type !== 'element' && part.type !== 'property') this.#in.refuse('property or element');
    return this.#whose({ ...part, of: owner, ...this.#in.rangeFrom(start) } as Expr, start);
  }

  #namedProperty(): Expr {
    const token = this.#in.peek();
    if (token.kind !== 'word' || RESERVED.has(token.value)) this.#in.refuse('property');
    this.#in.take();
    return { type: 'property', name: token.value, of: undefined, start: token.start, end: token.end };
  }

  #operand(): Expr {
    this.#in.word('the');
    return (
      this.#literal() ??
      this.#keyword() ??
      this.#commands.command() ??
      this.#references.reference() ??
      this.#variable()
    );
  }

  #literal(): Expr | undefined {
    const token = this.#in.peek();
    const { start, end } = token;
    if (token.kind === 'text' || token.kind === 'number') {
      if (token.kind === 'number' && /^(st|nd|rd|th)$/.test(this.#in.peek(1).value))
        return this.#references.ordinal();
      this.#in.take();
      const value = token.kind === 'text' ? token.value : Number(token.value);
      return { type: 'literal', value, start, end };
    }
    if (token.kind === 'raw') return { type: 'class', name: parseRawClass(this.#in), start, end };
    if (this.#in.symbol('(') !== undefined) {
      const inner = this.parse();
      this.#in.expectSymbol(')');
      return inner;
    }
    if (this.#in.symbol('{') !== undefined) return this.#listOrRecord(start);
    return undefined;
  }

  #listOrRecord(start: number): Expr {
    const items: Expr[] = [];
    const fields: [string, Expr][] = [];
    while (this.#in.symbol('}') === undefined) {
      const label = this.#in.peek();
      const colon = this.#in.peek(1);
      if (label.kind === 'word' && colon.kind === 'symbol' && colon.value === ':') {
        this.#in.take();
        this.#in.take();
        fields.push([label.value, this.parse()]);
      } else {
        items.push(this.parse());
      }
      if (this.#in.symbol(',') === undefined && !this.#in.isSymbol('}')) this.#in.refuse('“,” or “}”');
    }
    if (fields.length > 0 && items.length > 0) this.#in.refuse('“:”');
    const range = this.#in.rangeFrom(start);
    return fields.length > 0 ? { type: 'record', fields, ...range } : { type: 'list', items, ...range };
  }

  #keyword(): Expr | undefined {
    const start = this.#in.peek().start;
    const word = this.#in.word(
      'true',
      'false',
      'missing value',
      'null',
      'it',
      'me',
      'result',
      'applescript',
      'pi',
    );
    const range = this.#in.rangeFrom(start);
    if (word === 'true' || word === 'false') return { type: 'literal', value: word === 'true', ...range };
    if (word === 'pi') return { type: 'literal', value: Math.PI, ...range };
    if (word === 'missing value' || word === 'null') return { type: 'constant', name: word, ...range };
    if (word === 'it' || word === 'me' || word === 'result' || word === 'applescript')
      return { type: word, ...range };
    if (this.#in.word('current application') !== undefined) {
      return { type: 'current-application', ...this.#in.rangeFrom(start) };
    }
    if (this.#in.word('my') !== undefined) return this.#mine(start);
    if (this.#in.word('its') !== undefined) return this.#possessive({ type: 'it', ...range }, start);
    const app = this.#in.word('application id', 'app id', 'application', 'app');
    if (app !== undefined) {
      const name = this.#index();
      return { type: 'application', name, byId: app.endsWith(' id'), ...this.#in.rangeFrom(start) };
    }
    const place = this.#in.word('posix file') ?? this.#placeWord();
    if (place !== undefined) {
      return { type: 'coerce', operand: this.primary(), to: place, ...this.#in.rangeFrom(start) };
    }
    return undefined;
  }

  /** `alias "…"` and `file "…"`; alone the words name classes. */
  #placeWord(): string | undefined {
    const next = this.#in.peek(1);
    const named = next.kind === 'text' || (next.kind === 'symbol' && next.value === '(');
    return named ? this.#in.word('alias', 'file') : undefined;
  }

  #mine(start: number): Expr {
    const name = this.#in.peek();
    if (name.kind !== 'word') this.#in.refuse('identifier');
    this.#in.take();
    if (this.#in.isSymbol('(')) return this.#call(name.value, true, start);
    return {
      type: 'property',
      name: name.value,
      of: { type: 'me', start, end: name.end },
      ...this.#in.rangeFrom(start),
    };
  }

  #call(name: string, toMe: boolean, start: number): Expr {
    this.#in.expectSymbol('(');
    const args: Expr[] = [];
    while (this.#in.symbol(')') === undefined) {
      args.push(this.parse());
      if (this.#in.symbol(',') === undefined && !this.#in.isSymbol(')')) this.#in.refuse('“,” or “)”');
    }
    return { type: 'call', name, args, toMe, ...this.#in.rangeFrom(start) };
  }

  /** An index is a literal, a variable or something in parentheses: `of` after it belongs to the whole reference. */
  #index(): Expr {
    const start = this.#in.peek().start;
    if (this.#in.symbol('-') !== undefined) {
      const operand = this.#index();
      return { type: 'unary', operator: '-', operand, ...this.#in.rangeFrom(start) };
    }
    return this.#literal() ?? this.#keyword() ?? this.#variable();
  }

  #variable(): Expr {
    const token = this.#in.peek();
    const { start, end } = token;
    const constant = parseConstant(this.#in, this.#scope);
    if (constant !== undefined) return constant;
    if (token.kind !== 'word' || (!token.piped && RESERVED.has(token.value))) this.#in.refuse('expression');
    this.#in.take();
    if (this.#in.isSymbol('(')) return this.#call(token.value, false, start);
    return { type: 'variable', name: token.value, spelling: token.spelling, start, end };
  }
}
