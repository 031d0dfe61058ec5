import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findLastingPort } from './port.ts';
import { Program } from './program.ts';

export interface Answer<Body = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: Body;
}

/** A real hub process on a port of its own, with an admin's and a client's way in. Survives kill and restart. */
export class Hub implements AsyncDisposable {
  readonly dataDir: string;
  readonly adminToken = randomBytes(24).toString('base64url');
  readonly #env: Record<string, string>;
  #program: Program | undefined;
  #url: string | undefined;
  #port = '';

  private constructor(dataDir: string, env: Record<string, string>) {
    this.dataDir = dataDir;
    this.#env = env;
  }

  static async start(env: Record<string, string> = {}): Promise<Hub> {
    const hub = new Hub(await mkdtemp(join(tmpdir(), 'bluewire-hub-')), env);
    hub.#port = String(await findLastingPort());
    await hub.restart();
    return hub;
  }

  get url(): string {
    if (this.#url === undefined) throw new Error('the hub was not started');
    return this.#url;
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error('the hub was not started');
    return this.#program;
  }

  /** Starts the hub again on the same data and the same port. */
  async restart(): Promise<void> {
    this.#program = new Program('hub', 'hub/main.ts', [], {
      HUB_PORT: this.#port,
      HUB_DATA_DIR: this.dataDir,
      HUB_ADMIN_TOKEN: this.adminToken,
      HUB_ALLOWED_TARGETS: '127.0.0.0/8',
      LOG_LEVEL: 'debug',
      ...this.#env,
    });
    const listening = await this.#program.waitForLog('listening');
    this.#url = String(listening.url);
  }

  async kill(): Promise<void> {
    await this.program.end('SIGKILL');
  }

  async stop(): Promise<number | null> {
    return this.program.end('SIGTERM');
  }

  /** A call of the admin API. */
  async api<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Answer<Body>> {
    return call(method, `${this.url}${path}`, body, { authorization: `Bearer ${this.adminToken}` });
  }

  /** A client's POST /webhook. */
  async send(message: Record<string, unknown>): Promise<Answer> {
    return call('POST', `${this.url}/webhook`, message, {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.end('SIGKILL');
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 20 });
  }
}

async function call<Body>(
  method: string,
  url: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer<Body>> {
  const init: RequestInit = { method, headers: { ...headers, 'content-type': 'application/json' } };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : {}) as Body };
}
