import type { Expr, Pick } from './syntax.ts';
import type { TermScope } from './term-scope.ts';
import { CORE_TERMS, ORDINALS, RESERVED, SHY_PROPERTIES } from './terminology.ts';
import type { TokenCursor } from './token-cursor.ts';

/** References to elements and properties, without the container that `of` or `'s` names. */
export class ReferenceParser {
  readonly #in: TokenCursor;
  readonly #scope: TermScope;
  readonly #index: () => Expr;

  /** `index` parses what may stand after a class name: a literal, a variable, something in parentheses. */
  constructor(cursor: TokenCursor, scope: TermScope, index: () => Expr) {
    this.#in = cursor;
    this.#scope = scope;
    this.#index = index;
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
  reference(): Expr | undefined {
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

  /** `1st account`: the number and its ending are two tokens. */
  ordinal(): Expr {
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
    // `to` ends a range only after `from`: `set item 1 to x` is no range.
    const ends = this.#in.word('from') === undefined ? ['thru', 'through'] : ['thru', 'through', 'to'];
    if (this.#startsIndex()) {
      const from = this.#index();
      if (this.#in.word(...ends) !== undefined) return { by: 'range', from, to: this.#index() };
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
}
