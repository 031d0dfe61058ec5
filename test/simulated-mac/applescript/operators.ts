import { BAD_COERCION, DIVIDE_BY_ZERO, NUMERIC_OVERFLOW, ScriptError } from './script-error.ts';
import type { BinaryOperator } from './syntax.ts';
import { cannotMake, isList, toBoolean, toNumber, toText, type Value } from './values.ts';

export interface TextRules {
  readonly considerCase: boolean;
  readonly delimiter: string;
}

function folded(text: string, rules: TextRules): string {
  const composed = text.normalize('NFC');
  return rules.considerCase ? composed : composed.toLowerCase();
}

/** Equality never coerces: `1 = "1"` is false. Text ignores case unless the script considers it. */
function equals(left: Value, right: Value, rules: TextRules): boolean {
  if (typeof left === 'string' && typeof right === 'string')
    return folded(left, rules) === folded(right, rules);
  if (typeof left !== 'object' || typeof right !== 'object') return left === right;
  if (isList(left) || isList(right)) {
    if (!isList(left) || !isList(right) || left.length !== right.length) return false;
    return left.every((item, index) => equals(item, right[index] ?? '', rules));
  }
  if (left.kind === 'object' && right.kind === 'object') {
    return left.app === right.app && left.class === right.class && left.id === right.id;
  }
  if ((left.kind === 'file' || left.kind === 'alias') && (right.kind === 'file' || right.kind === 'alias')) {
    return left.path === right.path;
  }
  if ((left.kind === 'constant' || left.kind === 'class') && left.kind === right.kind)
    return left.name === right.name;
  return false;
}

function compare(left: Value, right: Value, rules: TextRules): number {
  if (typeof left === 'string') return folded(left, rules).localeCompare(folded(toText(right), rules));
  return toNumber(left) - toNumber(right);
}

function contains(whole: Value, part: Value, rules: TextRules): boolean {
  if (isList(whole)) {
    const wanted = isList(part) ? part : [part];
    return whole.some((_, at) =>
      wanted.every((item, index) => {
        const here = whole[at + index];
        return here !== undefined && equals(here, item, rules);
      }),
    );
  }
  return folded(toText(whole), rules).includes(folded(toText(part), rules));
}

function startsWith(whole: Value, part: Value, rules: TextRules): boolean {
  if (isList(whole)) return whole[0] !== undefined && equals(whole[0], part, rules);
  return folded(toText(whole), rules).startsWith(folded(toText(part), rules));
}

function endsWith(whole: Value, part: Value, rules: TextRules): boolean {
  if (isList(whole)) return whole.length > 0 && equals(whole.at(-1) ?? '', part, rules);
  return folded(toText(whole), rules).endsWith(folded(toText(part), rules));
}

/** `&` makes text only when the left side is text; a number in front makes a list. */
function concatenate(left: Value, right: Value, rules: TextRules): Value {
  if (typeof left === 'string') return left + toText(right, rules.delimiter);
  return [...(isList(left) ? left : [left]), ...(isList(right) ? right : [right])];
}

function arithmetic(operator: BinaryOperator, left: Value, right: Value): number {
  const a = toNumber(left);
  const b = toNumber(right);
  if ((operator === '/' || operator === 'div' || operator === 'mod') && b === 0) {
    throw new ScriptError(DIVIDE_BY_ZERO, `Can’t divide ${a} by zero.`);
  }
  const results: Partial<Record<BinaryOperator, number>> = {
    '+': a + b,
    '-': a - b,
    '*': a * b,
    '/': a / b,
    div: Math.trunc(a / b),
    mod: a % b,
    '^': a ** b,
  };
  const result = results[operator] ?? Number.NaN;
  if (!Number.isFinite(result)) {
    throw new ScriptError(NUMERIC_OVERFLOW, 'The result of a numeric operation was too large.');
  }
  return result;
}

/** Every operator but `and` and `or`, which decide themselves whether their right side runs. */
export function applyOperator(operator: BinaryOperator, left: Value, right: Value, rules: TextRules): Value {
  switch (operator) {
    case '&':
      return concatenate(left, right, rules);
    case '=':
      return equals(left, right, rules);
    case '≠':
      return !equals(left, right, rules);
    case '<':
      return compare(left, right, rules) < 0;
    case '>':
      return compare(left, right, rules) > 0;
    case '≤':
      return compare(left, right, rules) <= 0;
    case '≥':
      return compare(left, right, rules) >= 0;
    case 'contains':
      return contains(left, right, rules);
    case 'is in':
      return contains(right, left, rules);
    case 'starts with':
      return startsWith(left, right, rules);
    case 'ends with':
      return endsWith(left, right, rules);
    default:
      return arithmetic(operator, left, right);
  }
}

export function negate(value: Value): Value {
  return -toNumber(value);
}

/** A condition must be a boolean; anything else is −1700. */
export function condition(value: Value): boolean {
  try {
    return toBoolean(value);
  } catch {
    throw new ScriptError(BAD_COERCION, cannotMake(value, 'boolean').message);
  }
}
