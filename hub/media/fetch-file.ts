import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Agent, Dispatcher } from 'undici';
import { VERSION } from '../../shared/version.ts';
import { MAX_FILE_BYTES } from '../../shared/wire/files.ts';
import { BlockedAddressError } from '../guard/address-guard.ts';
import { nameInAnswer } from './names.ts';

/** Media hosts redirect to where the content lies; each hop passes the guard anew, since it is a connection of its own. */
const MAX_REDIRECTS = 3;

/** What came of a fetch that did not bring the file. `detail` is for the client: it names no address of ours. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  /** Whether another try may do better. */
  readonly retryable: boolean;
  /** What the server asked to wait, as it stood in its Retry-After. */
  readonly retryAfter: string | undefined;

  constructor(
    message: string,
    {
      retryable = false,
      retryAfter,
      cause,
    }: { retryable?: boolean; retryAfter?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.retryable = retryable;
    this.retryAfter = retryAfter;
  }
}

export interface FetchedFile {
  sha256: string;
  size: number;
  /** Name and type as the server gave them: not to be trusted. */
  name: string;
  declaredType: string | undefined;
}

type Answer = Dispatcher.ResponseData;

/** Where a fetched file goes: a new file, by way of a stage that may refuse more. */
export interface Target {
  path: string;
  leaveRoom: (source: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
}

/**
 * Fetches `address` into a new file, at most MAX_FILE_BYTES of it, whatever the server declares. Memory does not grow with
 * the file. Throws FetchError, or the system's own error where the file cannot be written; then nothing is left of it.
 */
export async function fetchFile(
  agent: Agent,
  address: string,
  { path, leaveRoom }: Target,
  signal: AbortSignal,
): Promise<FetchedFile> {
  try {
    const { url, answer } = await followRedirects(agent, address, signal);
    const { headers, body } = answer;
    const hash = createHash('sha256');
    let size = 0;
    const count = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        size += chunk.length;
        if (size > MAX_FILE_BYTES) throw tooLarge();
        hash.update(chunk);
        yield chunk;
      }
    };
    const decoders = decodersFor(one(headers['content-encoding']));
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    await pipeline([body as Readable, ...decoders, count, leaveRoom, file], { signal });
    if (size === 0) throw new FetchError('the file is empty.');
    const name = nameInAnswer(url, one(headers['content-disposition']));
    return { sha256: hash.digest('hex'), size, name, declaredType: one(headers['content-type']) };
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw asFetchError(signal.aborted ? signal.reason : error);
  }
}

async function followRedirects(
  agent: Agent,
  address: string,
  signal: AbortSignal,
): Promise<{ url: URL; answer: Answer }> {
  let url = new URL(address);
  for (let hops = 0; ; hops += 1) {
    const answer = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      headers: { 'user-agent': `Bluewire/${VERSION}`, accept: '*/*', 'accept-encoding': 'identity' },
      signal,
    });
    const location = one(answer.headers.location);
    if (answer.statusCode < 300 || answer.statusCode >= 400 || location === undefined) {
      try {
        judge(answer);
      } catch (error) {
        discard(answer);
        throw error;
      }
      return { url, answer };
    }
    discard(answer);
    if (hops === MAX_REDIRECTS) throw new FetchError(`it is redirected more than ${MAX_REDIRECTS} times.`);
    url = targetOf(location, url);
  }
}

function targetOf(location: string, base: URL): URL {
  const target = URL.parse(location, base.href);
  if (
    target === null ||
    !/^https?:$/.test(target.protocol) ||
    target.username !== '' ||
    target.password !== ''
  )
    throw new FetchError('it is redirected to an address that is not followed.');
  return target;
}

function judge({ statusCode, headers }: Answer): void {
  if (statusCode === 200) {
    if (Number(one(headers['content-length']) ?? 0) > MAX_FILE_BYTES) throw tooLarge();
    return;
  }
  const retryable = statusCode >= 500 || statusCode === 429 || statusCode === 408 || statusCode === 425;
  const line = [statusCode, STATUS_CODES[statusCode]].filter(Boolean).join(' ');
  throw new FetchError(`the server answered ${line}.`, {
    retryable,
    retryAfter: one(headers['retry-after']),
  });
}

// The rest of an answer that nobody wants is not read: its connection ends instead.
function discard({ body }: Answer): void {
  body.on('error', () => undefined);
  body.destroy();
}

function tooLarge(): FetchError {
  return new FetchError(`it is larger than ${MAX_FILE_BYTES / 1024 / 1024} MB.`);
}

// Asked for the content as it is, some servers compress all the same.
function decodersFor(encoding: string | undefined): NodeJS.ReadWriteStream[] {
  switch (encoding?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return [];
    case 'gzip':
    case 'x-gzip':
      return [createGunzip()];
    case 'deflate':
      return [createInflate()];
    case 'br':
      return [createBrotliDecompress()];
    default:
      throw new FetchError('the server sent it in an encoding that is not read.');
  }
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

const NETWORK: Record<string, string> = {
  ENOTFOUND: 'its host name is not known.',
  EAI_AGAIN: 'its host name could not be looked up.',
  ECONNREFUSED: 'the server refused the connection.',
  ECONNRESET: 'the connection broke off.',
  EPIPE: 'the connection broke off.',
  UND_ERR_SOCKET: 'the connection broke off.',
  UND_ERR_CONNECT_TIMEOUT: 'the server could not be reached in time.',
  ETIMEDOUT: 'the server could not be reached in time.',
  EHOSTUNREACH: 'the server could not be reached.',
  ENETUNREACH: 'the server could not be reached.',
  UND_ERR_HEADERS_TIMEOUT: 'the server did not answer in time.',
  UND_ERR_BODY_TIMEOUT: 'the server stopped sending in the middle.',
};

function asFetchError(error: unknown): unknown {
  if (error instanceof FetchError || isLocal(error)) return error;
  if (error instanceof BlockedAddressError)
    return new FetchError('its address is not a public one, and the hub fetches from no others.', {
      cause: error,
    });
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = NETWORK[code];
  if (message !== undefined) return new FetchError(message, { retryable: true, cause: error });
  if (/^(Z_|ERR__ERROR_|ERR_PADDING|ERR_TRAILING)/.test(code))
    return new FetchError('the server sent it compressed, and the compression is broken.', { cause: error });
  return new FetchError(`the exchange with the server failed${code && ` (${code})`}.`, {
    retryable: true,
    cause: error,
  });
}

const LOCAL = /^(ENOSPC|EDQUOT|EFBIG|EIO|EROFS|EACCES|EPERM|EMFILE|ENFILE|ENOENT|EEXIST)$/;

// The hub's own disk, or its limits: nothing that the other side could mend.
function isLocal(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || !LOCAL.test(String(error.code))) return false;
  return !('syscall' in error && error.syscall === 'connect');
}
