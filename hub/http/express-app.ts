import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { ApiError } from '../../shared/api/errors.ts';
import { parseJson } from '../api/parse-json.ts';
import type { Authorize, Identity, Route, RouteResponse } from '../api/route.ts';
import { validateInput } from '../api/validate.ts';
import { apiErrorOf } from './api-error-of.ts';
import { servePanel } from './panel.ts';
import type { Panel } from './panel-files.ts';
import { readBody, requireJson } from './read-body.ts';
import { sendFile } from './send-file.ts';
import { sendStream } from './send-stream.ts';
import { answerTimeout, type ServerTimeouts } from './server.ts';

export interface AppOptions {
  routes: readonly Route[];
  authorize: Authorize;
  /** Undefined where none was built. */
  panel?: Panel | undefined;
  log: Logger;
  /** True once the hub is stopping: answers then ask for the connection to be closed. */
  isStopping: () => boolean;
  timeouts: ServerTimeouts;
}

/** Mounts the routes on Express. Nothing else of the hub knows Express. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // A reverse proxy on this machine may say whom it speaks for; nobody else may.
  app.set('trust proxy', 'loopback');
  app.use((request, response, next) => nameRequest(request, response, next, options));
  app.use(
    helmet({
      // The hub itself speaks plain HTTP: what a browser may demand of its domain is for the TLS proxy before it to say.
      strictTransportSecurity: false,
      contentSecurityPolicy: { directives: { 'upgrade-insecure-requests': null } },
    }),
  );
  const body = readBody();
  for (const [path, routes] of Map.groupBy(options.routes, (route) => route.path)) {
    const mounted = app.route(path);
    for (const route of routes) {
      const readers = route.streamBody ? [] : [body];
      mounted[route.method](...readers, (request, response) => serve(route, request, response, options));
    }
    const allow = routes.map((route) => route.method.toUpperCase()).join(', ');
    mounted.all((request, response) => {
      response.setHeader('allow', allow);
      throw new ApiError('method_not_allowed', `${request.method} is not served here; use ${allow}.`);
    });
  }
  app.use((request, response, next) => {
    if (!servePanel(options.panel, request, response)) next();
  });
  app.use(() => {
    throw new ApiError('not_found', 'There is nothing at this address.');
  });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) =>
    answerError(error, request, response, options.log),
  );
  return app;
}

function nameRequest(request: Request, response: Response, next: NextFunction, options: AppOptions): void {
  response.setHeader('x-request-id', randomUUID());
  response.setHeader('cache-control', 'no-store');
  limitTime(request, options.timeouts.request);
  if (options.isStopping()) response.setHeader('connection', 'close');
  if (options.log.isLevelEnabled('debug')) {
    response.on('finish', () =>
      options.log.debug(
        {
          request_id: requestId(response),
          method: request.method,
          route: routeOf(request),
          status: response.statusCode,
        },
        'answered',
      ),
    );
  }
  refuseOddHeaders(request);
  next();
}

/** What Node would refuse by itself, in an answer without a request id. */
function refuseOddHeaders({ httpVersion, headers }: Request): void {
  if (httpVersion !== '1.0' && headers.host === undefined)
    throw new ApiError('invalid_field', 'The request has no Host header.');
  if (headers.expect !== undefined && !/\b100-continue\b/i.test(headers.expect))
    throw new ApiError('expectation_failed', 'The hub meets no expectation but 100-continue.');
}

const LIMITS = new WeakMap<Request, NodeJS.Timeout>();

/** A body must have arrived by then, whoever reads it. */
function limitTime(request: Request, milliseconds: number): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  if (length === '0' && encoding === undefined) return;
  const timer = setTimeout(() => {
    // Arrived and left unread: the connection may be serving another request by now.
    if (!request.complete) answerTimeout(request.socket);
  }, milliseconds).unref();
  LIMITS.set(request, timer);
  request.once('end', () => clearTimeout(timer));
}

/** The body as a stream, which may take its time from here on as long as it goes on. */
function openBody(request: Request, stall: number): Request {
  clearTimeout(LIMITS.get(request));
  return request.setTimeout(stall, () => answerTimeout(request.socket));
}

