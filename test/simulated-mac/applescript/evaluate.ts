import type { ElementPick, ScriptableApplication } from './application.ts';
import { applyOperator, condition, negate, type TextRules } from './operators.ts';
import {
  BAD_INDEX,
  CANNOT_SET,
  NO_SUCH_OBJECT,
  NOT_HANDLED,
  NOT_PERMITTED,
  ScriptError,
  UNDEFINED_VARIABLE,
  USER_CANCELED,
} from './script-error.ts';
import { fileFrom, posixFile, readFile, runShell } from './scripting-additions.ts';
import type { CommandExpr, ElementExpr, Expr, Handler } from './syntax.ts';
import { badIndex, elementsOf, noElements, position, rangeOf } from './text-elements.ts';
import {
  type AppObject,
  cannotMake,
  charactersOf,
  classOf,
  isList,
  MISSING,
  sourceOf,
  toBoolean,
  toInteger,
  toNumber,
  toText,
  type Value,
} from './values.ts';

/** What a script sees of the world. `env` and `cwd` are the osascript process's own. */
export interface ScriptHost {
  readonly applications: readonly ScriptableApplication[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  log(line: string): void;
}

/** The state that statements change and expressions read. */
export interface Frame {
  readonly locals: Map<string, Value>;
  readonly globalNames: Set<string>;
  readonly tells: Value[];
  timeoutSeconds: number;
  considerCase: boolean;
  ignoreResponses: boolean;
}

export interface Program {
  readonly host: ScriptHost;
  readonly globals: Map<string, Value>;
  readonly properties: Map<string, Value>;
  delimiters: string[];
  result: Value | undefined;
  callHandler(name: string, args: readonly Value[], caller: Frame): Promise<Value | undefined>;
  handler(name: string): Handler | undefined;
}

function isObject(value: Value | undefined): value is AppObject {
  return typeof value === 'object' && !isList(value) && value.kind === 'object';
}

/** Waits, unless the osascript process dies first. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, refuse) => {
    const cancel = () => {
      clearTimeout(timer);
      refuse(new ScriptError(USER_CANCELED, 'User canceled.'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', cancel);
      done();
    }, ms);
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
  });
}

export class Evaluator {
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
  }

  /** The value of an expression; an error without a place gets this node's. */
  async value(node: Expr, frame: Frame): Promise<Value> {
    const value = await this.optional(node, frame);
    if (value === undefined) {
      throw new ScriptError(UNDEFINED_VARIABLE, 'No result was returned from some part of this expression.', {
        range: node,
      });
    }
    return value;
  }

  /** As `value`, for places where a command may answer nothing. */
  async optional(node: Expr, frame: Frame): Promise<Value | undefined> {
    try {
      return await this.#evaluate(node, frame);
    } catch (error) {
      if (error instanceof ScriptError) error.range ??= { start: node.start, end: node.end };
      throw error;
    }
  }

  rules(frame: Frame): TextRules {
    return { considerCase: frame.considerCase, delimiter: this.#program.delimiters[0] ?? '' };
  }

  async #evaluate(node: Expr, frame: Frame): Promise<Value | undefined> {
    switch (node.type) {
      case 'literal':
        return node.value;
      case 'constant':
        return node.name === 'missing value' ? MISSING : { kind: 'constant', name: node.name };
      case 'class':
        return { kind: 'class', name: node.name };
      case 'list':
        return this.#list(node.items, frame);
      case 'record':
        return this.#record(node.fields, frame);
      case 'variable':
        return this.#variable(node.name, node.spelling, frame);
      case 'it':
        return frame.tells.at(-1) ?? { kind: 'constant', name: 'script' };
      case 'me':
      case 'current-application':
      case 'applescript':
        return { kind: 'constant', name: node.type === 'me' ? 'script' : node.type };
      case 'result':
        return this.#program.result ?? this.#variable('result', 'result', frame);
      case 'application':
        return this.#application(toText(await this.value(node.name, frame)), node.byId);
      case 'property':
        return this.#property(node.name, node.of, frame);
      case 'element':
        return this.#element(node, frame);
      case 'coerce':
        return this.coerce(await this.value(node.operand, frame), node.to);
      case 'call':
        return this.#call(node.name, node.args, node.toMe, frame);
      case 'command':
        return this.#command(node, frame);
      case 'unary': {
        const operand = await this.value(node.operand, frame);
        return node.operator === 'not' ? !condition(operand) : negate(operand);
      }
      case 'binary': {
        const left = await this.value(node.left, frame);
        if (node.operator === 'and' && !condition(left)) return false;
        if (node.operator === 'or' && condition(left)) return true;
        const right = await this.value(node.right, frame);
        if (node.operator === 'and' || node.operator === 'or') return condition(right);
        return applyOperator(node.operator, left, right, this.rules(frame));
      }
    }
  }

