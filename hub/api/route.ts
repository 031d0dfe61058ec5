import type { z } from 'zod';
import type { ApiErrorCode } from '../../shared/api/errors.ts';

/** What a handler sees of a request: plain data, validated. */
interface RouteRequest<Body = unknown, Query = unknown> {
  params: Record<string, string>;
  query: Query;
  body: Body;
  /** Address of the caller, for throttling. */
  source: string;
  authorization: string | undefined;
}

export interface RouteResponse {
  status: number;
  /** Sent as JSON; a string is sent as text/plain; undefined sends nothing. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Route {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Express's spelling: `/api/devices/:id`. */
  path: string;
  /** Who may call: holders of the admin token; those, or this machine itself; everyone (the handler checks). */
  auth: 'admin' | 'admin-or-loopback' | 'none';
  /** One line for the API's description. */
  summary: string;
  tag: string;
  query?: z.ZodType | undefined;
  body?: z.ZodType | undefined;
  /** The handler gets the body's bytes and validates them itself; `body` then only describes it. */
  rawBody?: boolean;
  /** A request without a body counts as an empty object. */
  optionalBody?: boolean;
  response: { status: number; description: string; schema?: z.ZodType; contentType?: string };
  errors?: readonly ApiErrorCode[];
  handle: (request: RouteRequest) => RouteResponse | Promise<RouteResponse>;
}

interface TypedRoute<Body extends z.ZodType, Query extends z.ZodType>
  extends Omit<Route, 'body' | 'query' | 'handle'> {
  body?: Body;
  query?: Query;
  handle: (request: RouteRequest<z.output<Body>, z.output<Query>>) => RouteResponse | Promise<RouteResponse>;
}

/** Declares a route whose handler is typed by its own schemas. */
export function defineRoute<
  Body extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
>(route: TypedRoute<Body, Query>): Route {
  // The server hands a handler only what its schemas let through.
  return { ...route, handle: (request) => route.handle(request as never) };
}
