import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import {
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { delayBefore } from '../../shared/runtime/backoff.ts';
import { filePath } from '../../shared/wire/files.ts';

// A connection on which nothing moves for so long is dead.
const STALLED_MS = 60_000;
const RETRY = { base: 250, max: 15_000 };
const REFUSALS = new Set([400, 405, 410, 413, 415]);
// Read at once, and sent before the next.
const PIECE_BYTES = 256 * 1024;
// A hub that does not know the way to files at all.
const MOST_UNKNOWN = 10;

export interface LocalFile {
  path: string;
  /** 64 lower-case hex digits. */
  sha256: string;
  size: number;
}

export interface UploaderOptions {
  hubUrl: string;
  /** The device credential. */
  token: string;
  log: Logger;
}

type Pause = (rest: () => Promise<void>) => Promise<void>;

/** The hub will not take this file, however often it is asked. */
export class UploadRefusedError extends Error {
  override readonly name = 'UploadRefusedError';
}

/** The file is not what it was when it was read first. */
class FileChangedError extends Error {
  override readonly name = 'FileChangedError';
}

/** The file itself cannot be read (any more): told apart from a connection that broke, whose errors look alike. */
class FileUnreadableError extends Error {
  override readonly name = 'FileUnreadableError';
}

function refuseFile(error: Error): never {
  throw new FileUnreadableError(error.message, { cause: error });
}

/** SHA-256 and size of a file, read piece by piece. */
export async function hashFile(path: string, signal: AbortSignal): Promise<LocalFile> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of readPieces(path, 0)) {
    signal.throwIfAborted();
    hash.update(piece);
    size += piece.length;
  }
  return { path, sha256: hash.digest('hex'), size };
}

/** A file from `offset` on. One buffer serves all pieces: each is to be used up before the next. */
async function* readPieces(path: string, offset: number): AsyncGenerator<Buffer> {
  await using file = await open(path, 'r').catch(refuseFile);
  const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  for (let at = offset; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at).catch(refuseFile);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Brings files to the hub, each content once: what the hub has is not sent, what it has in part is continued. */
export class Uploader {
  readonly #options: UploaderOptions;
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: UploaderOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the hub has the file whole; tries for ever. Throws UploadRefusedError, FileChangedError, on abort.
   * `pause` is given what only waits, for the next try or for another upload of the same content.
   */
  upload(file: LocalFile, signal: AbortSignal, pause: Pause = (rest) => rest()): Promise<void> {
    const running = this.#running.get(file.sha256);
    if (running !== undefined) return pause(() => running);
    const upload = this.#upload(file, signal, pause).finally(() => this.#running.delete(file.sha256));
    this.#running.set(file.sha256, upload);
    return upload;
  }

  async #upload(file: LocalFile, signal: AbortSignal, pause: Pause): Promise<void> {
    let failures = 0;
    let unknown = 0;
    let reached = -1;
    for (;;) {
      signal.throwIfAborted();
      try {
        const offset = await this.#offsetOf(file, signal);
        if (offset === undefined) return;
        if (offset > reached) failures = 0;
        reached = offset;
        const status = await this.#append(file, offset, signal);
        if (status === 404) unknown += 1;
        if (REFUSALS.has(status) || unknown >= MOST_UNKNOWN)
          throw new UploadRefusedError(`The hub answered ${status}.`);
        if (status === 422) throw new FileChangedError('The file changed while it was sent.');
        if (status === 204 && offset < file.size) continue;
        throw new Error(`The hub answered ${status}.`);
      } catch (error) {
        if (isFinal(error) || signal.aborted) throw error;
        failures += 1;
        const rest = delayBefore(failures, RETRY);
        const about = { err: error, sha256: file.sha256, failures, retry_in_ms: rest };
        this.#options.log[failures === 5 ? 'warn' : 'debug'](about, 'a file could not be sent; trying again');
        await pause(() => sleep(rest, undefined, { signal }));
      }
    }
  }

  /** How many bytes the hub has; undefined when it has all. */
  async #offsetOf(file: LocalFile, signal: AbortSignal): Promise<number | undefined> {
    const answer = await this.#request(file, 'HEAD', {}, undefined, signal);
    if (answer.status === 200) return undefined;
    if (answer.status !== 404) throw new Error(`The hub answered ${answer.status}.`);
    const offset = Number(answer.headers['upload-offset'] ?? 0);
    return Number.isSafeInteger(offset) && offset > 0 ? Math.min(offset, file.size) : 0;
  }

  async #append(file: LocalFile, offset: number, signal: AbortSignal): Promise<number> {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': String(file.size - offset),
      'upload-offset': String(offset),
      'upload-length': String(file.size),
    };
    return (await this.#request(file, 'PATCH', headers, offset, signal)).status;
  }

  async #request(
    { path, sha256, size }: LocalFile,
    method: string,
    headers: Record<string, string>,
    from: number | undefined,
    signal: AbortSignal,
  ): Promise<{ status: number; headers: IncomingMessage['headers'] }> {
    const { hubUrl, token } = this.#options;
    const hub = new URL(hubUrl);
    const url = new URL(`${hub.pathname.replace(/\/$/u, '')}${filePath(sha256)}`, hub.origin);
    const options: RequestOptions = {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      signal,
    };
    const request = url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request.setTimeout(STALLED_MS, () => request.destroy(new Error('The connection to the hub stalled.')));
    request.once('response', resolve).once('error', reject);
    if (from === undefined || from >= size) request.end();
    else {
      // The answer may come before all is sent, and tells more than the broken pipe that follows it.
      sendPieces(path, from, size, request).catch((error: Error) => {
        reject(error);
        request.destroy();
      });
    }
    const response = await promise;
    response.resume();
    request.on('error', () => undefined);
    // An answer that came before the end of the file: nobody reads the rest.
    if (!request.writableFinished) request.destroy();
    return { status: response.statusCode ?? 0, headers: response.headers };
  }
}

/** Sends a file's bytes from `from` to `size`, each piece on its way before the next is read. */
async function sendPieces(path: string, from: number, size: number, request: ClientRequest): Promise<void> {
  let left = size - from;
  for await (const piece of readPieces(path, from)) {
    const sent = piece.subarray(0, Math.min(left, piece.length));
    left -= sent.length;
    await write(request, sent);
    if (left === 0) break;
  }
  if (left > 0) throw new FileChangedError('The file became shorter while it was sent.');
  request.end();
}

/** Resolves when the bytes are on their way. A request that is destroyed forgets to say so: then its end tells. */
async function write(request: ClientRequest, bytes: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onClose = (): void => reject(new Error('The connection to the hub broke off.'));
  request.once('close', onClose);
  if (request.destroyed) onClose();
  else request.write(bytes, (error) => (error ? reject(error) : resolve()));
  await promise.finally(() => request.off('close', onClose));
}

function isFinal(error: unknown): boolean {
  return (
    error instanceof UploadRefusedError ||
    error instanceof FileChangedError ||
    error instanceof FileUnreadableError
  );
}
