import { ExpressionParser } from './parse-expression.ts';
import { LineParser } from './parse-line.ts';
import type { Block, ErrorHandler, Expr, Handler, Loop, Pattern, Script, Stmt } from './syntax.ts';
import type { TermScope } from './term-scope.ts';
import type { Terminology } from './terminology.ts';
import { TokenCursor } from './token-cursor.ts';
import { tokenize } from './tokenizer.ts';

/** Finds the dictionary of an application that a script names literally, by name or bundle id. */
export type FindTerminology = (application: string, byId: boolean) => Terminology | undefined;

const SECONDS = ['second', 'seconds'] as const;
const ATTRIBUTES = [
  'case',
  'diacriticals',
  'hyphens',
  'punctuation',
  'white space',
  'numeric strings',
  'application responses',
];

class ScriptParser implements TermScope {
  readonly #in: TokenCursor;
  readonly #findTerms: FindTerminology;
  readonly #expressions: ExpressionParser;
  readonly #lines: LineParser;
  readonly #tells: (Terminology | undefined)[] = [];
  readonly #handlers = new Map<string, Handler>();
  readonly #properties: (readonly [string, Expr])[] = [];

  constructor(source: string, findTerms: FindTerminology) {
    this.#in = new TokenCursor(tokenize(source));
    this.#findTerms = findTerms;
    this.#expressions = new ExpressionParser(this.#in, this);
    this.#lines = new LineParser(this.#in, this.#expressions);
  }

  current(): Terminology | undefined {
    return this.#tells.at(-1);
  }

