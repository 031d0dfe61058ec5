import type { BinaryOperator, CommandExpr, Expr, Pick } from './syntax.ts';
import {
  COERCIONS,
  CORE_TERMS,
  ORDINALS,
  RAW_CLASSES,
  RESERVED,
  SHY_PROPERTIES,
  type Terminology,
} from './terminology.ts';
import type { TokenCursor } from './token-cursor.ts';

/** Terms visible at a point of the script: the language's own and, in a `tell`, the application's. */
export interface TermScope {
  current(): Terminology | undefined;
}

interface Level {
  readonly operators: readonly (readonly [spelling: string, operator: BinaryOperator, negated?: boolean])[];
}

const COMPARISONS: Level['operators'] = [
  ['is not contained by', 'is in', true],
  ['is not in', 'is in', true],
  ["isn't contained by", 'is in', true],
  ['is contained by', 'is in'],
  ['is in', 'is in'],
  ['is not greater than or equal to', '<'],
  ['is not less than or equal to', '>'],
  ['is greater than or equal to', '≥'],
  ['is less than or equal to', '≤'],
  ['is not greater than', '≤'],
  ['is not less than', '≥'],
  ['is greater than', '>'],
  ['is less than', '<'],
  ['is not equal to', '≠'],
  ['does not equal', '≠'],
  ['is equal to', '='],
  ['comes before', '<'],
  ['comes after', '>'],
  ['is not', '≠'],
  ['equals', '='],
  ['equal to', '='],
  ['does not contain', 'contains', true],
  ['contains', 'contains'],
  ['does not start with', 'starts with', true],
  ['starts with', 'starts with'],
  ['begins with', 'starts with'],
  ['does not end with', 'ends with', true],
  ['ends with', 'ends with'],
  ['is', '='],
];

const LEVELS: readonly Level['operators'][] = [
  [['or', 'or']],
  [['and', 'and']],
  COMPARISONS,
  [],
  [['&', '&']],
  [
    ['+', '+'],
    ['-', '-'],
  ],
  [
    ['*', '*'],
    ['/', '/'],
    ['÷', '/'],
    ['div', 'div'],
    ['mod', 'mod'],
  ],
  [['^', '^']],
];
const COMPARISON_LEVEL = 2;
const COERCION_LEVEL = 3;
const CONCATENATION_LEVEL = 4;
const RELATIONS: readonly BinaryOperator[] = ['=', '≠', '<', '>', '≤', '≥'];

export class ExpressionParser {
  readonly #in: TokenCursor;
  readonly #scope: TermScope;

  constructor(cursor: TokenCursor, scope: TermScope) {
    this.#in = cursor;
    this.#scope = scope;
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
      operand = { type: 'coerce', operand, to: this.className(), ...this.#in.rangeFrom(start) };
    }
    return operand;
  }

  /** A class name after `as`, in words or as «class …». */
  className(): string {
    const token = this.#in.peek();
    if (token.kind === 'raw') return this.#rawClass();
    const spelling = this.#in.word(...Object.keys(COERCIONS).sort((a, b) => b.length - a.length));
    const canonical = spelling === undefined ? undefined : COERCIONS[spelling];
    return canonical ?? this.#in.refuse('class name');
  }

