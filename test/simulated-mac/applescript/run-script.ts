import { Evaluator } from './evaluate.ts';
import type { Frame, Program, ScriptHost } from './frames.ts';
import { condition } from './operators.ts';
import { parseScript } from './parse-script.ts';
import { GENERIC, ScriptError, STACK_OVERFLOW, USER_CANCELED } from './script-error.ts';
import type { Block, Expr, Loop, Script, Stmt } from './syntax.ts';
import { isList, toInteger, toNumber, toText, type Value } from './values.ts';
import { Variables } from './variables.ts';

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
  readonly #variables: Variables;
  #depth = 0;
  #turns = 0;

  constructor(script: Script, host: ScriptHost) {
    this.host = host;
    this.#script = script;
    this.#eval = new Evaluator(this);
    this.#variables = new Variables(this, this.#eval);
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
      await this.#variables.assign(param, args[index] ?? '', frame);
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
        await this.#variables.assign(stmt.to, value, frame);
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

  async #if(arms: readonly (readonly [Expr, Block])[], otherwise: Block, frame: Frame): Promise<void> {
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
      if (handler.message !== undefined)
        this.#variables.store(handler.message, `${app}${error.message}`, frame);
      if (handler.number !== undefined) this.#variables.store(handler.number, error.number, frame);
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
          this.#variables.store(loop.name, value, frame);
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