  script(): Script {
    const body: Stmt[] = [];
    for (;;) {
      this.#in.skipNewlines();
      if (this.#in.peek().kind === 'end') break;
      if (this.#in.word('on', 'to') !== undefined) this.#handler();
      else if (this.#in.word('property', 'prop') !== undefined) this.#propertyLine();
      else if (this.#in.word('use') !== undefined) this.#useLine();
      else body.push(this.#statement());
    }
    return { handlers: this.#handlers, properties: this.#properties, body };
  }

  #useLine(): void {
    if (this.#in.word('scripting additions') === undefined) {
      this.#in.expectWord('applescript');
      if (this.#in.word('version') !== undefined) this.#expression();
    }
    this.#in.endLine();
  }

  #propertyLine(): void {
    const name = this.#lines.name();
    this.#in.expectSymbol(':');
    this.#properties.push([name.name, this.#expression()]);
    this.#in.endLine();
  }

  #handler(): void {
    const name = this.#in.word('run') ?? this.#lines.name().name;
    const params: Pattern[] = [];
    if (this.#in.symbol('(') !== undefined) {
      while (this.#in.symbol(')') === undefined) {
        params.push(this.#lines.pattern());
        if (this.#in.symbol(',') === undefined && !this.#in.isSymbol(')')) this.#in.refuse('“,” or “)”');
      }
    } else if (!this.#in.atLineEnd()) {
      params.push(this.#lines.pattern());
    }
    this.#in.endLine();
    const body = this.#block('end');
    this.#end(name);
    this.#handlers.set(name, { name, params, body });
  }

  #end(...names: string[]): void {
    this.#in.expectWord('end');
    if (!this.#in.atLineEnd()) this.#in.expectWord(...names);
    this.#in.endLine();
  }

  #block(...stops: string[]): Block {
    const body: Stmt[] = [];
    for (;;) {
      this.#in.skipNewlines();
      if (this.#in.isWord(...stops)) return body;
      if (this.#in.peek().kind === 'end') this.#in.refuse(`“${stops.at(-1)}”`);
      body.push(this.#statement());
    }
  }

  #expression(): Expr {
    return this.#expressions.parse();
  }

  #statement(): Stmt {
    const start = this.#in.peek().start;
    const stmt = this.#compound(start) ?? this.#simple(start);
    return stmt;
  }

  #compound(start: number): Stmt | undefined {
    if (this.#in.word('if') !== undefined) return this.#if(start);
    if (this.#in.word('try') !== undefined) return this.#try(start);
    if (this.#in.word('repeat') !== undefined) return this.#repeat(start);
    if (this.#in.word('tell') !== undefined) return this.#tell(start);
    if (this.#in.word('with timeout') !== undefined) return this.#timeout(start);
    if (this.#in.word('using terms from') !== undefined) return this.#usingTerms(start);
    if (this.#in.isWord('considering', 'ignoring')) return this.#attributes(start);
    return undefined;
  }

  /** A statement of one line; also what may follow `then` or `tell … to`. */
  #simple(start: number): Stmt {
    const stmt = this.#lines.statement(start);
    this.#in.endLine();
    return stmt;
  }

  #if(start: number): Stmt {
    const arms: [Expr, Block][] = [];
    let otherwise: Block = [];
    const condition = this.#expression();
    this.#in.word('then');
    if (!this.#in.atLineEnd()) {
      const only = this.#statement();
      return { type: 'if', arms: [[condition, [only]]], otherwise, ...this.#in.rangeFrom(start) };
    }
    this.#in.endLine();
    arms.push([condition, this.#block('else', 'end')]);
    while (this.#in.word('else') !== undefined) {
      if (this.#in.word('if') === undefined) {
        this.#in.endLine();
        otherwise = this.#block('end');
        break;
      }
      const next = this.#expression();
      this.#in.word('then');
      this.#in.endLine();
      arms.push([next, this.#block('else', 'end')]);
    }
    this.#end('if');
    return { type: 'if', arms, otherwise, ...this.#in.rangeFrom(start) };
  }

  #try(start: number): Stmt {
    this.#in.endLine();
    const body = this.#block('on error', 'end');
    let handler: ErrorHandler | undefined;
    if (this.#in.word('on error') !== undefined) {
      const message = this.#in.atLineEnd() || this.#in.isWord('number') ? undefined : this.#lines.name().name;
      const number = this.#in.word('number') === undefined ? undefined : this.#lines.name().name;
      for (const label of ['from', 'partial result', 'to'])
        if (this.#in.word(label) !== undefined) this.#lines.name();
      this.#in.endLine();
      handler = { message, number, body: this.#block('end') };
    }
    this.#end('try', 'error');
    return { type: 'try', body, handler, ...this.#in.rangeFrom(start) };
  }

  #repeat(start: number): Stmt {
    const loop = this.#loop();
    this.#in.endLine();
    const body = this.#block('end');
    this.#end('repeat');
    return { type: 'repeat', loop, body, ...this.#in.rangeFrom(start) };
  }

  #loop(): Loop {
    if (this.#in.atLineEnd()) return { kind: 'forever' };
    const test = this.#in.word('while', 'until');
    if (test !== undefined)
      return { kind: test === 'while' ? 'while' : 'until', condition: this.#expression() };
    if (this.#in.word('with') === undefined) {
      const count = this.#expression();
      this.#in.word('times');
      return { kind: 'times', count };
    }
    const { name } = this.#lines.name();
    if (this.#in.word('in') !== undefined) return { kind: 'each', name, list: this.#expression() };
    this.#in.expectWord('from');
    const from = this.#expression();
    this.#in.expectWord('to');
    const to = this.#expression();
    const by = this.#in.word('by') === undefined ? undefined : this.#expression();
    return { kind: 'count', name, from, to, by };
  }

  #termsOf(target: Expr): Terminology | undefined {
    if (target.type === 'application' && target.name.type === 'literal') {
      return this.#findTerms(String(target.name.value), target.byId);
    }
    // A tell to an object inside an application keeps the application's words.
    return target.type === 'application' || target.type === 'current-application'
      ? undefined
      : this.current();
  }

  #tell(start: number): Stmt {
    const target = this.#expression();
    this.#tells.push(this.#termsOf(target));
    let body: Block;
    if (this.#in.word('to') !== undefined) {
      body = [this.#statement()];
    } else {
      this.#in.endLine();
      body = this.#block('end');
      this.#end('tell');
    }
    this.#tells.pop();
    return { type: 'tell', target, body, ...this.#in.rangeFrom(start) };
  }

  #timeout(start: number): Stmt {
    this.#in.word('of');
    const seconds = this.#expression();
    this.#in.expectWord(...SECONDS);
    this.#in.endLine();
    const body = this.#block('end');
    this.#end('timeout');
    return { type: 'timeout', seconds, body, ...this.#in.rangeFrom(start) };
  }

  #usingTerms(start: number): Stmt {
    const target = this.#expression();
    this.#tells.push(this.#termsOf(target));
    this.#in.endLine();
    const body = this.#block('end');
    this.#end('using terms from');
    this.#tells.pop();
    return { type: 'block', body, ...this.#in.rangeFrom(start) };
  }

  #attributes(start: number): Stmt {
    const considering = this.#in.word('considering', 'ignoring') === 'considering';
    const names: string[] = [];
    do {
      names.push(this.#in.expectWord(...ATTRIBUTES));
    } while (this.#in.symbol(',') !== undefined || this.#in.word('and') !== undefined);
    this.#in.endLine();
    const body = this.#block('end');
    this.#end('considering', 'ignoring');
    return { type: 'attributes', considering, names, body, ...this.#in.rangeFrom(start) };
  }
}

/** Compiles a script. Throws a compile-time ScriptError (−2741); nothing of a refused script runs. */
export function parseScript(source: string, findTerms: FindTerminology): Script {
  return new ScriptParser(source, findTerms).script();
}