async function serve(route: Route, request: Request, response: Response, options: AppOptions): Promise<void> {
  const { authorization } = request.headers;
  const source = sourceOf(request);
  const identity = await identify(route, request, source, options);
  const answer = await route.handle({
    params: readParams(request),
    query: route.query ? validateInput(route.query, request.query) : undefined,
    body: route.streamBody ? () => openBody(request, options.timeouts.stall) : readInput(route, request),
    ...identity,
    source,
    requestId: requestId(response),
    authorization,
    headers: request.headers,
  });
  const { stall } = options.timeouts;
  try {
    if (answer.file !== undefined) await sendFile(response, answer.file, answer.headers ?? {}, stall);
    else if (answer.stream === undefined) send(response, answer);
    else {
      setHead(response, answer);
      await sendStream(response, answer.stream, { head: request.method === 'HEAD', stall });
    }
  } finally {
    answer.onSent?.();
  }
}

const NOBODY: Identity = { actor: undefined, userId: undefined, scope: undefined };

async function identify(
  { auth }: Route,
  request: Request,
  source: string,
  { authorize }: AppOptions,
): Promise<Identity> {
  if (auth === 'none' || (auth === 'admin-or-loopback' && isThisMachine(request))) return NOBODY;
  const { method, headers } = request;
  return authorize({ method, headers, source, needs: auth === 'user' ? 'user' : 'admin' });
}

function setHead(response: Response, { status, headers }: RouteResponse): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
}

/** Nothing is named with a NUL, and Postgres does not take one: what stands for it is not found either. */
function readParams({ params }: Request): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, String(value).replaceAll('\0', '\ufffd')]),
  );
}

function readInput(route: Route, request: Request): unknown {
  if (!route.body) return undefined;
  const bytes = requireJson(request);
  if (route.rawBody) return bytes;
  return validateInput(route.body, route.optionalBody && bytes.length === 0 ? {} : parseJson(bytes));
}

function send(response: Response, answer: RouteResponse): void {
  setHead(response, answer);
  const { body } = answer;
  if (body === undefined) {
    response.end();
    return;
  }
  const isText = typeof body === 'string';
  const text = isText ? body : JSON.stringify(body);
  if (!response.hasHeader('content-type'))
    response.setHeader(
      'content-type',
      isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    );
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}

function answerError(error: unknown, request: Request, response: Response, log: Logger): void {
  const answer = apiErrorOf(error);
  const fields = { request_id: requestId(response), method: request.method, route: routeOf(request) };
  if (answer.code === 'internal')
    log.error({ ...fields, err: answer.cause }, 'a request failed unexpectedly');
  else if (answer.code === 'unavailable' && answer.cause !== undefined)
    log.warn({ ...fields, err: answer.cause }, 'the store is unavailable');
  if (response.headersSent || !response.writable) {
    response.destroy();
    return;
  }
  const headers: Record<string, string> = {};
  if (answer.retryAfter !== undefined) headers['retry-after'] = String(Math.ceil(answer.retryAfter));
  if (answer.status === 401) headers['www-authenticate'] = 'Bearer';
  send(response, { status: answer.status, body: answer.body, headers });
}

// The pattern and not the path: a path may hold a location_id or a set-up code, which are credentials.
function routeOf(request: Request): string | undefined {
  const route = request.route as { path?: string } | undefined;
  return route?.path;
}

function requestId(response: Response): string {
  return String(response.getHeader('x-request-id'));
}

function sourceOf(request: Request): string {
  const claimed = request.ip ?? '';
  return isIP(claimed) === 0 ? (request.socket.remoteAddress ?? 'unknown') : claimed;
}

const FORWARDING_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** Whether the caller is a program on this machine, and not a proxy on it that speaks for somebody else. */
function isThisMachine(request: Request): boolean {
  if (FORWARDING_HEADERS.some((name) => request.headers[name] !== undefined)) return false;
  const peer = request.socket.remoteAddress ?? '';
  return peer === '::1' || /^(::ffff:)?127\./.test(peer);
}
