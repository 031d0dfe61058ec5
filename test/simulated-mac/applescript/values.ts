import { BAD_COERCION, ScriptError } from './script-error.ts';

export interface Constant {
  readonly kind: 'constant';
  readonly name: string;
}
interface ClassValue {
  readonly kind: 'class';
  readonly name: string;
}
/** A `POSIX file` (object not yet looked up) or an `alias` (found on disk when it was made). */
export interface FileValue {
  readonly kind: 'file' | 'alias';
  readonly path: string;
}
interface RecordValue {
  readonly kind: 'record';
  readonly fields: ReadonlyMap<string, Value>;
}
/** An object inside an application, or the application itself (`class` is then "application"). */
export interface AppObject {
  readonly kind: 'object';
  readonly app: string;
  readonly class: string;
  readonly id: string;
}
export type Value =
  | string
  | number
  | boolean
  | readonly Value[]
  | Constant
  | ClassValue
  | FileValue
  | RecordValue
  | AppObject;

export const MISSING: Constant = { kind: 'constant', name: 'missing value' };

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isObject(value: Value | undefined): value is AppObject {
  return typeof value === 'object' && !isList(value) && value.kind === 'object';
}

/** Characters as a person counts them; AppleScript's `length` and `text 1 thru n` do the same. */
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
export function charactersOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Paragraphs end at CR, LF or CRLF; U+2028 and U+2029 are ordinary characters here. */
export function paragraphsOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

export function classOf(value: Value): string {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'real';
  if (typeof value === 'boolean') return 'boolean';
  if (isList(value)) return 'list';
  if (value.kind === 'object') return value.class;
  if (value.kind === 'file') return '«class furl»';
  return value.kind;
}

/** macOS writes absolute POSIX paths as `Macintosh HD:Users:…` in AppleScript's own notation. */
export function hfsPath(path: string): string {
  return `Macintosh HD${path
    .split('/')
    .map((part) => part.replaceAll(':', '/'))
    .join(':')}`;
}

function objectSource(object: AppObject): string {
  if (object.class === 'application') return `application "${object.app}"`;
  return `${object.class} id "${object.id}" of application "${object.app}"`;
}

/** A value as AppleScript would write it in source (`osascript -s s`). */
export function sourceOf(value: Value): string {
  if (typeof value === 'string') return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (isList(value)) return `{${value.map(sourceOf).join(', ')}}`;
  switch (value.kind) {
    case 'constant':
    case 'class':
      return value.name;
    case 'alias':
      return `alias "${hfsPath(value.path)}"`;
    case 'file':
      return `file "${hfsPath(value.path)}"`;
    case 'record':
      return `{${Array.from(value.fields, ([name, field]) => `${name}:${sourceOf(field)}`).join(', ')}}`;
    case 'object':
      return objectSource(value);
  }
}

/** A value as `osascript` prints it for people: texts bare, list items separated by commas. */
export function displayOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (isList(value)) return value.map(displayOf).join(', ');
  if (typeof value === 'object' && 'kind' in value) {
    if (value.kind === 'record') {
      return Array.from(value.fields, ([name, field]) => `${name}:${displayOf(field)}`).join(', ');
    }
    if (value.kind === 'alias' || value.kind === 'file') return `${value.kind} ${hfsPath(value.path)}`;
    if (value.kind === 'object' && value.class !== 'application') return `${value.class} id ${value.id}`;
    if (value.kind === 'object') return `application ${value.app}`;
  }
  return sourceOf(value);
}

export function cannotMake(value: Value, type: string): ScriptError {
  return new ScriptError(BAD_COERCION, `Can’t make ${sourceOf(value)} into type ${type}.`);
}

/** Text of a value, as `&` and text parameters need it; lists join with the text item delimiters. */
export function toText(value: Value, delimiter = ''): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (isList(value)) return value.map((item) => toText(item, delimiter)).join(delimiter);
  if (value.kind === 'constant' || value.kind === 'class') return value.name;
  if (value.kind === 'alias' || value.kind === 'file') return hfsPath(value.path);
  throw cannotMake(value, 'text');
}

export function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value))
    return Number(value);
  if (isList(value) && value.length === 1 && value[0] !== undefined) return toNumber(value[0]);
  throw cannotMake(value, 'number');
}

export function toInteger(value: Value): number {
  const number = toNumber(value);
  if (Math.abs(number) > 536_870_911 && typeof value === 'string') throw cannotMake(value, 'integer');
  // AppleScript rounds halves to even.
  const floor = Math.floor(number);
  const half = number - floor === 0.5;
  return half ? (floor % 2 === 0 ? floor : floor + 1) : Math.round(number);
}

export function toBoolean(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  if (typeof value === 'number' && (value === 0 || value === 1)) return value === 1;
  throw cannotMake(value, 'boolean');
}
