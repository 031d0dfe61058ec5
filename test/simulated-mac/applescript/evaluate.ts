import type { ElementPick, ScriptableApplication } from './application.ts';
import { eventContext, type Frame, type Program } from './frames.ts';
import { languageCommand } from './language-commands.ts';
import { applyOperator, condition, negate, type TextRules } from './operators.ts';
import {
  BAD_INDEX,
  NO_SUCH_OBJECT,
  NOT_HANDLED,
  NOT_PERMITTED,
  ScriptError,
  UNDEFINED_VARIABLE,
} from './script-error.ts';
import type { CommandExpr, ElementExpr, Expr } from './syntax.ts';
import { badIndex, elementsOf, noElements, pickValue, rangeOf } from './text-elements.ts';
import { coerce, propertyOf } from './value-properties.ts';
import { type AppObject, isList, isObject, MISSING, toInteger, toText, type Value } from './values.ts';

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
        return coerce(
          await this.value(node.operand, frame),
          node.to,
          this.#program.host.cwd,
          this.#program.delimiters[0] ?? '',
        );
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
    if (isObject(owner)) return this.#objectProperty(owner, name, frame);
    // `id of every account`: a property of many objects is the list of theirs.
    if (isList(owner) && of?.type === 'element' && of.pick.by === 'every') {
      const values: Value[] = [];
      for (const one of owner) {
        values.push(
          isObject(one)
            ? await this.#objectProperty(one, name, frame)
            : propertyOf(one, name, this.#program.host.cwd),
        );
      }
      return values;
    }
    return propertyOf(owner, name, this.#program.host.cwd);
  }

  async #objectProperty(owner: AppObject, name: string, frame: Frame): Promise<Value> {
    const app = this.#appOf(owner);
    if (name === 'running') return app.isRunning();
    if (name === 'class') return { kind: 'class', name: owner.class };
    if (name === 'contents') return owner;
    await app.admit(undefined, eventContext(frame, this.#program));
    return app.property(owner, name);
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
    return pickValue(passed, await this.#pick(node, frame), node.kind, owner);
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

  async #objectElement(node: ElementExpr, owner: AppObject, frame: Frame): Promise<Value> {
    const app = this.#appOf(owner);
    await app.admit(undefined, eventContext(frame, this.#program));
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

  async #command(node: CommandExpr, frame: Frame): Promise<Value | undefined> {
    if (node.name === 'exists') return this.#exists(node.direct, frame);
    const direct = node.direct === undefined ? undefined : await this.value(node.direct, frame);
    const labelled: Record<string, Value> = {};
    for (const [label, expr] of Object.entries(node.labelled))
      labelled[label] = await this.value(expr, frame);
    const language = await languageCommand(this.#program, node.name, direct, labelled);
    if (language !== undefined) return language.value;
    const target = isObject(direct) && direct.class === 'application' ? direct : frame.tells.at(-1);
    if (!isObject(target))
      throw new ScriptError(NOT_HANDLED, `«script» doesn’t understand the “${node.name}” message.`);
    const app = this.#appOf(target);
    const context = eventContext(frame, this.#program);
    const answer = app
      .admit(node.name, context)
      .then(() => app.command(node.name, direct, labelled, context));
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
}
