import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { API_ERRORS, type ApiErrorCode, errorBodySchema } from '../../shared/api/errors.ts';
import { VERSION } from '../../shared/version.ts';
import { defineRoute, type Route } from '../api/route.ts';

/** Content of any kind. */
const BYTES = { type: 'string', format: 'binary' } as const;

const errorSchema = errorBodySchema.meta({ id: 'Error' });

/** The OpenAPI 3.1 description of `routes`, made from the schemas that judge their requests. */
export function describeApi(routes: readonly Route[], publicUrl: string): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: describeOperation(route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Bluewire hub', version: VERSION },
    servers: [{ url: publicUrl }],
    components: {
      securitySchemes: { adminToken: { type: 'http', scheme: 'bearer', description: 'HUB_ADMIN_TOKEN' } },
    },
    paths,
  });
}

/** GET /api/openapi.json. The description is made once, on the first request. */
export function openApiRoute(describe: () => object): Route {
  let document: object | undefined;
  return defineRoute({
    method: 'get',
    path: '/api/openapi.json',
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
  const { response } = route;
  return {
    summary: route.summary,
    tags: [route.tag],
    ...(route.auth === 'none' ? {} : { security: [{ adminToken: [] }] }),
    requestParams: {
      ...(names.length > 0 && {
        path: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))),
      }),
      ...(route.query instanceof z.ZodObject && { query: route.query }),
    },
    ...(route.body && {
      requestBody: { required: true, content: { 'application/json': { schema: route.body } } },
    }),
    ...(route.streamBody && {
      requestBody: { required: true, content: { 'application/octet-stream': { schema: BYTES } } },
    }),
    responses: {
      [`${response.status}`]: {
        description: response.description,
        ...(response.schema && {
          content: { [response.contentType ?? 'application/json']: { schema: response.schema } },
        }),
      },
      ...describeErrors(route),
    } as ZodOpenApiOperationObject['responses'],
  };
}

function describeErrors(route: Route): ZodOpenApiOperationObject['responses'] {
  const codes = new Set<ApiErrorCode>(route.errors);
  if (route.auth !== 'none') codes.add('unauthorized').add('rate_limited');
  if (route.body)
    codes.add('invalid_json').add('missing_field').add('invalid_field').add('payload_too_large');
  if (route.body) codes.add('unsupported_media_type');
  if (route.query) codes.add('invalid_field');
  const byStatus = Map.groupBy(codes, (code) => API_ERRORS[code]);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      `${status}`,
      { description: ofStatus.join(', '), content: { 'application/json': { schema: errorSchema } } },
    ]),
  );
}
