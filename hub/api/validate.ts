import type { z } from 'zod';
import { ApiError, type ErrorDetail } from '../../shared/api/errors.ts';

/**
 * What `schema` makes of `input`. Throws ApiError missing_field or invalid_field, by the first fault, with a detail
 * for each; fields are spelled as a caller writes them: `headers[0].key`. Text with a NUL is refused, whatever the schema.
 */
export function validateInput(schema: z.ZodType, input: unknown): unknown {
  const parsed = schema.safeParse(input);
  if (parsed.success) {
    const path = findNul(parsed.data);
    if (path) throw refuseField(spellPath(path), 'contains a NUL character, which is no text');
    return parsed.data;
  }
  const details = parsed.error.issues.flatMap((issue) => describeIssue(issue, input));
  const [first] = details;
  throw new ApiError(first?.missing ? 'missing_field' : 'invalid_field', first?.message ?? 'Invalid input.', {
    details: details.map(({ field, message }) => ({ field, message })),
  });
}

/** An ApiError invalid_field about one field; `fault` continues the sentence that begins with its name. */
export function refuseField(field: string, fault: string): ApiError {
  const message = `${field} ${fault}.`;
  return new ApiError('invalid_field', message, { details: [{ field, message }] });
}

/** Where a text holds the one character that Postgres cannot. */
function findNul(value: unknown): PropertyKey[] | undefined {
  if (typeof value === 'string') return value.includes('\0') ? [] : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const isList = Array.isArray(value);
  for (const [key, entry] of Object.entries(value)) {
    const step = isList ? Number(key) : key;
    const rest = key.includes('\0') ? [] : findNul(entry);
    if (rest) return [step, ...rest];
  }
  return undefined;
}

type Fault = ErrorDetail & { missing: boolean };

function describeIssue(issue: z.core.$ZodIssue, input: unknown): Fault | Fault[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => refuseKey([...issue.path, key]));
  const field = spellPath(issue.path);
  if (field === '') return { field: '', message: 'The body must be a JSON object.', missing: false };
  const missing = valueAt(input, issue.path) === undefined;
  if (missing) return { field, message: `${field} is missing.`, missing };
  // Schemas of this project word their faults to follow the field's name; zod's own begin with a capital.
  const isWorded = !/^[A-Z]/.test(issue.message);
  const fault = isWorded ? issue.message : wordFault(issue);
  return { field, message: fault ? `${field} ${fault}.` : `${field}: ${issue.message}.`, missing };
}

/** Said aloud, since a misspelt field that is passed over looks like one that was taken. */
function refuseKey(path: readonly PropertyKey[]): Fault {
  const field = spellPath(path);
  return { field, message: `${field} is not a field that is known here.`, missing: false };
}

/** A fault that zod words for programmers, to follow the field's name; undefined for those it has no better words for. */
function wordFault(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
    case 'invalid_type':
      if (issue.expected === 'int') return 'must be a whole number';
      return `must be ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
    case 'too_small':
      return `must ${measure(issue.origin)} at least ${issue.minimum}${unitOf(issue.origin, issue.minimum)}`;
    case 'too_big':
      return `must ${measure(issue.origin)} at most ${issue.maximum}${unitOf(issue.origin, issue.maximum)}`;
    default:
      return undefined;
  }
}

function measure(origin: string): string {
  return unitOf(origin) === '' ? 'be' : 'have';
}

function unitOf(origin: string, count: number | bigint = 0): string {
  const unit = { string: ' character', array: ' item' }[origin] ?? '';
  return unit === '' || Number(count) === 1 ? unit : `${unit}s`;
}

function spellPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    input,
  );
}
