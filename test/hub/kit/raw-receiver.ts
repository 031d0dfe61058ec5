import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** A receiver that answers each request with bytes of the test's choice, or does something ruder to the socket. */
export class RawReceiver implements AsyncDisposable {
  requests = 0;
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(answer: (socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('data', () => {
        this.requests += 1;
        answer(socket);
      });
    });
  }

  static async start(answer: (socket: Socket) => void): Promise<RawReceiver> {
    const receiver = new RawReceiver(answer);
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
