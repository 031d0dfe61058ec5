import { randomUUID } from 'node:crypto';
import { type Server as HttpServer, type IncomingMessage, ServerResponse } from 'node:http';
import { createAdapter } from '@socket.io/postgres-adapter';
import { type Namespace, Server } from 'socket.io';
import { PANEL_NAMESPACE } from '../../shared/api/changes.ts';
import { DEVICE_NAMESPACE, type DeviceEvents, type HubEvents } from '../../shared/wire/events.ts';
import type { Hello, Refusal } from '../../shared/wire/hello.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import type { Device } from '../store/records.ts';
import { admitDevice } from './admit-device.ts';
import { DeviceSession, type SessionDependencies } from './device-session.ts';
import type { PanelNamespace, PanelSockets } from './panel-sockets.ts';

// A full batch of long messages: 200 entries of 20,000 characters at up to four bytes each.
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
/** A client that has entered no namespace by then is dropped. */
const ENTRY_DEADLINE_MS = 10_000;

// The adapter would look for payloads too big to be signals, and hubs send none; it takes no longer than this.
const NO_CLEANUP_MS = 2 ** 31 - 1;

interface OtherHubs {
  /** The database through which hubs signal to each other, as the adapter takes it. */
  line: Parameters<typeof createAdapter>[0];
  /** Called with what another hub told. */
  onSignal: (told: unknown) => void;
}

export interface GatewayDependencies extends SessionDependencies {
  /** Undefined where no other hub can be. */
  others: OtherHubs | undefined;
  panels: PanelSockets;
}

type Adapter = Namespace['adapter'];

/** What hubs tell each other. */
interface HubSignals {
  signal: (told: unknown) => void;
}

/** Where devices connect, and panels listen: socket.io on the hub's HTTP server. */
export class SocketGateway {
  readonly #io: Server<DeviceEvents, HubEvents, HubSignals, { device: Device; hello: Hello }>;
  readonly #dependencies: GatewayDependencies;
  readonly #sessions = new Set<DeviceSession>();

  constructor(server: HttpServer, dependencies: GatewayDependencies) {
    this.#dependencies = dependencies;
    this.#io = new Server(server, {
      serveClient: false,
      allowRequest: (request, decide) => judgeRequest(request, decide, dependencies.panels),
      maxHttpBufferSize: MAX_PAYLOAD_BYTES,
      connectTimeout: ENTRY_DEADLINE_MS,
      pingInterval: 15_000,
      pingTimeout: 15_000,
    });
    this.#io.engine.use(nameRequest);
    this.#io.engine.on('connection_error', answerRefusedUpgrade);
    // The default namespace lets anyone in unless told otherwise.
    this.#io.use((_socket, next) => next(asConnectError(wrongNamespace())));
    if (dependencies.others) this.#joinHubs(dependencies.others);
    this.#serveDevices();
    // Of another shape than what devices and hubs say.
    dependencies.panels.serve(this.#io.of(PANEL_NAMESPACE) as unknown as PanelNamespace);
  }

  /** Tells all other hubs. It may get lost. */
  tellHubs(told: unknown): void {
    this.#io.serverSideEmit('signal', told);
  }

  /** Cuts every connection and resolves when what devices had handed over is recorded. */
  async close(): Promise<void> {
    // Not those of other hubs, which the adapter would cut too.
    this.#io.local.disconnectSockets(true);
    this.#io.engine.close();
    await Promise.all([...this.#sessions].map((session) => session.settled()));
    for (const namespace of ['/', DEVICE_NAMESPACE, PANEL_NAMESPACE])
      await this.#io.of(namespace).adapter.close();
  }

  #joinHubs({ line, onSignal }: OtherHubs): void {
    const { log } = this.#dependencies;
    const Alone = this.#io.adapter() as unknown as new (namespace: Namespace) => Adapter;
    const join = createAdapter(line, {
      channelPrefix: 'bluewire',
      cleanupInterval: NO_CLEANUP_MS,
      errorHandler: (error) =>
        log.debug({ err: error }, 'a signal between hubs was lost; timers find what it was about'),
    });
    // What panels are told goes with the hubs' own signals: it needs no channel, and no heartbeat on it.
    function choose(namespace: Namespace): Adapter {
      return namespace.name === PANEL_NAMESPACE ? new Alone(namespace) : join(namespace);
    }
    this.#io.adapter(choose as unknown as typeof join);
    this.#io.on('signal', onSignal);
  }

  #serveDevices(): void {
    const { store, log } = this.#dependencies;
    const devices = this.#io.of(DEVICE_NAMESPACE);
    devices.use(async (socket, next) => {
      if (isFromBrowser(socket.request)) {
        next(asConnectError(wrongNamespace()));
        return;
      }
      const admission = await admitDevice(socket.handshake.auth, store, log);
      if ('device' in admission) {
        socket.data = admission;
        next();
        return;
      }
      const { code, message } = admission.refusal;
      log.warn({ code, source: socket.handshake.address }, `a device was refused: ${message}`);
      next(asConnectError(admission.refusal));
    });
    devices.on('connection', (socket) => {
      const session = new DeviceSession(socket, this.#dependencies);
      this.#sessions.add(session);
      socket.on('disconnect', () => void session.settled().finally(() => this.#sessions.delete(session)));
    });
  }
}

type Decide = (error: string | null | undefined, allowed: boolean) => void;

// Bridges are no browsers and send no Origin; of web pages only the hub's own panel has business here.
function judgeRequest(request: IncomingMessage, decide: Decide, panels: PanelSockets): void {
  if (isFromBrowser(request)) void panels.admit(request).then((fault) => decide(fault, fault === undefined));
  else decide(null, true);
}

function isFromBrowser({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined;
}

function nameRequest(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  response.setHeader('x-request-id', randomUUID());
  // Asked to upgrade and not to be upgraded: that connection is of no further use to its caller.
  if (request.headers.upgrade !== undefined && response instanceof ServerResponse)
    response.setHeader('connection', 'close');
  next();
}

interface ConnectionError {
  req: IncomingMessage & { res?: ServerResponse; websocket?: unknown };
  code: number;
  message: string;
}

/** Engine.io answers a refused upgrade by hand, without a request id; it writes nothing on a connection that was ended. */
function answerRefusedUpgrade({ req, code, message }: ConnectionError): void {
  const isAnswered = req.res !== undefined || req.websocket !== undefined;
  if (isAnswered || !req.socket.writable) return;
  const text = JSON.stringify({ code, message });
  req.socket.on('error', () => undefined);
  req.socket.end(
    [
      'HTTP/1.1 400 Bad Request',
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(text)}`,
      `x-request-id: ${randomUUID()}`,
      'connection: close',
      '',
      text,
    ].join('\r\n'),
  );
}

function wrongNamespace(): Refusal {
  return {
    code: 'invalid_hello',
    message: `Devices connect to the namespace ${DEVICE_NAMESPACE}.`,
    hub_protocol: PROTOCOL_VERSION,
  };
}

function asConnectError(refusal: Refusal): Error & { data: Refusal } {
  return Object.assign(new Error(refusal.message), { data: refusal });
}
