import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nameOperation } from '../../../hub/http/operation-id.ts';
import { JSON_TYPE, TestHub } from '../kit/test-hub.ts';

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security: Record<string, unknown>[];
  parameters?: { in: string; name: string; required?: boolean }[];
  requestBody?: { content: Record<string, { schema: { $ref?: string; type?: string } }> };
  responses: Record<
    string,
    { description: string; content?: Record<string, { schema: { $ref?: string; type?: string } }> }
  >;
}

interface Description {
  openapi: string;
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties?: object }>; securitySchemes: Record<string, unknown> };
}

/** Every route that the contract names. */
const CONTRACT = `
  POST /webhook
  GET /healthz
  GET /readyz
  GET /metrics
  GET /api/openapi.json
  POST /api/workspaces
  GET /api/workspaces
  GET /api/workspaces/{location_id}
  PATCH /api/workspaces/{location_id}
  DELETE /api/workspaces/{location_id}
  PUT /api/workspaces/{location_id}/connection
  PUT /api/workspaces/{location_id}/devices
  PUT /api/workspaces/{location_id}/routing
  POST /api/workspaces/{location_id}/test
  POST /api/workspaces/{location_id}/rotate-secret
  POST /api/workspaces/{location_id}/api-keys
  GET /api/workspaces/{location_id}/api-keys
  DELETE /api/workspaces/{location_id}/api-keys/{id}
  GET /api/devices
  PATCH /api/devices/{id}
  DELETE /api/devices/{id}
  POST /api/devices/{id}/pause
  POST /api/devices/{id}/renew-code
  POST /api/devices/{id}/resume
  POST /api/enrollments
  GET /api/messages
  GET /api/messages/{id}
  POST /api/messages/{id}/cancel
  POST /api/messages/{id}/resend
  POST /api/workspaces/{location_id}/replay
  GET /api/audit
  GET /api/notices
  GET /api/deliveries
  GET /api/deliveries/{id}
  POST /api/deliveries/{id}/retry
`
  .trim()
  .split('\n')
  .map((line) => line.trim());

let hub: TestHub;
let description: Description;
let operations: { name: string; method: string; path: string; operation: Operation }[];
beforeAll(async () => {
  hub = await TestHub.start();
  description = (await hub.call('GET', '/api/openapi.json')).body as unknown as Description;
  operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
});
afterAll(() => hub[Symbol.asyncDispose]());