  #rawClass(): string {
    const token = this.#in.peek();
    const code = /^class (.{4})$/.exec(token.value.padEnd(10).slice(0, 10))?.[1];
    const known = code === undefined ? undefined : (RAW_CLASSES[code] ?? RAW_CLASSES[code.trim()]);
    if (known === undefined) this.#in.refuse('class name');
    this.#in.take();
    return known ?? 'text';
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
    const part = this.#reference() ?? this.#namedProperty();
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
    return this.#literal() ?? this.#keyword() ?? this.#command() ?? this.#reference() ?? this.#variable();
  }

  #literal(): Expr | undefined {
    const token = this.#in.peek();
    const { start, end } = token;
    if (token.kind === 'text' || token.kind === 'number') {
      if (token.kind === 'number' && /^(st|nd|rd|th)$/.test(this.#in.peek(1).value)) return this.#ordinal();
      this.#in.take();
      const value = token.kind === 'text' ? token.value : Number(token.value);
      return { type: 'literal', value, start, end };
    }
    if (token.kind === 'raw') return { type: 'class', name: this.#rawClass(), start, end };
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
    if (this.#in.word('posix file') !== undefined) {
      return { type: 'coerce', operand: this.primary(), to: 'posix file', ...this.#in.rangeFrom(start) };
    }
    return undefined;
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

  #command(): Expr | undefined {
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
      direct =
        labels.includes('as') || labels.includes('in') ? this.#level(CONCATENATION_LEVEL) : this.parse();
    }
    for (;;) {
      const flag = this.#in.word('without altering line endings', 'with administrator privileges');
      if (flag !== undefined) continue;
      const label = this.#in.word(...labels);
      if (label === undefined) break;
      labelled[label] = label === 'as' ? this.#typeArgument() : this.#level(CONCATENATION_LEVEL);
    }
    return { type: 'command', name, direct, labelled, ...this.#in.rangeFrom(start) };
  }

  #typeArgument(): Expr {
    const { start, end } = this.#in.peek();
    return { type: 'class', name: this.className(), start, end };
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

  #terms(): { classes: Record<string, string>; plurals: Record<string, string>; properties: string[] } {
    const app = this.#scope.current();
    return {
      classes: { ...CORE_TERMS.classes, ...app?.classes },
      plurals: { ...CORE_TERMS.plurals, ...app?.plurals },
      properties: [...CORE_TERMS.properties, ...(app?.properties ?? [])],
    };
  }

  /** An element or property reference without its container. */
  #reference(): Expr | undefined {
    const start = this.#in.peek().start;
    if (this.#in.word('every') !== undefined) return this.#everyElement(start);
    const chance = this.#in.word('some', 'middle');
    if (chance !== undefined) {
      const by = chance === 'some' ? 'some' : 'middle';
      return {
        type: 'element',
        kind: this.#singular(),
        pick: { by },
        where: undefined,
        of: undefined,
        ...this.#in.rangeFrom(start),
      };
    }
    const ordinal = this.#in.word(...Object.keys(ORDINALS));
    if (ordinal !== undefined) return this.#numbered(ORDINALS[ordinal] ?? 1, start);
    return this.#termReference(start);
  }

  #ordinal(): Expr {
    const number = this.#in.take();
    this.#in.take();
    return this.#numbered(Number(number.value), number.start);
  }

  #numbered(index: number, start: number): Expr {
    const range = this.#in.rangeFrom(start);
    const kind = this.#singular();
    const pick: Pick = { by: 'index', index: { type: 'literal', value: index, ...range } };
    return { type: 'element', kind, pick, where: undefined, of: undefined, ...this.#in.rangeFrom(start) };
  }

  #everyElement(start: number): Expr {
    return {
      type: 'element',
      kind: this.#singular(),
      pick: { by: 'every' },
      where: undefined,
      of: undefined,
      ...this.#in.rangeFrom(start),
    };
  }

  #longest(spellings: readonly string[]): string | undefined {
    return this.#in.word(...[...spellings].sort((a, b) => b.length - a.length));
  }

  #singular(): string {
    const { classes, plurals } = this.#terms();
    const spelling = this.#longest([...Object.keys(classes), ...Object.keys(plurals)]);
    if (spelling === undefined) return this.#in.refuse('class name');
    return classes[spelling] ?? plurals[spelling] ?? spelling;
  }

  #termReference(start: number): Expr | undefined {
    const { classes, plurals, properties } = this.#terms();
    const all = [...properties, ...Object.keys(classes), ...Object.keys(plurals), ...this.#shyHere()];
    const spelling = this.#longest(all);
    if (spelling === undefined) return undefined;
    const kind = classes[spelling];
    if (kind !== undefined) {
      const pick = this.#pick();
      if (pick !== undefined)
        return { type: 'element', kind, pick, where: undefined, of: undefined, ...this.#in.rangeFrom(start) };
      if (spelling === 'text' || !properties.includes(spelling)) {
        if (spelling !== 'text' && this.#in.isWord('of', 'whose')) return this.#property(spelling, start);
        return { type: 'class', name: kind, ...this.#in.rangeFrom(start) };
      }
    }
    const plural = plurals[spelling];
    if (plural !== undefined) {
      const pick = this.#rangePick() ?? { by: 'every' };
      return {
        type: 'element',
        kind: plural,
        pick,
        where: undefined,
        of: undefined,
        ...this.#in.rangeFrom(start),
      };
    }
    return this.#property(spelling, start);
  }

  #property(name: string, start: number): Expr {
    return { type: 'property', name, of: undefined, ...this.#in.rangeFrom(start) };
  }

  #shyHere(): string[] {
    const followedByOf = this.#in.phraseLength('of', 1) > 0;
    const inApplication = this.#scope.current() !== undefined;
    return followedByOf || inApplication ? [...SHY_PROPERTIES] : [];
  }

  /** What follows a class name: an index, an id, a name or a range; undefined when it stands alone. */
  #pick(): Pick | undefined {
    if (this.#in.word('id') !== undefined) return { by: 'id', id: this.#index() };
    if (this.#in.word('named') !== undefined) return { by: 'name', name: this.#index() };
    this.#in.word('index');
    return this.#rangePick() ?? this.#indexPick();
  }

  #indexPick(): Pick | undefined {
    if (!this.#startsIndex()) return undefined;
    return { by: 'index', index: this.#index() };
  }

  #rangePick(): Pick | undefined {
    const mark = this.#in.mark();
    this.#in.word('from');
    if (this.#startsIndex()) {
      const from = this.#index();
      if (this.#in.word('thru', 'through', 'to') !== undefined)
        return { by: 'range', from, to: this.#index() };
    }
    this.#in.reset(mark);
    return undefined;
  }

  #startsIndex(): boolean {
    const token = this.#in.peek();
    if (token.kind === 'text' || token.kind === 'number') return true;
    if (token.kind === 'symbol') return token.value === '(' || token.value === '-';
    return token.kind === 'word' && (token.piped || !RESERVED.has(token.value)) && !this.#in.isWord('exists');
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
    const constant = this.#constant();
    if (constant !== undefined) return constant;
    if (token.kind !== 'word' || (!token.piped && RESERVED.has(token.value))) this.#in.refuse('expression');
    this.#in.take();
    if (this.#in.isSymbol('(')) return this.#call(token.value, false, start);
    return { type: 'variable', name: token.value, spelling: token.spelling, start, end };
  }

  #constant(): Expr | undefined {
    const token = this.#in.peek();
    const { start, end } = token;
    if (token.kind !== 'word' || token.piped) return undefined;
    const text = CORE_TERMS.constants[token.value];
    const own = this.#scope.current()?.constants[token.value];
    if (text === undefined && own === undefined) return undefined;
    this.#in.take();
    return text === undefined
      ? { type: 'constant', name: own ?? '', start, end }
      : { type: 'literal', value: text, start, end };
  }
}
