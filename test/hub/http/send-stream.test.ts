import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, test } from 'vitest';
import { sendStream } from '../../../hub/http/send-stream.ts';
import { waitFor } from '../../kit/wait.ts';

const STALL_MS = 200;

/** Serves a stream of texts to one caller; `ended` once what makes them was let go. */
class StreamServer implements AsyncDisposable {
  made = 0;
  ended = false;
  fault: unknown;
  readonly #server;

  private constructor(makeText: (n: number) => string | undefined) {
    this.#server = createServer((request, response) => {
      const stream = this.#make(makeText);
      sendStream(response, stream, { head: request.method === 'HEAD', stall: STALL_MS }).catch((error) => {
        this.fault = error;
        response.destroy();
      });
    });
  }

  static async start(makeText: (n: number) => string | undefined): Promise<StreamServer> {
    const streams = new StreamServer(makeText);
    streams.#server.listen(0, '127.0.0.1');
    await once(streams.#server, 'listening');
    return streams;
  }

  async *#make(makeText: (n: number) => string | undefined): AsyncGenerator<string> {
    try {
      for (;;) {
        const text = makeText(this.made);
        if (text === undefined) return;
        this.made += 1;
        yield text;
        await new Promise(setImmediate);
      }
    } finally {
      this.ended = true;
    }
  }

  /** A connection that has asked and reads nothing. */
  async ask() {
    const { port } = this.#server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n');
    return socket;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const BIG = 'x'.repeat(64 * 1024);

test('a caller gets all texts, each made when the one before has left', async () => {
  await using server = await StreamServer.start((n) => (n < 50 ? `${n},` : undefined));
  const text = await (await fetch(server.url)).text();
  expect(text).toBe(Array.from({ length: 50 }, (_, n) => `${n},`).join(''));
  expect(server.ended).toBe(true);
});

test('a caller that takes nothing gets no more made, and is let go', async () => {
  await using server = await StreamServer.start(() => BIG);
  const socket = await server.ask();
  await waitFor('it is given up', () => server.ended);
  const made = server.made;
  // What had left lies with the system: the caller reads it, and then the end, which is no proper one.
  const taken: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => void taken.push(chunk));
  const closed = once(socket, 'close');
  socket.resume();
  await closed;
  expect(Buffer.concat(taken).toString('latin1').endsWith('\r\n0\r\n\r\n')).toBe(false);
  expect(server.made).toBe(made);
  expect(server.fault).toBeUndefined();
});

test('a caller that leaves is forgotten, also where no text came meanwhile', async () => {
  await using server = await StreamServer.start((n) => (n === 0 ? 'begun' : ''));
  const socket = await server.ask();
  await waitFor('it has begun', () => server.made > 1);
  socket.destroy();
  await waitFor('it is forgotten', () => server.ended);
  expect(server.fault).toBeUndefined();
});

test('an answer that cannot be made to its end breaks off', async () => {
  await using server = await StreamServer.start((n) => {
    if (n === 3) throw new Error('the database is away');
    return `${n},`;
  });
  await expect(fetch(server.url).then((response) => response.text())).rejects.toThrow();
  expect(server.fault).toEqual(new Error('the database is away'));
});

test('for HEAD nothing is made', async () => {
  await using server = await StreamServer.start(() => BIG);
  const response = await fetch(server.url, { method: 'HEAD' });
  expect([response.status, await response.text(), server.made]).toEqual([200, '', 0]);
});
