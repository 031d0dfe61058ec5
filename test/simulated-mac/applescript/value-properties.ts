import { CANNOT_SET, NO_SUCH_OBJECT, ScriptError } from './script-error.ts';
import { fileFrom, posixFile } from './scripting-additions.ts';
import {
  cannotMake,
  charactersOf,
  classOf,
  isList,
  sourceOf,
  toBoolean,
  toInteger,
  toNumber,
  toText,
  type Value,
} from './values.ts';

/** A property of a value of the language; applications answer for their own objects. Throws −1728. */
export function propertyOf(owner: Value, name: string, cwd: string): Value {
  const file =
    typeof owner === 'object' && !isList(owner) && (owner.kind === 'file' || owner.kind === 'alias');
  if (name === 'class') return { kind: 'class', name: classOf(owner) };
  if (name === 'contents') return owner;
  if (name === 'posix path' && (file || typeof owner === 'string')) {
    return fileFrom(owner, 'file', cwd).path;
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

/** `value as class`. Relative paths are taken from `cwd`. Throws −1700, for an alias of nothing −43. */
export function coerce(value: Value, to: string, cwd: string, delimiter: string): Value {
  const isFile =
    typeof value === 'object' && !isList(value) && (value.kind === 'file' || value.kind === 'alias');
  switch (to) {
    case 'text':
    case 'utf8':
    case 'utf16':
      return toText(value, delimiter);
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

/** Why something cannot be set: among others, everything in Messages is read-only. */
export function cannotSet(what: string, value: Value): ScriptError {
  return new ScriptError(CANNOT_SET, `Can’t set ${what} to ${sourceOf(value)}.`);
}
