import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { WebhookEvent } from '../../shared/api/webhook-events.ts';

export interface ReceivedCall {
  path: string;
  headers: IncomingHttpHeaders;
  raw: string;
  event: WebhookEvent;
}

/** A client system's webhook: keeps every call; `answer` decides what it replies (200 unless told otherwise). */
export class Receiver implements AsyncDisposable {
  readonly calls: ReceivedCall[] = [];
  answer: (call: ReceivedCall) => number | 'hang' | Promise<number> = () => 200;
  readonly #server: Server;
  readonly #notices = new Set<(call: ReceivedCall) => void>();

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const raw = Buffer.concat(chunks).toString();
      const call = {
        path: request.url ?? '',
        headers: request.headers,
        raw,
        event: JSON.parse(raw) as WebhookEvent,
      };
      const status = await this.answer(call);
      this.calls.push(call);
      for (const notice of this.#notices) notice(call);
      if (status !== 'hang') response.writeHead(status).end('noted');
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  /** Events by webhook-id, so that a repeated delivery counts once; in order of first arrival. */
  get events(): WebhookEvent[] {
    const first = new Map<unknown, WebhookEvent>();
    for (const call of this.calls) {
      const id = call.headers['webhook-id'];
      if (!first.has(id)) first.set(id, call.event);
    }
    return [...first.values()];
  }

  /** The moment (performance.now()) at which the next matching call has been read. */
  nextCall(matches: (call: ReceivedCall) => boolean): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    const notice = (call: ReceivedCall): void => {
      if (!matches(call)) return;
      this.#notices.delete(notice);
      resolve(performance.now());
    };
    this.#notices.add(notice);
    return promise;
  }

  /** Statuses announced for a message, in order. */
  statusesOf(messageId: string): string[] {
    return this.events.flatMap((event) =>
      event.type === 'STATUS-UPDATE' && event.message_id === messageId ? [event.status] : [],
    );
  }

  /** Throws unless every call carries a valid Standard Webhooks signature for the secret. */
  verifyAll(secret: string): void {
    const webhook = new Webhook(secret);
    for (const call of this.calls) webhook.verify(call.raw, call.headers as Record<string, string>);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
