import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { PAIRING_PATH, type PairRequest } from '../../../shared/api/pairing.ts';
import type { Acceptance } from '../../../shared/wire/acceptance.ts';
import { DEVICE_NAMESPACE } from '../../../shared/wire/events.ts';
import type { Health } from '../../../shared/wire/health.ts';
import { type Hello, helloSchema, type Refusal } from '../../../shared/wire/hello.ts';
import {
  type JournalBatch,
  type JournalEntry,
  journalBatchSchema,
  type MessageEntry,
  type StatusEntry,
} from '../../../shared/wire/journal.ts';
import { PROTOCOL_VERSION } from '../../../shared/wire/protocol-version.ts';
import type { Send } from '../../../shared/wire/send.ts';
import { type Settings, UNPACED } from '../../../shared/wire/settings.ts';
import { waitFor } from '../../kit/wait.ts';
import { StandInFiles } from './stand-in-files.ts';

interface Known {
  acked: number;
}

/** A hub made for tests of the bridge: it speaks shared/wire, remembers what it got, and misbehaves on request. */
export class StandInHub implements AsyncDisposable {
  readonly code = 'GOOD-CODE';
  readonly token = 'device-token';
  /** What it serves at shared/wire/files.ts. */
  readonly files = new StandInFiles(this.token);
  deviceId = 'device-1';
  /** Answers POST /api/pair instead of the usual 201 when set. */
  pairAnswer: { status: number; body: unknown } | undefined;
  refusal: Refusal | undefined;
  /** Said in each welcome; `tell` says them in between. */
  settings: Settings = { pace: UNPACED, extra_events: [] };
  /** Batches after which the connection breaks: kept, but not acknowledged. */
  loseAcks = 0;
  /** Batches that are lost together with the connection. */
  loseBatches = 0;
  readonly entries: JournalEntry[] = [];
  onEntry: (entry: JournalEntry) => void = () => undefined;
  readonly batches: JournalBatch[] = [];
  readonly hellos: Hello[] = [];
  readonly healths: Health[] = [];
  readonly pairings: PairRequest[] = [];
  readonly faults: string[] = [];
  readonly journals = new Map<string, Known>();
  #http: HttpServer | undefined;
  #io: Server | undefined;
  #port = 0;
  #socket: Socket | undefined;