  async #list(items: readonly Expr[], frame: Frame): Promise<Value> {
    const list: Value[] = [];
    for (const item of items) list.push(await this.value(item, frame));
    return list;
  }

  async #record(fields: readonly (readonly [string, Expr])[], frame: Frame): Promise<Value> {
    const known = new Map<string, Value>();
    for (const [name, field] of fields) known.set(name, await this.value(field, frame));
    return { kind: 'record', fields: known };
  }

  #variable(name: string, spelling: string, frame: Frame): Value {
    const own = frame.globalNames.has(name) ? this.#program.globals.get(name) : frame.locals.get(name);
    const value = own ?? this.#program.properties.get(name);
    if (value === undefined)
      throw new ScriptError(UNDEFINED_VARIABLE, `The variable ${spelling} is not defined.`);
    return value;
  }

  #application(name: string, byId: boolean): AppObject {
    const wanted = name.toLowerCase().replace(/\.app$/, '');
    const app = this.#program.host.applications.find((candidate) =>
      byId
        ? candidate.bundleId.toLowerCase() === name.toLowerCase()
        : candidate.name.toLowerCase() === wanted,
    );
    if (app !== undefined) return { kind: 'object', app: app.name, class: 'application', id: app.name };
    if (!byId && ['system events', 'finder', 'contacts', 'terminal'].includes(wanted)) {
      throw new ScriptError(NOT_PERMITTED, `Not authorized to send Apple events to ${name}.`);
    }
    throw new ScriptError(NO_SUCH_OBJECT, `Can’t get application${byId ? ' id' : ''} "${name}".`);
  }

  #appOf(object: AppObject): ScriptableApplication {
    const app = this.#program.host.applications.find((candidate) => candidate.name === object.app);
    if (app === undefined) throw new ScriptError(NO_SUCH_OBJECT, `Can’t get application "${object.app}".`);
    return app;
  }

  async #container(of: Expr | undefined, frame: Frame): Promise<Value | undefined> {
    return of === undefined ? frame.tells.at(-1) : this.value(of, frame);
  }

  async #property(name: string, of: Expr | undefined, frame: Frame): Promise<Value> {
    if (
      name === 'text item delimiters' &&
      (of === undefined ? !isObject(frame.tells.at(-1)) : of.type === 'applescript')
    ) {
      return [...this.#program.delimiters];
    }
    const owner = await this.#container(of, frame);
    if (of?.type === 'me') return this.#variable(name, name, frame);
    if (owner === undefined)
      throw new ScriptError(UNDEFINED_VARIABLE, `The variable ${name} is not defined.`);
    if (isObject(owner)) return this.#objectProperty(owner, name);
    // `id of every account`: a property of many objects is the list of theirs.
    if (isList(owner) && of?.type === 'element' && of.pick.by === 'every') {
      return owner.map((one) =>
        isObject(one) ? this.#objectProperty(one, name) : this.#valueProperty(one, name),
      );
    }
    return this.#valueProperty(owner, name);
  }

  #objectProperty(owner: AppObject, name: string): Value {
    const app = this.#appOf(owner);
    if (name === 'running') return app.isRunning();
    if (name === 'class') return { kind: 'class', name: owner.class };
    if (name === 'contents') return owner;
    app.admit();
    return app.property(owner, name);
  }

  #valueProperty(owner: Value, name: string): Value {
    const file =
      typeof owner === 'object' && !isList(owner) && (owner.kind === 'file' || owner.kind === 'alias');
    if (name === 'class') return { kind: 'class', name: classOf(owner) };
    if (name === 'contents') return owner;
    if (name === 'posix path' && (file || typeof owner === 'string')) {
      return fileFrom(owner, 'file', this.#program.host.cwd).path;
    }
    if (typeof owner === 'object' && !isList(owner) && owner.kind === 'record') {
      const field = owner.fields.get(name);
      if (field !== undefined) return field;
    }
    if (typeof owner === 'string') {
      if (name === 'length') return charactersOf(owner).length;
      if (name === 'quoted form') return `'${owner.replaceAll("'", "'\\''")}'`;
      if (name === 'id') {
        const points = Array.from(owner, (char) => char.codePointAt(0) ?? 0);
        return points.length === 1 ? (points[0] ?? 0) : points;
      }
    }
    if (isList(owner)) {
      if (name === 'length') return owner.length;
      if (name === 'reverse') return [...owner].reverse();
      if (name === 'rest' && owner.length > 0) return owner.slice(1);
    }
    throw new ScriptError(NO_SUCH_OBJECT, `Can’t get ${name} of ${sourceOf(owner)}.`);
  }

  async #element(node: ElementExpr, frame: Frame): Promise<Value> {
    if (node.pick.by === 'id' && (node.kind === 'character' || node.kind === 'text')) {
      const points = await this.value(node.pick.id, frame);
      return (isList(points) ? points : [points])
        .map((point) => String.fromCodePoint(toInteger(point)))
        .join('');
    }
    const owner = await this.#container(node.of, frame);
    if (owner === undefined) throw new ScriptError(NO_SUCH_OBJECT, `Can’t get ${node.kind}.`);
    if (isObject(owner)) return this.#objectElement(node, owner, frame);
    if (node.pick.by === 'range') {
      const from = await this.value(node.pick.from, frame);
      return rangeOf(owner, node.kind, from, await this.value(node.pick.to, frame), this.#program.delimiters);
    }
    const all = elementsOf(owner, node.kind, this.#program.delimiters);
    if (all === undefined) throw noElements(node.kind, owner);
    const passed = await this.#filter(all, node.where, frame);
    return this.#pickValue(passed, await this.#pick(node, frame), node.kind, owner);
  }

  async #pick(node: ElementExpr, frame: Frame): Promise<ElementPick> {
    switch (node.pick.by) {
      case 'index': {
        const index = await this.value(node.pick.index, frame);
        return typeof index === 'string' ? { by: 'name', key: index } : { by: 'index', index };
      }
      case 'id':
        return { by: 'id', key: toText(await this.value(node.pick.id, frame)) };
      case 'name':
        return { by: 'name', key: toText(await this.value(node.pick.name, frame)) };
      case 'range':
        throw badIndex(`${node.kind} range`);
      default:
        return node.pick;
    }
  }

  async #filter<T extends Value>(all: readonly T[], where: Expr | undefined, frame: Frame): Promise<T[]> {
    if (where === undefined) return [...all];
    const passed: T[] = [];
    for (const element of all) {
      frame.tells.push(element);
      try {
        if (condition(await this.value(where, frame))) passed.push(element);
      } finally {
        frame.tells.pop();
      }
    }
    return passed;
  }

  #pickValue(all: readonly Value[], pick: ElementPick, kind: string, owner: Value): Value {
    if (pick.by === 'every') return [...all];
    const count = all.length;
    const index = pick.by === 'index' ? pick.index : pick.by === 'middle' ? Math.ceil(count / 2) : 1;
    if (pick.by === 'some' && count > 0) return all[Math.floor(Math.random() * count)] ?? MISSING;
    if (pick.by === 'name' || pick.by === 'id') throw cannotMake(pick.key, 'integer');
    return all[position(index, count, kind, owner)] ?? MISSING;
  }

  async #objectElement(node: ElementExpr, owner: AppObject, frame: Frame): Promise<Value> {
    const app = this.#appOf(owner);
    app.admit();
    const pick = await this.#pick(node, frame);
    if (pick.by === 'id') return app.byId(owner, node.kind, pick.key);
    if (pick.by === 'name') return app.byName(owner, node.kind, pick.key);
    const passed = await this.#filter(app.elements(owner, node.kind), node.where, frame);
    if (pick.by === 'every') return passed;
    const index = pick.by === 'index' ? toInteger(pick.index) : 1;
    const found = index < 0 ? passed.at(index) : passed[index - 1];
    if (found !== undefined) return found;
    const filtered = node.where === undefined ? '' : ' whose test fails everywhere';
    throw new ScriptError(BAD_INDEX, `Can’t get ${node.kind} ${index}${filtered}. Invalid index.`, {
      app: app.name,
    });
  }

  async #call(name: string, args: readonly Expr[], toMe: boolean, frame: Frame): Promise<Value | undefined> {
    const target = frame.tells.at(-1);
    if (!toMe && isObject(target)) {
      // Inside a tell an unqualified handler call is sent to the application.
      throw new ScriptError(NOT_HANDLED, `Can’t continue ${name}.`, { app: target.app });
    }
    if (this.#program.handler(name) === undefined) {
      throw new ScriptError(NOT_HANDLED, `«script» doesn’t understand the “${name}” message.`);
    }
    const values: Value[] = [];
    for (const arg of args) values.push(await this.value(arg, frame));
    return this.#program.callHandler(name, values, frame);
  }

  coerce(value: Value, to: string): Value {
    const { cwd } = this.#program.host;
    const isFile =
      typeof value === 'object' && !isList(value) && (value.kind === 'file' || value.kind === 'alias');
    switch (to) {
      case 'text':
      case 'utf8':
      case 'utf16':
        return toText(value, this.#program.delimiters[0] ?? '');
      case 'integer':
        return toInteger(value);
      case 'real':
      case 'number':
        return toNumber(value);
      case 'boolean':
        return toBoolean(value);
      case 'list':
        return isList(value) ? value : [value];
      case 'alias':
      case 'file':
        return fileFrom(value, to, cwd);
      case 'posix file':
        return isFile ? value : posixFile(toText(value), cwd);
      default:
        throw cannotMake(value, to);
    }
  }

  async #command(node: CommandExpr, frame: Frame): Promise<Value | undefined> {
    if (node.name === 'exists') return this.#exists(node.direct, frame);
    const direct = node.direct === undefined ? undefined : await this.value(node.direct, frame);
    const labelled: Record<string, Value> = {};
    for (const [label, expr] of Object.entries(node.labelled))
      labelled[label] = await this.value(expr, frame);
    const language = await this.#languageCommand(node.name, direct, labelled, frame);
    if (language !== undefined) return language.value;
    const target = isObject(direct) && direct.class === 'application' ? direct : frame.tells.at(-1);
    if (!isObject(target))
      throw new ScriptError(NOT_HANDLED, `«script» doesn’t understand the “${node.name}” message.`);
    const app = this.#appOf(target);
    app.admit();
    const context = { timeoutSeconds: frame.timeoutSeconds, signal: this.#program.host.signal };
    const answer = app.command(node.name, direct, labelled, context);
    if (!frame.ignoreResponses) return answer;
    answer.catch(() => undefined);
    return undefined;
  }

  async #exists(direct: Expr | undefined, frame: Frame): Promise<boolean> {
    if (direct === undefined) return true;
    try {
      await this.value(direct, frame);
      return true;
    } catch (error) {
      if (error instanceof ScriptError && (error.number === NO_SUCH_OBJECT || error.number === BAD_INDEX))
        return false;
      throw error;
    }
  }

  /** Commands of the language and of Standard Additions; undefined when the command is an application's. */
  async #languageCommand(
    name: string,
    direct: Value | undefined,
    labelled: Readonly<Record<string, Value>>,
    frame: Frame,
  ): Promise<{ value: Value | undefined } | undefined> {
    const { host } = this.#program;
    const need = (): Value => {
      if (direct === undefined) throw new ScriptError(-1715, `Some parameter is missing for ${name}.`);
      return direct;
    };
    switch (name) {
      case 'get':
        return { value: direct };
      case 'count':
        return { value: this.#count(need()) };
      case 'log':
        host.log(sourceOf(need()));
        return { value: undefined };
      case 'delay':
        await pause(toNumber(direct ?? 0) * 1000, host.signal);
        return { value: undefined };
      case 'offset': {
        const at = charactersOf(toText(labelled.in ?? ''))
          .join('')
          .toLowerCase()
          .indexOf(toText(need()).toLowerCase());
        return { value: at < 0 ? 0 : charactersOf(toText(labelled.in ?? '').slice(0, at)).length + 1 };
      }
      case 'read': {
        const as = labelled.as;
        const type = typeof as === 'object' && !isList(as) && as.kind === 'class' ? as.name : undefined;
        return { value: readFile(need(), type, host.cwd) };
      }
      case 'system attribute':
        return { value: host.env[toText(need())] ?? '' };
      case 'do shell script': {
        const shell = { env: host.env, cwd: host.cwd, signal: host.signal, keepLineEndings: false };
        return { value: await runShell(toText(need()), shell) };
      }
      default:
        return frame.tells.length === 0 && direct === undefined ? { value: undefined } : undefined;
    }
  }

  #count(value: Value): number {
    if (isList(value)) return value.length;
    if (typeof value === 'string') return charactersOf(value).length;
    if (typeof value === 'object' && value.kind === 'record') return value.fields.size;
    throw new ScriptError(NOT_HANDLED, `${sourceOf(value)} doesn’t understand the “count” message.`);
  }

  /** Why a property cannot be set: everything in Messages is read-only. */
  cannotSet(what: string, value: Value): ScriptError {
    return new ScriptError(CANNOT_SET, `Can’t set ${what} to ${sourceOf(value)}.`);
  }
}
