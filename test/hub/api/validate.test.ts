import { expect, test } from 'vitest';
import { z } from 'zod';
import { validateInput } from '../../../hub/api/validate.ts';

const schema = z.object({
  channel: z.enum(['imessage', 'sms']).optional(),
  count: z.int().min(1).max(9).optional(),
  name: z.string().min(2).max(3, 'is too long a name').optional(),
  list: z.array(z.string()).max(1).optional(),
  flag: z.boolean().optional(),
});

test.each([
  [{ channel: 'fax' }, 'channel must be one of imessage, sms.'],
  [{ count: 0 }, 'count must be at least 1.'],
  [{ count: 10 }, 'count must be at most 9.'],
  [{ count: 1.5 }, 'count must be a whole number.'],
  [{ name: 'a' }, 'name must have at least 2 characters.'],
  [{ name: 'abcd' }, 'name is too long a name.'],
  [{ list: ['a', 'b'] }, 'list must have at most 1 item.'],
  [{ flag: 'yes' }, 'flag must be a boolean.'],
  [[], 'The body must be a JSON object.'],
])('a fault is told in a sentence: %j', (input, sentence) => {
  expect(() => validateInput(schema, input)).toThrow(sentence);
});
