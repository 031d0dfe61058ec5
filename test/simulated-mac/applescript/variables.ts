import type { Evaluator } from './evaluate.ts';
import type { Frame, Program } from './frames.ts';
import { BAD_COERCION, NO_SUCH_OBJECT, ScriptError } from './script-error.ts';
import type { Pattern } from './syntax.ts';
import { cannotSet } from './value-properties.ts';
import { isList, toInteger, toText, type Value } from './values.ts';

/** Stores values: in variables, patterns of them, list items and the few properties that can be set. */
export class Variables {
  readonly #program: Program;
  readonly #eval: Evaluator;

  constructor(program: Program, evaluator: Evaluator) {
    this.#program = program;
    this.#eval = evaluator;
  }

  store(name: string, value: Value, frame: Frame): void {
    if (frame.globalNames.has(name)) this.#program.globals.set(name, value);
    else if (!frame.locals.has(name) && this.#program.properties.has(name))
      this.#program.properties.set(name, value);
    else frame.locals.set(name, value);
  }

  async assign(to: Pattern, value: Value, frame: Frame): Promise<void> {
    if (to.type === 'name') return this.store(to.name, value, frame);
    if (to.type === 'reference') return this.#assignReference(to, value, frame);
    if (to.type === 'insertion') {
      const list = await this.#eval.value(to.list, frame);
      if (!isList(list) || to.list.type !== 'variable') throw cannotSet('the end of that', value);
      this.store(to.list.name, to.atEnd ? [...list, value] : [value, ...list], frame);
      return;
    }
    if (!isList(value))
      throw new ScriptError(BAD_COERCION, 'Can’t make the value into a list of the wanted items.');
    for (const [index, part] of to.items.entries()) {
      const item = value[index];
      if (item === undefined)
        throw new ScriptError(NO_SUCH_OBJECT, `Can’t get item ${index + 1} of the list.`);
      await this.assign(part, item, frame);
    }
  }

  async #assignReference(to: Pattern & { type: 'reference' }, value: Value, frame: Frame): Promise<void> {
    const { target } = to;
    if (target.type === 'property' && target.name === 'text item delimiters') {
      const inApplication = target.of === undefined && frame.tells.length > 0;
      if (inApplication) throw cannotSet('text item delimiters', value);
      this.#program.delimiters = (isList(value) ? value : [value]).map((item) => toText(item));
      return;
    }
    if (target.type === 'property' && target.of?.type === 'me')
      return void this.#program.properties.set(target.name, value);
    if (
      target.type === 'element' &&
      target.kind === 'item' &&
      target.pick.by === 'index' &&
      target.of?.type === 'variable'
    ) {
      const list = await this.#eval.value(target.of, frame);
      const wanted = toInteger(await this.#eval.value(target.pick.index, frame));
      if (!isList(list)) throw cannotSet(`item ${wanted}`, value);
      const at = wanted < 0 ? list.length + wanted : wanted - 1;
      if (at < 0 || at >= list.length)
        throw new ScriptError(NO_SUCH_OBJECT, `Can’t set item ${wanted} of the list.`);
      return this.store(target.of.name, list.with(at, value), frame);
    }
    throw cannotSet(target.type === 'property' ? target.name : 'that', value);
  }
}
