import { ApiError } from '../../shared/api/errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The JSON value in `bytes`. Throws invalid_json. */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new ApiError('invalid_json', 'The request has no body; send a JSON object.');
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw new ApiError('invalid_json', 'The body is not valid JSON in UTF-8.', { cause });
  }
}