describe('the description of the API', () => {
  test('has every route of the contract', () => {
    expect(operations.map(({ name }) => name)).toEqual(expect.arrayContaining(CONTRACT));
  });

  test('has nothing that is not served', async () => {
    for (const { name, method, path, operation } of operations) {
      const init = operation.requestBody ? { headers: JSON_TYPE, body: '{}' } : {};
      const answer = await hub.call(method, path.replace(/\{\w+\}/g, 'nobody'), init);
      expect(answer.status, name).not.toBe(405);
      expect(answer.body?.message, name).not.toBe('There is nothing at this address.');
    }
  });

  test('tells which routes want a credential', async () => {
    for (const { name, method, path, operation } of operations) {
      const isOpen =
        operation.security.length === 0 || operation.security.some((one) => Object.keys(one).length === 0);
      const headers = {
        ...(operation.requestBody && JSON_TYPE),
        'x-forwarded-for': '203.0.113.7',
      };
      const answer = await hub.call(method, path.replace(/\{\w+\}/g, 'nobody'), {
        headers,
        ...(operation.requestBody && { body: '{}' }),
      });
      if (!isOpen) expect([401, 429], name).toContain(answer.status);
      else if (path !== '/metrics') expect(answer.status, name).not.toBe(401);
      for (const scheme of operation.security.flatMap(Object.keys))
        expect(description.components.securitySchemes, name).toHaveProperty(scheme);
    }
  });

  test('gives every operation a name, a sentence, a tag and named schemas', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = description.tags.map(({ name }) => name);
    for (const { name, operation } of operations) {
      expect(operation.operationId, name).toMatch(/^[a-z]+[A-Z][A-Za-z]+$/);
      expect(operation.summary, name).toMatch(/^[A-Z].+\.$/s);
      expect(operation.tags, name).toHaveLength(1);
      expect(tags, name).toContain(operation.tags[0]);
      const contents = [operation.requestBody, ...Object.values(operation.responses)];
      for (const content of contents) {
        const schema = content?.content?.['application/json']?.schema;
        expect(schema ?? { $ref: '' }, name).toHaveProperty('$ref');
      }
    }
  });

  test('gives every operation one success and its refusals', () => {
    for (const { name, operation } of operations) {
      const statuses = Object.keys(operation.responses);
      expect(
        statuses.filter((status) => /^2\d\d$/.test(status)),
        name,
      ).toHaveLength(1);
      const refusals = statuses.filter((status) => Number(status) >= 400);
      if (operation.security.length > 0)
        expect(refusals, name).toEqual(expect.arrayContaining(['401', '429']));
      if (operation.requestBody && name !== 'PATCH /devices/files/{sha256}')
        expect(refusals, name).toEqual(expect.arrayContaining(['400', '413', '415']));
      for (const status of refusals)
        expect(operation.responses[status]?.content?.['application/json']?.schema, name).toEqual({
          $ref: `#/components/schemas/${operation.tags[0] === 'sign-in' ? 'SignInError' : 'ApiError'}`,
        });
    }
  });

  test('names every parameter of a path', () => {
    for (const { name, path, operation } of operations) {
      const named = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      expect(
        named.map((parameter) => parameter.name),
        name,
      ).toEqual(inPath);
    }
  });

  test('refers to nothing that is not there', () => {
    const references = [...JSON.stringify(description).matchAll(/"#\/components\/(\w+)\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(100);
    for (const [, kind = '', name = ''] of references)
      expect(description.components).toHaveProperty([kind, name]);
  });

  test('lets answers gain fields', () => {
    expect(description.components.schemas.Message).not.toHaveProperty('additionalProperties');
  });

  test('tells what is POSTed to webhooks', () => {
    const event = description.webhooks.event?.post;
    expect(event?.requestBody?.content['application/json']?.schema.$ref).toBe(
      '#/components/schemas/WebhookEvent',
    );
    expect(event?.parameters?.map(({ name }) => name)).toEqual([
      'webhook-id',
      'webhook-timestamp',
      'webhook-signature',
    ]);
  });
});

test.each([
  ['get', '/api/messages', 'listMessages'],
  ['get', '/api/messages/:id', 'getMessage'],
  ['post', '/api/messages/:id/cancel', 'cancelMessage'],
  ['post', '/api/deliveries/:id/retry', 'retryDelivery'],
  ['get', '/api/deliveries', 'listDeliveries'],
  ['post', '/api/workspaces', 'createWorkspace'],
  ['patch', '/api/workspaces/:location_id', 'updateWorkspace'],
  ['put', '/api/workspaces/:location_id/devices', 'setWorkspaceDevices'],
  ['get', '/api/workspaces/:location_id/routing', 'getWorkspaceRouting'],
  ['post', '/api/workspaces/:location_id/rotate-secret', 'rotateWorkspaceSecret'],
  ['post', '/api/workspaces/:location_id/replay', 'replayWorkspace'],
  ['post', '/api/workspaces/:location_id/api-keys', 'createWorkspaceApiKey'],
  ['get', '/api/workspaces/:location_id/api-keys', 'listWorkspaceApiKeys'],
  ['delete', '/api/workspaces/:location_id/api-keys/:id', 'deleteWorkspaceApiKey'],
] as const)('%s %s is called %s by generated clients', (method, path, operationId) => {
  const rest = { auth: 'admin', summary: '', tag: '', response: { status: 200, description: '' } } as const;
  expect(nameOperation({ method, path, ...rest, handle: () => ({ status: 200 }) })).toBe(operationId);
});
