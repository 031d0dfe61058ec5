import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  STATUS_CODES,
} from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { ApiError, type ErrorBody } from '../../shared/api/errors.ts';

export interface ServerTimeouts {
  /** A request's headers must have arrived by then. Milliseconds. */
  headers: number;
  /** The whole request must have arrived by then, but for bodies that are streamed. Milliseconds. */
  request: number;
  /** A streamed body, either way, that does not move for so long is cut. Milliseconds. */
  stall: number;
  /** Running requests get this long to finish when the hub stops. Milliseconds. */
  drain: number;
}

export const DEFAULT_TIMEOUTS: ServerTimeouts = {
  headers: 10_000,
  request: 30_000,
  stall: 30_000,
  drain: 4_000,
};

/** While the hub stops, connections that have nothing to say are closed so often. Milliseconds. */
const IDLE_MS = 100;
/** Connections that wait are taken until so many turns of the event loop brought none, in so many at most. */
const QUIET_TURNS = 5;
const MOST_TURNS = 5_000;

/** The hub's HTTP server: what Node itself refuses is answered in the API's own form, and stopping drains. */
export class HttpServer {
  readonly server: Server;
  readonly #timeouts: ServerTimeouts;
  #closed: Promise<unknown> | undefined;
  /** What comes meanwhile is answered afterwards. */
  #gate: Promise<void> | undefined;

  constructor(listener: RequestListener, timeouts: ServerTimeouts) {
    this.#timeouts = timeouts;
    this.server = createServer(
      {
        headersTimeout: timeouts.headers,
        // Node's own limit knows no exceptions: the app times each request by its route.
        requestTimeout: 0,
        connectionsCheckingInterval: Math.min(1_000, timeouts.headers),
        // Longer than the idle time of the usual reverse proxies, so that they close first.
        keepAliveTimeout: 75_000,
        // Every other upgrade (h2c is offered by whole families of clients) is ignored, and the request answered.
        shouldUpgradeCallback: isHandshake,
        // Node's own refusal bears no request id; the app refuses instead.
        requireHostHeader: false,
      },
      (request, response) => {
        if (this.#gate === undefined) listener(request, response);
        else void this.#gate.then(() => listener(request, response));
      },
    );
    // A client that has said all it will say may still listen. Node knows this setting and does not document it.
    Object.assign(this.server, { httpAllowHalfOpen: true });
    // Without a listener Node answers by itself; the app refuses what it cannot meet.
    this.server.on('checkExpectation', (request, response) => this.server.emit('request', request, response));
    this.server.on('clientError', answerBrokenRequest);
  }

  get isStopping(): boolean {
    return this.#closed !== undefined;
  }

  /** The real port; 0 before it listens. */
  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Starts to listen; answers the address, with the real port. Throws a sentence when it cannot. */
  async listen(host: string, port: number): Promise<string> {
    try {
      this.server.listen(port, host);
      await once(this.server, 'listening');
    } catch (cause) {
      throw new Error(`The hub cannot listen on HUB_HOST ${host}, HUB_PORT ${port}`, { cause });
    }
    const { address, family, port: realPort } = this.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${realPort}`;
  }

  /** Takes no new connections; running requests go on, and what has just come in is answered. */
  async stopAccepting(): Promise<void> {
    if (this.#closed || !this.server.listening) return;
    this.#closed = once(this.server, 'close');
    const last = Promise.withResolvers<void>();
    this.#gate = last.promise;
    await this.#takeConnections();
    // Not the HTTP server's own close: to that, a connection whose request has not been read yet is idle, and is cut.
    NetServer.prototype.close.call(this.server);
    this.#gate = undefined;
    last.resolve();
  }

  /**
   * Closing resets connections that the system has made and nobody has taken; each turn of the event loop takes one. No
   * request is answered meanwhile, since the answers bring the next connections.
   */
  async #takeConnections(): Promise<void> {
    let taken = 0;
    const count = (): void => {
      taken += 1;
    };
    this.server.on('connection', count);
    let quiet = 0;
    for (let turns = 0; turns < MOST_TURNS && quiet < QUIET_TURNS; turns += 1) {
      const before = taken;
      await new Promise(setImmediate);
      quiet = taken === before ? quiet + 1 : 0;
    }
    this.server.off('connection', count);
  }

  /** Resolves when every request has been answered, or was cut off after the grace period. */
  async finish(): Promise<void> {
    await this.stopAccepting();
    const idle = setInterval(() => this.server.closeIdleConnections(), IDLE_MS);
    const grace = setTimeout(() => this.server.closeAllConnections(), this.#timeouts.drain);
    await this.#closed;
    clearInterval(idle);
    clearTimeout(grace);
  }
}

/** Whether a request is a whole WebSocket handshake of a device; the WebSocket server would refuse another in its own form. */
function isHandshake({ method, url, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    url?.startsWith('/socket.io/') === true &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
    headers['sec-websocket-version'] === '13' &&
    headers['sec-websocket-protocol'] === undefined
  );
}

/** Answers that a request did not arrive in time, and ends its connection. */
export function answerTimeout(socket: Duplex): void {
  answerBrokenRequest(
    Object.assign(new Error('request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }),
    socket,
  );
}

/** Answers that a body is too large to be listened to, and ends its connection, whatever still comes on it. */
export function answerTooLarge(socket: Duplex): void {
  answerBrokenRequest(Object.assign(new Error('body too large'), { code: TOO_LARGE }), socket);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

const TOO_LARGE = 'BODY_TOO_LARGE';
const LINGER_MS = 1_000;

function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Something was answered already, or nobody is there to read an answer.
  if (error.code === 'ECONNRESET' || !socket.writable || hasBegunAnswer(socket)) {
    socket.destroy();
    return;
  }
  const { status, body } = describeBrokenRequest(error.code);
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(text)}`,
      `x-request-id: ${randomUUID()}`,
      'connection: close',
      '',
      text,
    ].join('\r\n'),
  );
}

// Node keeps the answer in progress here; there is no public way to ask.
function hasBegunAnswer(socket: Duplex & { _httpMessage?: { headersSent?: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}

function describeBrokenRequest(code: string | undefined): { status: number; body: ErrorBody } {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: 408, body: new ApiError('invalid_json', 'The request did not arrive in time.').body };
  if (code === TOO_LARGE)
    return { status: 413, body: new ApiError('payload_too_large', 'The body is larger than 256 KiB.').body };
  if (code === 'HPE_HEADER_OVERFLOW')
    return { status: 431, body: new ApiError('payload_too_large', 'The headers are too large.').body };
  return { status: 400, body: new ApiError('invalid_json', 'This is not a valid HTTP request.').body };
}
