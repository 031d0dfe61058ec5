import { STATUS_CODES } from 'node:http';
import type { Dispatcher as HttpAgent } from 'undici';
import { VERSION } from '../../shared/version.ts';
import type { MayConnect } from '../guard/address-guard.ts';
import { createGuardedAgent } from '../guard/guarded-agent.ts';
import type { Attempt, Header } from '../store/records.ts';
import { classifyError } from './classify-error.ts';
import { signWebhook, toSeconds } from './sign.ts';

/** One event on its way to one receiver. */
export interface OutgoingEvent {
  webhook_id: string;
  /** JSON, as it is signed and sent. */
  body: string;
  url: string;
  headers: Header[];
  signing_secret: string;
  /** Signs too, while receivers change over after a rotation. */
  previous_secret: string | null;
}

/** What came of one POST. `retryAfter` is the header as sent. */
export interface PostResult extends Omit<Attempt, 'attempt'> {
  succeeded: boolean;
  retryAfter: string | undefined;
}

export interface PosterOptions {
  mayConnect: MayConnect;
  now: () => number;
  /** Longest time from the first byte of the connection to the last of the answer, milliseconds. */
  deadlineMs?: number;
}

const DEADLINE_MS = 15_000;
const MAX_READ_BYTES = 64 * 1024;
const KEPT_BYTES = 4 * 1024;

/** The deadline of one attempt has passed. */
class AttemptTimeoutError extends Error {
  override readonly name = 'AttemptTimeoutError';
  readonly code = 'ATTEMPT_TIMEOUT';
}

/** POSTs events: signed, with the workspace's own headers, without following redirects, within one deadline. */
export class EventPoster implements AsyncDisposable {
  readonly #agent: HttpAgent;
  readonly #now: () => number;
  readonly #deadlineMs: number;

  constructor({ mayConnect, now, deadlineMs = DEADLINE_MS }: PosterOptions) {
    this.#agent = createGuardedAgent(mayConnect, { connect: deadlineMs, answer: deadlineMs });
    this.#now = now;
    this.#deadlineMs = deadlineMs;
  }

  /** Never throws: whatever goes wrong is the result. `stop` ends an attempt early. */
  async post(event: OutgoingEvent, stop?: AbortSignal): Promise<PostResult> {
    const at = this.#now();
    const began = performance.now();
    const cut = new AbortController();
    const timer = setTimeout(() => cut.abort(new AttemptTimeoutError()), this.#deadlineMs);
    const onStop = (): void => cut.abort(stop?.reason);
    stop?.addEventListener('abort', onStop, { once: true });
    try {
      const outcome = await this.#request(event, at, cut.signal);
      return { at, latency_ms: performance.now() - began, ...outcome };
    } catch (error) {
      const fault = classifyError(cut.signal.aborted ? cut.signal.reason : error);
      const nothing = { succeeded: false, http_status: null, response: null, retryAfter: undefined };
      return { at, latency_ms: performance.now() - began, ...nothing, ...fault };
    } finally {
      clearTimeout(timer);
      stop?.removeEventListener('abort', onStop);
    }
  }

  /** Cuts whatever is still running. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #request(
    event: OutgoingEvent,
    at: number,
    signal: AbortSignal,
  ): Promise<Omit<PostResult, 'at' | 'latency_ms'>> {
    const url = new URL(event.url);
    const { statusCode, headers, body } = await this.#agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'POST',
      headers: composeHeaders(event, at),
      body: event.body,
      signal,
    });
    const response = await readAnswer(body);
    const { 'retry-after': retryAfter } = headers;
    return {
      succeeded: statusCode >= 200 && statusCode < 300,
      http_status: statusCode,
      response,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      ...describeStatus(statusCode),
    };
  }
}

function composeHeaders(event: OutgoingEvent, at: number): string[] {
  const own: Record<string, string> = {
    'user-agent': `Bluewire/${VERSION}`,
    'content-type': 'application/json',
    'webhook-id': event.webhook_id,
    'webhook-timestamp': String(toSeconds(at)),
    'webhook-signature': composeSignature(event, at),
  };
  for (const { key } of event.headers) if (key.toLowerCase() === 'user-agent') delete own['user-agent'];
  return [...Object.entries(own).flat(), ...event.headers.flatMap(({ key, value }) => [key, value])];
}

// Receivers accept an event when any one of its signatures is right.
function composeSignature(event: OutgoingEvent, at: number): string {
  const { signing_secret, previous_secret, webhook_id, body } = event;
  const current = signWebhook(signing_secret, webhook_id, at, body);
  return previous_secret === null
    ? current
    : `${current} ${signWebhook(previous_secret, webhook_id, at, body)}`;
}

// The status decides; an answer whose body breaks off or never ends has still been given.
async function readAnswer(body: AsyncIterable<Buffer>): Promise<string> {
  const kept: Buffer[] = [];
  let read = 0;
  try {
    for await (const chunk of body) {
      if (read < KEPT_BYTES) kept.push(chunk.subarray(0, KEPT_BYTES - read));
      read += chunk.length;
      if (read >= MAX_READ_BYTES) break;
    }
  } catch {
    // What was read until then is the answer.
  }
  return new TextDecoder().decode(Buffer.concat(kept), { stream: true });
}

function describeStatus(status: number): Pick<Attempt, 'error' | 'error_message'> {
  if (status >= 200 && status < 300) return { error: null, error_message: null };
  const line = [status, STATUS_CODES[status]].filter(Boolean).join(' ');
  const redirect = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
  return { error: 'http_status', error_message: `The receiver answered ${line}${redirect}.` };
}
