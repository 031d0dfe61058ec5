import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What stands before several hubs: each new TCP connection goes to the next that takes it, none is kept to one hub. */
export class Balancer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #backends: URL[];
  #next = 0;

  private constructor(backends: string[]) {
    this.#backends = backends.map((url) => new URL(url));
    this.#server = createServer((socket) => void this.#serve(socket));
  }

  static async start(...backends: string[]): Promise<Balancer> {
    const balancer = new Balancer(backends);
    balancer.#server.listen(0, '127.0.0.1');
    await once(balancer.#server, 'listening');
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on new connections go to these. */
  use(...backends: string[]): void {
    this.#backends = backends.map((url) => new URL(url));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(client: Socket): Promise<void> {
    this.#keep(client);
    client.pause();
    for (let tries = 0; tries < this.#backends.length; tries += 1) {
      this.#next += 1;
      const backend = this.#backends[this.#next % this.#backends.length];
      const hub = connect({ host: backend?.hostname ?? '', port: Number(backend?.port) });
      this.#keep(hub);
      const isThere = await once(hub, 'connect').then(
        () => true,
        () => false,
      );
      if (!isThere) continue;
      client.pipe(hub).pipe(client);
      client.on('close', () => hub.destroy());
      hub.on('close', () => client.destroy());
      if (client.destroyed) hub.destroy();
      return;
    }
    client.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
