import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acceptedSchema } from '../../../shared/api/client-message.ts';
import { API_ERROR_CODES, errorBodySchema } from '../../../shared/api/errors.ts';
import { type IngestUnderTest, openIngest } from './fixtures.ts';

const VECTORS = fileURLToPath(new URL('../../../../shared/vectors/http/', import.meta.url));
const absent = !existsSync(VECTORS);
const FIELDS = ['location_id', 'user_id', 'phone', 'message', 'message_id', 'channel', 'attachments'];

interface JsonCase {
  name: string;
  expect: 'accept' | 'reject' | 'either';
  base64: string;
}

function readVector(name: string): unknown {
  return JSON.parse(readFileSync(`${VECTORS}${name}`, 'utf8'));
}

/** An answer of the contract, and neither a throw nor a 5xx. */
async function answerTo(opened: IngestUnderTest, body: unknown, source: string): Promise<number> {
  const response = await opened.post(body, { source });
  if (response.status === 200) acceptedSchema.parse(response.body);
  else expect(API_ERROR_CODES).toContain(errorBodySchema.parse(response.body).code);
  expect(response.status).toBeLessThan(500);
  return response.status;
}

describe('POST /webhook against attack lists', () => {
  test('every case of JSONTestSuite as a body and inside one', async (context) => {
    if (absent) context.skip('the folder of test vectors is not beside this checkout');
    await using opened = await openIngest();
    const { cases } = readVector('jsontestsuite.json') as { cases: JsonCase[] };
    expect(cases.length).toBeGreaterThan(200);
    for (const [n, { name, expect: verdict, base64 }] of cases.entries()) {
      const bytes = Buffer.from(base64, 'base64');
      expect(await answerTo(opened, bytes, `a${n}`), name).toBe(400);
      const [head, tail] = JSON.stringify(opened.body({ extra: 'HERE' })).split('"HERE"');
      const inside = Buffer.concat([Buffer.from(head ?? ''), bytes, Buffer.from(tail ?? '')]);
      const status = await answerTo(opened, inside, `b${n}`);
      if (verdict === 'accept') expect(status, name).toBe(200);
    }
  });

  test('every naughty string in every field: carried unchanged or refused', async (context) => {
    if (absent) context.skip('the folder of test vectors is not beside this checkout');
    await using opened = await openIngest();
    const strings = readVector('blns.json') as string[];
    for (const [n, text] of strings.entries()) {
      const bodies = FIELDS.map((field) => opened.body({ [field]: field === 'attachments' ? [text] : text }));
      await Promise.all(bodies.map((body) => answerTo(opened, body, `${n}`)));
      const body = opened.body({ message: text, user_id: text || 'u', message_id: `n${n}` });
      const response = await opened.post(body);
      if (text === '' || text.length > 128) continue;
      const { id } = acceptedSchema.parse(response.body);
      expect(await opened.store.findMessage(id)).toMatchObject({ text, user_id: text });
    }
  });

  test('whatever JSON arrives in whatever field, the answer is one of the contract', async () => {
    await using opened = await openIngest();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...FIELDS), fc.jsonValue({ maxDepth: 3 }), async (field, value) => {
        await answerTo(opened, opened.body({ [field]: value }), JSON.stringify(value));
      }),
      { numRuns: 300 },
    );
  });

  test('whatever text arrives is carried unchanged', async () => {
    await using opened = await openIngest();
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, unit: 'binary' }), async (message) => {
        fc.pre(!message.includes('\0') && message.isWellFormed());
        const response = await opened.post(opened.body({ message }));
        const { id } = acceptedSchema.parse(response.body);
        expect((await opened.store.findMessage(id))?.text).toBe(message);
      }),
      { numRuns: 300 },
    );
  });
});
