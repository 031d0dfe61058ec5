import type { Logger } from 'pino';
import type { Authorize, Route } from '../api/route.ts';
import { createApp } from './express-app.ts';
import { describeApi, openApiRoute } from './openapi.ts';
import type { Panel } from './panel-files.ts';
import { DEFAULT_TIMEOUTS, HttpServer, type ServerTimeouts } from './server.ts';

export interface ServeOptions {
  routes: readonly Route[];
  authorize: Authorize;
  panel?: Panel | undefined;
  log: Logger;
  isStopping: () => boolean;
  /** How others reach the hub; known only once it listens. */
  publicUrl: () => string;
  timeouts?: ServerTimeouts;
}

/** The hub's HTTP server with all its routes and their description, not yet listening. */
export function serveRoutes({
  routes,
  publicUrl,
  timeouts = DEFAULT_TIMEOUTS,
  ...options
}: ServeOptions): HttpServer {
  const described: Route[] = [...routes];
  described.push(openApiRoute(() => describeApi(described, publicUrl())));
  return new HttpServer(createApp({ ...options, timeouts, routes: described }), timeouts);
}
