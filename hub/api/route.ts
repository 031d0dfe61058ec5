import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { ApiErrorCode } from '../../shared/api/errors.ts';

/** What a caller is confined to. Where there is no scope, they may see everything. */
export interface Scope {
  /** Id of the user. */
  user: string;
  /** location_ids. */
  workspaces: ReadonlySet<string>;
  /** Ids of the devices that were given to them or that they enrolled. */
  devices: ReadonlySet<string>;
}

/** Who calls, as far as the hub knows. */
export interface Identity {
  /** Of routes that need a credential: whose it is, as the log of changes names them. */
  actor: string | undefined;
  /** Id of the user whose session it is; undefined for holders of the admin token. */
  userId: string | undefined;
  scope: Scope | undefined;
}

/** Throws ApiError unless whoever sent these headers may call what needs an admin, or any user. */
export type Authorize = (request: {
  method: string;
  headers: IncomingHttpHeaders;
  source: string;
  needs: 'admin' | 'user';
}) => Promise<Identity>;

/** Who makes a request, and how the answer is named. */
export interface Caller extends Identity {
  /** Address of the caller, for throttling. */
  source: string;
  /** `x-request-id` of the answer. */
  requestId: string;
}

/** What a handler sees of a request: plain data, validated. */
interface RouteRequest<Body = unknown, Query = unknown> extends Caller {
  params: Record<string, string>;
  query: Query;
  body: Body;
  authorization: string | undefined;
  headers: IncomingHttpHeaders;
}

export interface RouteResponse {
  status: number;
  /** Sent as JSON; a string is sent as text/plain; undefined sends nothing. */
  body?: unknown;
  /** Absolute path of a file to answer with instead: whole, or the range that was asked for. Its type is in `headers`. */
  file?: string;
  /** Called once that file has been sent, or its caller has gone. */
  onSent?: () => void;
  /** Texts to answer with instead, each made when its caller has taken the one before; '' only lets a caller's leaving be seen. */
  stream?: AsyncIterable<string>;
  headers?: Record<string, string | string[]>;
}

export interface Route {
  method: 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete';
  /** Express's spelling: `/api/devices/:id`. */
  path: string;
  /**
   * Who may call: admins, in person or with the admin token; those, or this machine itself; everybody who has signed in, each
   * within their scope, which the handler keeps; everyone (the handler checks).
   */
  auth: 'admin' | 'admin-or-loopback' | 'user' | 'none';
  /** What a handler that checks for itself (auth 'none') takes as a bearer token, for the API's description. */
  credential?: 'apiKey' | 'deviceToken';
  /** The name in generated clients, where method and path do not make a good one. */
  operationId?: string;
  /** One line for the API's description. */
  summary: string;
  tag: string;
  query?: z.ZodType | undefined;
  body?: z.ZodType | undefined;
  /** The handler gets the body's bytes and validates them itself; `body` then only describes it. */
  rawBody?: boolean;
  /**
   * The handler gets a function (OpenBody) that begins to read the body, however long that is: from then on the body may
   * take any time as long as it goes on. A handler that refuses does not call it.
   */
  streamBody?: boolean;
  /** A request without a body counts as an empty object. */
  optionalBody?: boolean;
  response: { status: number; description: string; schema?: z.ZodType; contentType?: string };
  errors?: readonly ApiErrorCode[];
  /** Its refusals bear codes that are not the API's. */
  hasOwnCodes?: boolean;
  handle: (request: RouteRequest) => RouteResponse | Promise<RouteResponse>;
}

/** What the handler of a route with `streamBody` gets as its body. */
export type OpenBody = () => Readable;

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
