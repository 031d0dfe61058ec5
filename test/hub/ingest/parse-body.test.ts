import { expect, test } from 'vitest';
import { parseBody } from '../../../hub/ingest/parse-body.ts';
import { ApiError } from '../../../shared/api/errors.ts';

test('nesting of any depth is a body or invalid_json, never another error', () => {
  for (const depth of [10, 20_000, 100_000]) {
    const body = `{"user_id":1.5,"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    try {
      expect(parseBody(Buffer.from(body))).toMatchObject({ user_id: '1.5' });
    } catch (error) {
      expect(error).toBeInstanceOf(ApiError);
      expect((error as ApiError).code).toBe('invalid_json');
    }
  }
});
