import { Evaluator, type Frame, type Program, type ScriptHost } from './evaluate.ts';
import { condition } from './operators.ts';
import { parseScript } from './parse-script.ts';
import {
  BAD_COERCION,
  GENERIC,
  NO_SUCH_OBJECT,
  ScriptError,
  STACK_OVERFLOW,
  USER_CANCELED,
} from './script-error.ts';
import type { Block, Loop, Pattern, Script, Stmt } from './syntax.ts';
import { isList, toInteger, toNumber, toText, type Value } from './values.ts';

const APPLE_EVENT_TIMEOUT_SECONDS = 120;
const DEEPEST_CALL = 200;
const LOOP_TURNS_BETWEEN_BREATHS = 500;

class ReturnValue {
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}
class ExitRepeat {}

function newFrame(locals: Map<string, Value>): Frame {
  return {
    locals,
    globalNames: new Set(),
    tells: [],
    timeoutSeconds: APPLE_EVENT_TIMEOUT_SECONDS,
    considerCase: false,
    ignoreResponses: false,
  };
}

class Execution implements Program {
  readonly host: ScriptHost;
  readonly globals = new Map<string, Value>();
  readonly properties = new Map<string, Value>();
  delimiters = [''];
  result: Value | undefined;
  readonly #script: Script;
  readonly #eval: Evaluator;
  #depth = 0;
  #turns = 0;

  constructor(script: Script, host: ScriptHost) {
    this.host = host;
    this.#script = script;
    this.#eval = new Evaluator(this);
  }

  handler(name: string) {
    return this.#script.handlers.get(name);
  }

  async run(argv: readonly string[]): Promise<Value | undefined> {
    const top = newFrame(this.globals);
    for (const [name, value] of this.#script.properties)
      this.properties.set(name, await this.#eval.value(value, top));
    const run = this.handler('run');
    if (run !== undefined) return this.callHandler('run', run.params.length > 0 ? [argv] : [], top);
    return this.#body(this.#script.body, top);
  }

  async #body(body: Block, frame: Frame): Promise<Value | undefined> {
    try {
      await this.#block(body, frame);
      return this.result;
    } catch (signal) {
      if (signal instanceof ReturnValue) return signal.value;
      throw signal;
    }
  }

  async callHandler(name: string, args: readonly Value[], caller: Frame): Promise<Value | undefined> {
    const handler = this.handler(name);
    if (handler === undefined) throw new ScriptError(GENERIC, `${name} is not a handler.`);
    if (handler.params.length !== args.length) {
      throw new ScriptError(
        -1721,
        `${name} was called with ${args.length} parameters instead of ${handler.params.length}.`,
      );
    }
    if (++this.#depth > DEEPEST_CALL) throw new ScriptError(STACK_OVERFLOW, 'Stack overflow.');
    const frame = {
      ...newFrame(new Map()),
      timeoutSeconds: caller.timeoutSeconds,
      considerCase: caller.considerCase,
    };
    for (const [index, param] of handler.params.entries())
      await this.#assign(param, args[index] ?? '', frame);
    try {
      this.result = undefined;
      return await this.#body(handler.body, frame);
    } finally {
      this.#depth -= 1;
    }
  }

  async #block(body: Block, frame: Frame): Promise<void> {
    for (const stmt of body) {
      if (this.host.signal.aborted) throw new ScriptError(USER_CANCELED, 'User canceled.');
      try {
        await this.#statement(stmt, frame);
      } catch (error) {
        if (error instanceof ScriptError) error.range ??= { start: stmt.start, end: stmt.end };
        throw error;
      }
    }
  }

  async #statement(stmt: Stmt, frame: Frame): Promise<void> {
    switch (stmt.type) {
      case 'expression':
        this.result = await this.#eval.optional(stmt.value, frame);
        return;
      case 'assign': {
        const value = await this.#eval.value(stmt.value, frame);
        await this.#assign(stmt.to, value, frame);
        this.result = value;
        return;
      }
      case 'if':
        return this.#if(stmt.arms, stmt.otherwise, frame);
      case 'try':
        return this.#try(stmt, frame);
      case 'repeat':
        return this.#repeat(stmt.loop, stmt.body, frame);
      case 'tell':
        return this.#tell(stmt, frame);
      case 'timeout': {
        const seconds = toNumber(await this.#eval.value(stmt.seconds, frame));
        return this.#within({ ...frame, timeoutSeconds: seconds }, stmt.body);
      }
      case 'attributes':
        return this.#attributes(stmt, frame);
      case 'block':
        return this.#block(stmt.body, frame);
      case 'return':
        throw new ReturnValue(
          stmt.value === undefined ? undefined : await this.#eval.value(stmt.value, frame),
        );
      case 'error':
        return this.#raise(stmt, frame);
      case 'exit':
        throw new ExitRepeat();
      case 'declare':
        if (stmt.global) for (const name of stmt.names) frame.globalNames.add(name);
        return;
    }
  }

  /** Runs a block under changed settings; variables and tells are shared with the frame around it. */
  async #within(frame: Frame, body: Block): Promise<void> {
    await this.#block(body, frame);
  }

