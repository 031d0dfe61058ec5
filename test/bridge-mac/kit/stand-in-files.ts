import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { filePath, MAX_FILE_BYTES, type WireFile } from '../../../shared/wire/files.ts';

interface FileRequest {
  method: string;
  sha256: string;
  /** Of a GET, the first byte asked for; of a PATCH, its Upload-Offset. */
  offset: number;
  /** Undefined while it runs, or when its connection was cut. */
  status: number | undefined;
}

interface Answer {
  status: number;
  headers?: Record<string, string | number>;
  body?: Buffer;
}

const PREFIX = filePath('');

/** The files of a stand-in hub: shared/wire/files.ts spoken from memory, misbehaving on request. */
export class StandInFiles {
  readonly #token: string;
  readonly #whole = new Map<string, Buffer>();
  readonly #partial = new Map<string, Buffer>();
  /** Every request, in order of arrival. */
  readonly requests: FileRequest[] = [];
  /** Answers so many requests with `failStatus`. */
  failures = 0;
  failStatus = 503;
  /** Fails every request for these. */
  readonly failFor = new Set<string>();
  /** Takes none of these, ever. */
  readonly refused = new Set<string>();
  /** Cuts the connection of so many transfers, either way, ... */
  cuts = 0;
  /** ... after this many bytes of their body. */
  cutAfterBytes = 1_000;
  /** Keeps no content of what it takes: for files that fill the memory. */
  discards = false;
  /** Requests wait for this before they are answered. */
  gate: Promise<void> = Promise.resolve();

  constructor(token: string) {
    this.#token = token;
  }

  /** Has a file to give, named as a send names it. */
  add(content: Buffer | string, name = 'file.bin', mime_type = 'application/octet-stream'): WireFile {
    const bytes = Buffer.from(content);
    const sha256 = sha256Of(bytes);
    this.#whole.set(sha256, bytes);
    return { sha256, name, mime_type, size: bytes.length };
  }

  /** A file that is here whole. */
  get(sha256: string): Buffer | undefined {
    return this.#whole.get(sha256);
  }

  get count(): number {
    return this.#whole.size;
  }

  /** Uploads that brought any bytes of this file. */
  uploadsOf(sha256: string): number {
    return this.requests.filter((request) => request.method === 'PATCH' && request.sha256 === sha256).length;
  }

  /** Loses one file, or all: parts too. */
  forget(sha256?: string): void {
    for (const files of [this.#whole, this.#partial]) {
      if (sha256 === undefined) files.clear();
      else files.delete(sha256);
    }
  }

  /** Answers a request for a file; false for one that is not. */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const path = new URL(request.url ?? '/', 'http://hub').pathname;
    if (!path.startsWith(PREFIX)) return false;
    void this.#answer(path.slice(PREFIX.length), request, response).catch(() => request.destroy());
    return true;
  }

  async #answer(sha256: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? '';
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const offset = Number(range?.[1] ?? request.headers['upload-offset'] ?? 0);
    const noted: FileRequest = { method, sha256, offset, status: undefined };
    this.requests.push(noted);
    await this.gate;
    const answer = await this.#decide(method, sha256, offset, request, response);
    if (answer === undefined) return;
    noted.status = answer.status;
    // What is left of a refused upload is not waited for.
    request.resume();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  async #decide(
    method: string,
    sha256: string,
    offset: number,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Answer | undefined> {
    if (request.headers.authorization !== `Bearer ${this.#token}`) return { status: 401 };
    if (this.failures > 0) {
      this.failures -= 1;
      return { status: this.failStatus };
    }
    if (this.failFor.has(sha256)) return { status: this.failStatus };
    if (method === 'GET')
      return this.#give(sha256, request.headers.range === undefined ? undefined : offset, response);
    if (method === 'PATCH') return this.#take(sha256, offset, request);
    if (method !== 'HEAD') return { status: 405 };
    const whole = this.#whole.get(sha256);
    if (whole) return { status: 200, headers: { 'content-length': whole.length } };
    return { status: 404, headers: { 'upload-offset': this.#partial.get(sha256)?.length ?? 0 } };
  }

  #give(sha256: string, from: number | undefined, response: ServerResponse): Answer | undefined {
    const whole = this.#whole.get(sha256);
    if (whole === undefined) return { status: 404 };
    const size = whole.length;
    if (from !== undefined && from >= size)
      return { status: 416, headers: { 'content-range': `bytes */${size}` } };
    const body = whole.subarray(from ?? 0);
    const status = from === undefined ? 200 : 206;
    const headers = {
      'content-length': body.length,
      ...(from === undefined ? {} : { 'content-range': `bytes ${from}-${size - 1}/${size}` }),
    };
    if (this.cuts === 0 || body.length <= this.cutAfterBytes) return { status, headers, body };
    this.cuts -= 1;
    response.writeHead(status, headers);
    response.write(body.subarray(0, this.cutAfterBytes), () => response.destroy());
    return undefined;
  }

  async #take(sha256: string, offset: number, request: IncomingMessage): Promise<Answer | undefined> {
    const length = Number(request.headers['upload-length']);
    const there = this.#partial.get(sha256) ?? Buffer.alloc(0);
    if (length > MAX_FILE_BYTES || this.refused.has(sha256)) return { status: 413 };
    const right = this.#whole.has(sha256) ? length : there.length;
    if (offset !== right) return { status: 409, headers: { 'upload-offset': right } };
    const chunks = [there];
    const hash = createHash('sha256').update(there);
    let size = there.length;
    const cutAt = this.cuts > 0 ? size + this.cutAfterBytes : Number.POSITIVE_INFINITY;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        size += chunk.length;
        hash.update(chunk);
        if (!this.discards) chunks.push(chunk);
        if (size > length) return { status: 413 };
        if (size >= cutAt) {
          this.cuts -= 1;
          request.destroy();
          return undefined;
        }
      }
    } finally {
      this.#partial.set(sha256, Buffer.concat(chunks));
    }
    if (size < length) return { status: 204, headers: { 'upload-offset': size } };
    this.#partial.delete(sha256);
    if (hash.digest('hex') !== sha256) return { status: 422 };
    this.#whole.set(sha256, Buffer.concat(chunks));
    return { status: 204, headers: { 'upload-offset': size } };
  }
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
