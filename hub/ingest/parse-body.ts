import { ApiError } from '../../shared/api/errors.ts';
import { parseJson } from '../api/parse-json.ts';

/** A number as the client spelled it. */
class Spelled {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * The JSON value of a body. A `user_id` that is a number JavaScript would round (a 64-bit id of another language) is
 * kept as the digits that were sent. Throws invalid_json.
 */
export function parseBody(bytes: Buffer): unknown {
  const body = parseJson(bytes);
  if (!hasInexactUserId(body)) return body;
  const reparsed = parseSpelled(bytes);
  const spelled: unknown = (reparsed as { user_id?: unknown }).user_id;
  return { ...body, user_id: spelled instanceof Spelled ? spelled.text : spelled };
}

// Unlike plain JSON.parse, one with a reviver recurses, and nesting can exhaust the stack.
function parseSpelled(bytes: Buffer): unknown {
  try {
    return JSON.parse(
      bytes.toString('utf8').replace(/^\uFEFF/, ''),
      (key: string, value: unknown, context?: { source?: string }) =>
        key === 'user_id' && typeof value === 'number' && context?.source
          ? new Spelled(context.source)
          : value,
    );
  } catch (cause) {
    throw new ApiError('invalid_json', 'The body is nested too deeply.', { cause });
  }
}

function hasInexactUserId(body: unknown): body is { user_id: number } {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'user_id')) return false;
  const { user_id } = body as { user_id: unknown };
  return typeof user_id === 'number' && !Number.isSafeInteger(user_id);
}