  async #attributes(stmt: Stmt & { type: 'attributes' }, frame: Frame): Promise<void> {
    const inner = { ...frame };
    if (stmt.names.includes('case')) inner.considerCase = stmt.considering;
    if (stmt.names.includes('application responses')) inner.ignoreResponses = !stmt.considering;
    await this.#within(inner, stmt.body);
  }

  async #raise(stmt: Stmt & { type: 'error' }, frame: Frame): Promise<never> {
    const message = stmt.message === undefined ? '' : toText(await this.#eval.value(stmt.message, frame));
    const number =
      stmt.number === undefined ? GENERIC : toInteger(await this.#eval.value(stmt.number, frame));
    throw new ScriptError(number, message || 'An error of type -2700 has occurred.', { range: stmt });
  }

  async #if(
    arms: readonly (readonly [import('./syntax.ts').Expr, Block])[],
    otherwise: Block,
    frame: Frame,
  ): Promise<void> {
    for (const [test, body] of arms) {
      if (condition(await this.#eval.value(test, frame))) return this.#block(body, frame);
    }
    return this.#block(otherwise, frame);
  }

  async #try(stmt: Stmt & { type: 'try' }, frame: Frame): Promise<void> {
    const depth = frame.tells.length;
    try {
      await this.#block(stmt.body, frame);
    } catch (error) {
      if (!(error instanceof ScriptError) || this.host.signal.aborted) throw error;
      frame.tells.length = depth;
      const { handler } = stmt;
      if (handler === undefined) return;
      const app = error.app === undefined ? '' : `${error.app} got an error: `;
      if (handler.message !== undefined) this.#store(handler.message, `${app}${error.message}`, frame);
      if (handler.number !== undefined) this.#store(handler.number, error.number, frame);
      await this.#block(handler.body, frame);
    }
  }

  async #tell(stmt: Stmt & { type: 'tell' }, frame: Frame): Promise<void> {
    frame.tells.push(await this.#eval.value(stmt.target, frame));
    const depth = frame.tells.length;
    try {
      await this.#block(stmt.body, frame);
    } finally {
      frame.tells.length = depth - 1;
    }
  }

  async #repeat(loop: Loop, body: Block, frame: Frame): Promise<void> {
    try {
      for await (const value of this.#turnsOf(loop, frame)) {
        if (value !== undefined && (loop.kind === 'count' || loop.kind === 'each'))
          this.#store(loop.name, value, frame);
        if (++this.#turns % LOOP_TURNS_BETWEEN_BREATHS === 0) await new Promise((next) => setImmediate(next));
        if (this.host.signal.aborted) throw new ScriptError(USER_CANCELED, 'User canceled.');
        await this.#block(body, frame);
      }
    } catch (signal) {
      if (!(signal instanceof ExitRepeat)) throw signal;
    }
  }

  async *#turnsOf(loop: Loop, frame: Frame): AsyncGenerator<Value | undefined> {
    switch (loop.kind) {
      case 'forever':
        for (;;) yield undefined;
      case 'times': {
        const count = toInteger(await this.#eval.value(loop.count, frame));
        for (let turn = 0; turn < count; turn++) yield undefined;
        return;
      }
      case 'while':
      case 'until':
        while (condition(await this.#eval.value(loop.condition, frame)) === (loop.kind === 'while'))
          yield undefined;
        return;
      case 'count': {
        const from = toInteger(await this.#eval.value(loop.from, frame));
        const to = toInteger(await this.#eval.value(loop.to, frame));
        const by = loop.by === undefined ? 1 : toInteger(await this.#eval.value(loop.by, frame));
        for (let at = from; by < 0 ? at >= to : at <= to; at += by) yield at;
        return;
      }
      case 'each': {
        const list = await this.#eval.value(loop.list, frame);
        yield* isList(list) ? list : typeof list === 'string' ? Array.from(list) : [list];
      }
    }
  }

  #store(name: string, value: Value, frame: Frame): void {
    if (frame.globalNames.has(name)) this.globals.set(name, value);
    else if (!frame.locals.has(name) && this.properties.has(name)) this.properties.set(name, value);
    else frame.locals.set(name, value);
  }

  async #assign(to: Pattern, value: Value, frame: Frame): Promise<void> {
    if (to.type === 'name') return this.#store(to.name, value, frame);
    if (to.type === 'reference') return this.#assignReference(to, value, frame);
    if (!isList(value))
      throw new ScriptError(BAD_COERCION, 'Can’t make the value into a list of the wanted items.');
    for (const [index, part] of to.items.entries()) {
      const item = value[index];
      if (item === undefined)
        throw new ScriptError(NO_SUCH_OBJECT, `Can’t get item ${index + 1} of the list.`);
      await this.#assign(part, item, frame);
    }
  }

  async #assignReference(to: Pattern & { type: 'reference' }, value: Value, frame: Frame): Promise<void> {
    const { target } = to;
    if (target.type === 'property' && target.name === 'text item delimiters') {
      const inApplication = target.of === undefined && frame.tells.length > 0;
      if (inApplication) throw this.#eval.cannotSet('text item delimiters', value);
      this.delimiters = (isList(value) ? value : [value]).map((item) => toText(item));
      return;
    }
    if (target.type === 'property' && target.of?.type === 'me')
      return void this.properties.set(target.name, value);
    if (
      target.type === 'element' &&
      target.kind === 'item' &&
      target.pick.by === 'index' &&
      target.of?.type === 'variable'
    ) {
      const list = await this.#eval.value(target.of, frame);
      const wanted = toInteger(await this.#eval.value(target.pick.index, frame));
      if (!isList(list)) throw this.#eval.cannotSet(`item ${wanted}`, value);
      const at = wanted < 0 ? list.length + wanted : wanted - 1;
      if (at < 0 || at >= list.length)
        throw new ScriptError(NO_SUCH_OBJECT, `Can’t set item ${wanted} of the list.`);
      return this.#store(target.of.name, list.with(at, value), frame);
    }
    throw this.#eval.cannotSet(target.type === 'property' ? target.name : 'that', value);
  }
}

/** Compiles and runs a script. The answer is its result, if it has one. Throws ScriptError. */
export async function runScript(
  source: string,
  argv: readonly string[],
  host: ScriptHost,
): Promise<Value | undefined> {
  const script = parseScript(source, (name, byId) => {
    const app = host.applications.find((candidate) =>
      byId
        ? candidate.bundleId.toLowerCase() === name.toLowerCase()
        : candidate.name.toLowerCase() === name.toLowerCase(),
    );
    return app?.terms;
  });
  return new Execution(script, host).run(argv);
}
