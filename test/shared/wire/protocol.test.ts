import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { PROTOCOL_VERSION } from '../../../shared/wire/protocol-version.ts';
import { WIRE_SCHEMAS } from '../../../shared/wire/schemas.ts';

const json = Object.fromEntries(
  Object.entries(WIRE_SCHEMAS).map(([name, schema]) => [name, z.toJSONSchema(schema)]),
);

test('the wire is what this protocol version says', () => {
  expect(json).toMatchSnapshot(`protocol ${PROTOCOL_VERSION}`);
});

// The snapshot shows what changed; this makes the change a decision: old and new do not talk to each other.
test('a changed wire has a new protocol version', () => {
  const digest = createHash('sha256').update(JSON.stringify(json)).digest('hex').slice(0, 16);
  expect({ version: PROTOCOL_VERSION, digest }).toEqual({ version: 2, digest: '7ef400fdf15e86ad' });
});

// A transform cannot be written as JSON Schema of what comes out: toJSONSchema refuses it.
test.each(Object.entries(WIRE_SCHEMAS))(
  '%s is read as it was written, never transformed',
  (_name, schema) => {
    expect(() => z.toJSONSchema(schema, { io: 'output' })).not.toThrow();
  },
);
