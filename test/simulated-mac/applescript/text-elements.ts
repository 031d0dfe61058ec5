import type { ElementPick } from './application.ts';
import { BAD_INDEX, NO_SUCH_OBJECT, ScriptError } from './script-error.ts';
import {
  cannotMake,
  charactersOf,
  isList,
  MISSING,
  paragraphsOf,
  sourceOf,
  toInteger,
  type Value,
} from './values.ts';

/** The elements of a text or a list, by kind; undefined when the value has no such elements. */
export function elementsOf(
  value: Value,
  kind: string,
  delimiters: readonly string[],
): readonly Value[] | undefined {
  if (isList(value))
    return kind === 'item' ? value : value.filter((item) => typeof item === 'string' && kind === 'text');
  if (typeof value !== 'string') return undefined;
  switch (kind) {
    case 'character':
    case 'item':
    case 'text':
      return charactersOf(value);
    case 'paragraph':
      return paragraphsOf(value);
    case 'word':
      return value.match(/[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{N}\p{M}]+)*/gu) ?? [];
    case 'text item':
      return splitBy(value, delimiters);
    default:
      return undefined;
  }
}

function splitBy(text: string, delimiters: readonly string[]): string[] {
  const used = delimiters.filter((delimiter) => delimiter !== '');
  if (used.length === 0) return charactersOf(text);
  const pattern = used.map((delimiter) => delimiter.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  return text.split(new RegExp(pattern, 'i'));
}

/** Position of a one-based or negative index; throws −1719 or −1728 as AppleScript does for lists and texts. */
function position(index: Value, count: number, kind: string, of: Value): number {
  const wanted = toInteger(index);
  const at = wanted < 0 ? count + wanted : wanted - 1;
  if (wanted === 0 || at < 0 || at >= count) {
    throw new ScriptError(NO_SUCH_OBJECT, `Can’t get ${kind} ${wanted} of ${sourceOf(of)}.`);
  }
  return at;
}

/** `items 2 thru -1 of x`: a list for lists and plural kinds, a piece of the text for `text … thru …`. */
export function rangeOf(
  value: Value,
  kind: string,
  from: Value,
  to: Value,
  delimiters: readonly string[],
): Value {
  const elements = elementsOf(value, kind, delimiters);
  if (elements === undefined) throw noElements(kind, value);
  const first = position(from, elements.length, kind, value);
  const last = position(to, elements.length, kind, value);
  const slice = elements.slice(Math.min(first, last), Math.max(first, last) + 1);
  return kind === 'text' && typeof value === 'string' ? slice.join('') : slice;
}

export function noElements(kind: string, of: Value): ScriptError {
  return new ScriptError(NO_SUCH_OBJECT, `Can’t get ${kind} of ${sourceOf(of)}.`);
}

export function badIndex(what: string): ScriptError {
  return new ScriptError(BAD_INDEX, `Can’t get ${what}. Invalid index.`);
}

/** One element, or all, of those that passed. Throws −1728 where there is none, −1700 for a name. */
export function pickValue(all: readonly Value[], pick: ElementPick, kind: string, owner: Value): Value {
  if (pick.by === 'every') return [...all];
  const count = all.length;
  const index = pick.by === 'index' ? pick.index : pick.by === 'middle' ? Math.ceil(count / 2) : 1;
  if (pick.by === 'some' && count > 0) return all[Math.floor(Math.random() * count)] ?? MISSING;
  if (pick.by === 'name' || pick.by === 'id') throw cannotMake(pick.key, 'integer');
  return all[position(index, count, kind, owner)] ?? MISSING;
}
