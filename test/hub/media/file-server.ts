import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A host of media that answers as the test says, or does not. */
export class FileServer implements AsyncDisposable {
  readonly requests: string[] = [];
  readonly #answers = new Map<string, Answer>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const path = request.url ?? '';
      this.requests.push(path);
      response.on('error', () => undefined);
      const answer = this.#answers.get(path);
      if (answer) answer(response, request);
      else response.writeHead(404).end('nothing here');
    });
  }

  static async start(): Promise<FileServer> {
    const server = new FileServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Answers requests of `path` from now on; the URL to fetch it by, as `host` (any name of 127.0.0.1). */
  on(path: string, answer: Answer, host = '127.0.0.1'): string {
    this.#answers.set(path, answer);
    return `http://${host}:${this.port}${path}`;
  }

  /** Serves this content. */
  serve(path: string, content: Buffer | string, headers: Record<string, string> = {}, host?: string): string {
    return this.on(path, (response) => response.writeHead(200, headers).end(content), host);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** The smallest bytes that are what they are called. */
export const JPEG = Buffer.concat([
  Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'),
  Buffer.alloc(200, 7),
  Buffer.from('ffd9', 'hex'),
]);
export const PNG = Buffer.from(
  '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082',
  'hex',
);
export const PDF = Buffer.from('%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n');
export const HTML = '<!doctype html><html><script>alert(1)</script></html>';

export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
