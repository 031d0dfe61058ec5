import { expect, test } from 'vitest';
import { describeWithPostgres } from '../../kit/describe-with-postgres.ts';
import { ADMIN_TOKEN, JSON_TYPE, type Loose, TestHub } from '../kit/test-hub.ts';

/** Of text in an address. */
const IN_ADDRESS = ['%00', 'a%00b', '%ED%A0%80', '..%2f..%2fetc', '-1', '9223372036854775808', '%5B%5D'];
const IN_BODY = [
  '\0',
  'a\0b',
  '\ud800',
  -1,
  1e308,
  true,
  [],
  ['\0'],
  [{ key: '\0', value: '\0' }],
  { '\0': '\0' },
];

interface Operation {
  parameters?: { in: string; name: string }[];
  requestBody?: { content: { 'application/json'?: { schema: Loose } } };
}

/** Every request of the API with one of the odd values in one of its places. */
function* oddRequests(api: Loose): Generator<{ method: string; path: string; body?: string }> {
  for (const [path, operations] of Object.entries(api.paths!))
    for (const [method, operation] of Object.entries(operations) as unknown as [string, Operation][]) {
      const body = operation.requestBody ? { body: '{}' } : {};
      const fill = (odd = { name: '', value: '' }): string =>
        path.replace(/\{(\w+)\}/g, (_, name) => (name === odd.name ? odd.value : 'x'));
      for (const { in: where, name } of operation.parameters ?? [])
        for (const value of IN_ADDRESS)
          yield {
            method,
            path: where === 'path' ? fill({ name, value }) : `${fill()}?${name}=${value}`,
            ...body,
          };
      for (const field of fieldsOf(operation, api))
        for (const value of IN_BODY)
          yield { method, path: fill(), body: JSON.stringify({ ...whole(path), [field]: value }) };
    }
}

function fieldsOf({ requestBody }: Operation, api: Loose): string[] {
  let schema = requestBody?.content['application/json']?.schema;
  const named = schema?.$ref && String(schema.$ref).split('/').slice(1);
  if (named) schema = named.reduce((part, name) => part[name]!, api);
  return Object.keys(schema?.properties ?? {});
}

/** What the other fields of a body must be for the odd one to be looked at. */
function whole(path: string): Record<string, unknown> {
  if (path === '/api/workspaces') return { name: 'CRM' };
  if (path === '/api/enrollments') return { name: 'Mac', kind: 'mac' };
  if (path !== '/webhook') return {};
  return {
    location_id: 'x',
    user_id: 'u',
    phone: '+12145550100',
    message: 'x',
    message_id: 'm',
    channel: 'sms',
  };
}

describeWithPostgres('a hub on Postgres', (postgres) => {
  test('fails on no request for the characters in it', async () => {
    await using database = await postgres().createDatabase();
    await using hub = await TestHub.start({ DATABASE_URL: database.url, HUB_SECRET: 'of the test alone' });
    const authorization = `Bearer ${ADMIN_TOKEN}`;
    const { body: api } = await hub.api('GET', '/api/openapi.json');
    const failed: string[] = [];
    let asked = 0;
    for (const { method, path, body } of oddRequests(api)) {
      const headers = { authorization, ...(body !== undefined && JSON_TYPE) };
      const init = { headers, ...(body !== undefined && { body }) };
      const { status } = await hub.call(method.toUpperCase(), path, init);
      asked += 1;
      if (status >= 500) failed.push(`${status} ${method} ${path} ${body ?? ''}`);
    }
    expect(asked).toBeGreaterThan(500);
    expect(failed).toEqual([]);
  }, 30_000);
});
