import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import {
  API_ERRORS,
  type ApiErrorCode,
  errorBodySchema,
  ownErrorBodySchema,
} from '../../shared/api/errors.ts';
import { webhookEventSchema } from '../../shared/api/webhook-events.ts';
import { VERSION } from '../../shared/version.ts';
import { defineRoute, type Route } from '../api/route.ts';
import { nameOperation, pascal } from './operation-id.ts';

type Responses = NonNullable<ZodOpenApiOperationObject['responses']>;

/** Content of any kind. */
const BYTES = { type: 'string', format: 'binary' } as const;

const errorSchema = errorBodySchema.meta({
  id: 'ApiError',
  description: 'Why a request was refused. `error` and `message` are the same sentence.',
});

const CREDENTIALS = {
  adminToken: { description: 'HUB_ADMIN_TOKEN: full rights on /api.' },
  apiKey: { description: 'A key of the workspace, where it requires one.' },
  deviceToken: { description: 'What a device got when it was paired.' },
} as const;

/** Over https its name begins with `__Secure-`. */
const SESSION = {
  type: 'apiKey',
  in: 'cookie',
  name: 'bluewire.session_token',
  description: 'What signing in to the panel sets.',
} as const;

const REQUEST_ID = z.object({
  'x-request-id': z.string().meta({
    description: 'Names this answer in the log of the hub.',
    header: { id: 'RequestId' },
  }),
});
const RETRY_AFTER = REQUEST_ID.extend({
  'retry-after': z
    .string()
    .optional()
    .meta({ description: 'Seconds to wait before trying again.', header: { id: 'RetryAfter' } }),
});

const SIGNATURE = z.object({
  'webhook-id': z.string().meta({ description: 'The same for every attempt of one event.' }),
  'webhook-timestamp': z.string().meta({ description: 'When this attempt was made: seconds since 1970.' }),
  'webhook-signature': z.string().meta({ description: 'One or, after a rotation, two of `v1,<base64>`.' }),
});

/** The OpenAPI 3.1 description of `routes`, made from the schemas that judge their requests. */
export function describeApi(routes: readonly Route[], publicUrl: string): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: describeOperation(route) };
  }
  const bearers = Object.entries(CREDENTIALS).map(([name, { description }]) => [
    name,
    { type: 'http', scheme: 'bearer', description } as const,
  ]);
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Bluewire hub',
        version: VERSION,
        description:
          'Takes messages from client systems, brings them to devices, and tells what became of them.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: publicUrl }],
      tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
      components: { securitySchemes: { ...Object.fromEntries(bearers), session: SESSION } },
      paths,
      webhooks: { event: { post: describeEvent() } },
    },
    { override: allowFurtherFields },
  );
}

// Answers gain fields over time: a client that refuses what it does not know would break.
function allowFurtherFields({ jsonSchema, io }: { jsonSchema: object; io: 'input' | 'output' }): void {
  if (io === 'output' && 'additionalProperties' in jsonSchema && jsonSchema.additionalProperties === false)
    delete jsonSchema.additionalProperties;
}

/** GET /api/openapi.json. The description is made once, on the first request. */
export function openApiRoute(describe: () => object): Route {
  let document: object | undefined;
  return defineRoute({
    method: 'get',
    path: '/api/openapi.json',
    operationId: 'getApiDescription',
    auth: 'none',
    tag: 'system',
    summary: 'This description.',
    response: { status: 200, description: 'OpenAPI 3.1.', schema: z.looseObject({}) },
    handle: () => {
      document ??= describe();
      return { status: 200, body: document };
    },
  });
}

function describeOperation(route: Route): ZodOpenApiOperationObject {
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '');
  const operationId = nameOperation(route);
  return {
    operationId,
    summary: route.summary,
    tags: [route.tag],
    security: describeCredential(route),
    requestParams: {
      ...(names.length > 0 && {
        path: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))),
      }),
      ...(route.query instanceof z.ZodObject && { query: route.query }),
    },
    ...describeBody(route, operationId),
    responses: { ...describeAnswer(route, operationId), ...describeErrors(route) },
  };
}

/** What the hub POSTs to the URL of a workspace. */
function describeEvent(): ZodOpenApiOperationObject {
  return {
    operationId: 'receiveEvent',
    summary: 'Tells a workspace what became of its messages, and what came in. Signed by Standard Webhooks.',
    tags: ['client'],
    security: [],
    requestParams: { header: SIGNATURE },
    requestBody: {
      required: true,
      content: { 'application/json': { schema: webhookEventSchema } },
    },
    responses: {
      '2XX': { description: 'Received. Any other answer, or none within 15 seconds, and it comes again.' },
      '410': { description: 'Not wanted any more: the webhook is switched off.' },
    },
  };
}

function describeCredential({ auth, credential }: Route): NonNullable<ZodOpenApiOperationObject['security']> {
  if (auth === 'admin' || auth === 'user') return [{ adminToken: [] }, { session: [] }];
  if (auth === 'admin-or-loopback') return [{ adminToken: [] }, {}];
  if (credential === 'deviceToken') return [{ deviceToken: [] }];
  return credential === 'apiKey' ? [{}, { apiKey: [] }] : [];
}

function describeBody(
  { body, streamBody, optionalBody = false }: Route,
  operationId: string,
): Pick<ZodOpenApiOperationObject, 'requestBody'> {
  if (streamBody)
    return { requestBody: { required: true, content: { 'application/octet-stream': { schema: BYTES } } } };
  if (!body) return {};
  const schema = nameSchema(body, `${pascal(operationId)}Request`);
  return { requestBody: { required: !optionalBody, content: { 'application/json': { schema } } } };
}

function describeAnswer({ response }: Route, operationId: string): Responses {
  const { status, description, schema, contentType = 'application/json' } = response;
  const named = schema && nameSchema(schema, `${pascal(operationId)}Response`);
  return {
    [`${status}`]: {
      description,
      headers: REQUEST_ID,
      ...(named && { content: { [contentType]: { schema: named } } }),
    },
  } as Responses;
}

/** A schema that has no name of its own gets one, so that generated types have one too. */
function nameSchema(schema: z.ZodType, id: string): z.ZodType {
  return schema instanceof z.ZodObject && schema.meta()?.id === undefined ? schema.meta({ id }) : schema;
}

function describeErrors(route: Route): Responses {
  const codes = new Set<ApiErrorCode>(route.errors);
  if (route.auth !== 'none') codes.add('unauthorized').add('forbidden').add('rate_limited');
  if (route.body)
    codes.add('invalid_json').add('missing_field').add('invalid_field').add('payload_too_large');
  if (route.body) codes.add('unsupported_media_type');
  if (route.query) codes.add('invalid_field');
  // Every route meets the database, which may be full or away.
  if (route.tag !== 'system') codes.add('unavailable');
  const byStatus = Map.groupBy(codes, (code) => API_ERRORS[code]);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      `${status}`,
      {
        description: ofStatus.join(', '),
        headers: status === 429 || status === 503 ? RETRY_AFTER : REQUEST_ID,
        content: { 'application/json': { schema: route.hasOwnCodes ? ownErrorBodySchema : errorSchema } },
      },
    ]),
  ) as Responses;
}
