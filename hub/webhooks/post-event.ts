import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http';
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

/** What a POST that got an answer came to. */
type Answer = Omit<PostResult, 'at' | 'latency_ms'>;

const USER_AGENT = `Bluewire/${VERSION}`;
const DEADLINE_MS = 15_000;
const MAX_READ_BYTES = 64 * 1024;
const KEPT_BYTES = 4 * 1024;

/** The deadline of one attempt has passed. */
class AttemptTimeoutError extends Error {
  override readonly name = 'AttemptTimeoutError';
  readonly code = 'ATTEMPT_TIMEOUT';
}

/**
 * Ends many POSTs at once. An AbortSignal walks through its listeners for each one that is added: with hundreds of POSTs
 * under way that took longer than signing them.
 */
export class Stop {
  readonly #cuts = new Set<() => void>();
  stopped = false;

  /** Ends what runs, and whatever begins later. */
  stop(): void {
    this.stopped = true;
    for (const cut of this.#cuts) cut();
  }

  /** Answers what `running` does; `cut` must end it. */
  async guard<T>(cut: () => void, running: Promise<T>): Promise<T> {
    this.#cuts.add(cut);
    if (this.stopped) cut();
    try {
      return await running;
    } finally {
      this.#cuts.delete(cut);
    }
  }
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
  async post(event: OutgoingEvent, stop?: Stop): Promise<PostResult> {
    const at = this.#now();
    const began = performance.now();
    const exchange = new Exchange();
    const timer = setTimeout(() => exchange.cut(new AttemptTimeoutError()), this.#deadlineMs);
    const cut = (): void => exchange.cut(new Error('The hub stops.'));
    try {
      this.#begin(event, at, exchange);
      const outcome = await (stop ? stop.guard(cut, exchange.answer) : exchange.answer);
      return { at, latency_ms: performance.now() - began, ...outcome };
    } catch (error) {
      const nothing = { succeeded: false, http_status: null, response: null, retryAfter: undefined };
      return { at, latency_ms: performance.now() - began, ...nothing, ...classifyError(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Cuts whatever is still running. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  #begin(event: OutgoingEvent, at: number, exchange: Exchange): void {
    const url = new URL(event.url);
    this.#agent.dispatch(
      {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: composeHeaders(event, at),
        body: event.body,
      },
      exchange,
    );
  }
}

/**
 * What one request brings, straight from undici's parser: its response streams cost as much again as the request. The
 * status decides; an answer whose body breaks off or never ends has still been given.
 */
class Exchange implements HttpAgent.DispatchHandler {
  readonly answer: Promise<Answer>;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (cause: Error) => void;
  readonly #kept: Buffer[] = [];
  #controller: HttpAgent.DispatchController | undefined;
  #cause: Error | undefined;
  #status: number | undefined;
  #retryAfter: string | undefined;
  #read = 0;

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Ends the exchange: with what was read where a status had come, else with `cause` as its fault. */
  cut(cause: Error): void {
    this.#cause = cause;
    this.#end(cause);
    this.#controller?.abort(cause);
  }

  onRequestStart(controller: HttpAgent.DispatchController): void {
    this.#controller = controller;
    if (this.#cause) controller.abort(this.#cause);
  }

  onResponseStart(
    _controller: HttpAgent.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return;
    this.#status = status;
    const { 'retry-after': retryAfter } = headers;
    this.#retryAfter = Array.isArray(retryAfter) ? retryAfter[0] : retryAfter;
  }

  onResponseData(_controller: HttpAgent.DispatchController, chunk: Buffer): void {
    if (this.#read < KEPT_BYTES) this.#kept.push(chunk.subarray(0, KEPT_BYTES - this.#read));
    this.#read += chunk.length;
    if (this.#read >= MAX_READ_BYTES) this.cut(new Error('The answer is longer than is read of it.'));
  }

  onResponseEnd(): void {
    // undici frees the connection in an immediate that it sets right after this: whoever POSTs before opens another one.
    queueMicrotask(() => setImmediate(() => this.#end(new Error('The answer had no status.'))));
  }

  onResponseError(_controller: HttpAgent.DispatchController, error: Error): void {
    this.#end(error);
  }

  #end(cause: Error): void {
    if (this.#status === undefined) {
      this.#reject(cause);
      return;
    }
    this.#resolve({
      succeeded: this.#status >= 200 && this.#status < 300,
      http_status: this.#status,
      response: this.#text(),
      retryAfter: this.#retryAfter,
      ...describeStatus(this.#status),
    });
  }

  /** Without the character that the limit cut in two. */
  #text(): string {
    const [first, ...more] = this.#kept;
    if (first === undefined) return '';
    if (more.length === 0 && this.#read < KEPT_BYTES) return first.toString();
    return new TextDecoder().decode(Buffer.concat(this.#kept), { stream: true });
  }
}

function composeHeaders(event: OutgoingEvent, at: number): string[] {
  const headers = [
    'content-type',
    'application/json',
    'webhook-id',
    event.webhook_id,
    'webhook-timestamp',
    String(toSeconds(at)),
    'webhook-signature',
    composeSignature(event, at),
  ];
  if (!event.headers.some(({ key }) => key.toLowerCase() === 'user-agent'))
    headers.push('user-agent', USER_AGENT);
  for (const { key, value } of event.headers) headers.push(key, value);
  return headers;
}

// Receivers accept an event when any one of its signatures is right.
function composeSignature(event: OutgoingEvent, at: number): string {
  const { signing_secret, previous_secret, webhook_id, body } = event;
  const current = signWebhook(signing_secret, webhook_id, at, body);
  return previous_secret === null
    ? current
    : `${current} ${signWebhook(previous_secret, webhook_id, at, body)}`;
}

function describeStatus(status: number): Pick<Attempt, 'error' | 'error_message'> {
  if (status >= 200 && status < 300) return { error: null, error_message: null };
  const line = [status, STATUS_CODES[status]].filter(Boolean).join(' ');
  const redirect = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
  return { error: 'http_status', error_message: `The receiver answered ${line}${redirect}.` };
}