  static async start(): Promise<StandInHub> {
    const hub = new StandInHub();
    await hub.listen();
    return hub;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get connected(): boolean {
    return this.#socket?.connected ?? false;
  }

  get messages(): MessageEntry[] {
    return this.entries.filter((entry) => entry.kind === 'message');
  }

  statusesOf(id: string): string[] {
    return this.statusEntriesOf(id).map((entry) => entry.status);
  }

  statusEntriesOf(id: string): StatusEntry[] {
    return this.entries.filter((entry) => entry.kind === 'status').filter((entry) => entry.id === id);
  }

  /** Listens, on the same port as before when there was one. */
  async listen(): Promise<void> {
    const http = createServer((request, response) => {
      if (this.files.serve(request, response)) return;
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const { status, body: answer } = this.#pair(request.url, body);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    const io = new Server(http);
    io.of(DEVICE_NAMESPACE).use((socket, next) => this.#admit(socket, next));
    io.of(DEVICE_NAMESPACE).on('connection', (socket) => this.#greet(socket));
    await new Promise<void>((done) => http.listen(this.#port, '127.0.0.1', done));
    this.#port = (http.address() as AddressInfo).port;
    this.#http = http;
    this.#io = io;
  }

  /** Goes down: every connection is cut. */
  async close(): Promise<void> {
    this.#http?.closeAllConnections();
    await this.#io?.close();
    this.#socket = undefined;
  }

  /** Says other settings to the connected bridge. */
  tell(settings: Settings): void {
    this.settings = settings;
    this.#socket?.emit('settings', settings);
  }

  /** Cuts the connection from the server's side. */
  cut(): void {
    this.#socket?.disconnect(true);
  }

  /** Offers a send once; answers what the bridge said. */
  async offer(send: unknown): Promise<Acceptance> {
    const socket = await waitFor('a connected bridge', () => this.#socket?.connected && this.#socket);
    return socket.timeout(10_000).emitWithAck('send', send) as Promise<Acceptance>;
  }

  /** Offers a send until it is accepted, as the hub's outbox does. */
  async send(send: Partial<Send> & { id: string }): Promise<void> {
    const whole = {
      to: '+12145550101',
      channel: 'imessage',
      to_group: false,
      fallbacks: [],
      text: 'Hello',
      attachments: [],
      expires_at: Date.now() + 3_600_000,
      ...send,
    };
    await waitFor(`acceptance of ${send.id}`, async () => {
      const acceptance = await this.offer(whole).catch(() => undefined);
      if (acceptance && !acceptance.accepted) throw new Error(acceptance.error.message);
      return acceptance;
    });
  }

  waitForStatus(id: string, status: string, deadlineMs?: number): Promise<boolean> {
    return waitFor(`${status} of ${id}`, () => this.statusesOf(id).includes(status), deadlineMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #pair(url: string | undefined, body: string): { status: number; body: unknown } {
    if (url === '/healthz') return { status: 200, body: { status: 'ok' } };
    if (url !== PAIRING_PATH) return { status: 404, body: {} };
    const request = JSON.parse(body) as PairRequest;
    this.pairings.push(request);
    if (this.pairAnswer) return this.pairAnswer;
    if (request.code !== this.code) {
      const message = 'This code is wrong, used or expired.';
      return {
        status: 400,
        body: { status: 'error', code: 'invalid_code', error: message, message, details: [] },
      };
    }
    return { status: 201, body: { device_id: this.deviceId, device_name: 'Front desk', token: this.token } };
  }

  #admit(socket: Socket, next: (error?: Error) => void): void {
    const refuse = (refusal: Refusal): void =>
      next(Object.assign(new Error(refusal.code), { data: refusal }));
    const hello = helloSchema.safeParse(socket.handshake.auth);
    if (!hello.success) {
      this.faults.push('a hello that does not fit the wire');
      refuse({ code: 'invalid_hello', message: 'Not a hello.', hub_protocol: PROTOCOL_VERSION });
      return;
    }
    this.hellos.push(hello.data);
    if (this.refusal) refuse(this.refusal);
    else if (hello.data.token !== this.token)
      refuse({ code: 'unauthorized', message: 'Pair this Mac again.', hub_protocol: PROTOCOL_VERSION });
    else next();
  }

  #greet(socket: Socket): void {
    const hello = helloSchema.parse(socket.handshake.auth);
    const known = this.journals.get(hello.journal_id) ?? { acked: 0 };
    this.journals.set(hello.journal_id, known);
    this.#socket = socket;
    socket.on('health', (health: Health) => this.healths.push(health));
    socket.on('journal', (data: unknown, answer: (ack: { acked_seq: number }) => void) => {
      const batch = journalBatchSchema.safeParse(data);
      if (!batch.success) {
        this.faults.push(`a batch that does not fit the wire: ${batch.error.message}`);
        return;
      }
      this.batches.push(batch.data);
      if (this.loseBatches > 0) {
        this.loseBatches -= 1;
        socket.disconnect(true);
        return;
      }
      for (const { seq, entry } of batch.data.entries) {
        if (seq <= known.acked) continue;
        if (seq !== known.acked + 1) break;
        known.acked = seq;
        this.entries.push(entry);
        this.onEntry(entry);
      }
      if (this.loseAcks > 0) {
        this.loseAcks -= 1;
        socket.disconnect(true);
        return;
      }
      answer({ acked_seq: known.acked });
    });
    socket.emit('welcome', {
      protocol: PROTOCOL_VERSION,
      device_id: this.deviceId,
      device_name: 'Front desk',
      hub_version: '0.0.0',
      acked_seq: known.acked,
      settings: this.settings,
    });
  }
}
