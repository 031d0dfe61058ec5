import type { z } from 'zod';
import type { ErrorBody } from '../../../../shared/api/errors.ts';
import { noteReached, noteUnreachable } from './connection.ts';
import { ApiFailure, HubUnreachable } from './failures.ts';
import { noteSessionEnd } from './session-end.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Query = Record<string, string | number | boolean | null | undefined>;

/** Says who is signed in. */
export const ME_PATH = '/api/me';
/** Where 401 means that a password or code is wrong. */
const NO_SESSION_YET = /^\/api\/auth\/(sign-in|two-factor)\//;

/** A question whose answer is lost (a network that was left, a lid that was closed) is asked anew after this. Milliseconds. */
const PATIENCE_MS = 20_000;

interface Asked {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
}

/** What a schema of shared/api answers, and takes. */
export type Answer<Schema extends z.ZodType> = z.output<Schema>;
export type Body<Schema extends z.ZodType> = z.input<Schema>;

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/**
 * Asks the hub, as who is signed in. Throws ApiFailure when it refuses, HubUnreachable when no answer of its own came (a
 * proxy before it may answer in its stead).
 */
export async function request<Result>(method: Method, path: string, asked: Asked = {}): Promise<Result> {
  let answer = await ask(method, path, asked);
  // A session that another request has just renewed (with the password, say) is not over: this one bore the old cookie.
  if (isStranger(answer, path) && (await isSignedIn())) answer = await ask(method, path, asked);
  if (answer.status < 400) return answer.content as Result;
  if (isStranger(answer, path)) noteSessionEnd();
  throw new ApiFailure(readFault(answer));
}

interface Answered {
  status: number;
  headers: Headers;
  content: unknown;
}

async function ask(method: Method, path: string, asked: Asked): Promise<Answered> {
  const answer = await send(method, path, asked);
  const { status, headers } = answer;
  const content = await readContent(answer);
  const isCutShort = method === 'GET' && status < 300 && content === undefined;
  if (isCutShort || isProxyAnswer(answer, content)) {
    noteUnreachable();
    throw new HubUnreachable();
  }
  noteReached();
  return { status, headers, content };
}

function isStranger({ status }: Answered, path: string): boolean {
  return status === 401 && !NO_SESSION_YET.test(path);
}

async function isSignedIn(): Promise<boolean> {
  return (await ask('GET', ME_PATH, {})).status === 200;
}

/** Path with each part encoded: ids come from addresses that anybody may write. */
export function pathOf(parts: TemplateStringsArray, ...values: string[]): string {
  return String.raw({ raw: parts }, ...values.map(encodeURIComponent));
}

/** Query with only what is set. */
export function searchOf(query: Query = {}): string {
  const set = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  const search = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
  return search === '' ? '' : `?${search}`;
}

/** What changes something is not given up: whether it was done would not be known. */
function limit(method: Method, signal: AbortSignal | undefined): AbortSignal | null {
  if (method !== 'GET') return signal ?? null;
  return AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), ...(signal ? [signal] : [])]);
}

async function send(method: Method, path: string, { query, body, signal }: Asked): Promise<Response> {
  try {
    return await fetch(path + searchOf(query), {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: limit(method, signal),
    });
  } catch (cause) {
    // Nobody waits for the answer any more; the hub may well be there.
    if (signal?.aborted) throw cause;
    noteUnreachable();
    throw new HubUnreachable(cause);
  }
}

async function readContent(answer: Response): Promise<unknown> {
  const text = await answer.text().catch(() => '');
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function isProxyAnswer({ status, headers }: Response, content: unknown): boolean {
  return [502, 503, 504].includes(status) && (content === undefined || !headers.has('x-request-id'));
}

function readFault({ status, headers, content }: Answered) {
  const { code, message, details } = (content ?? {}) as Partial<ErrorBody>;
  return {
    status,
    code: code ?? `http_${status}`,
    message: message ?? `The hub answered ${status} and did not say why.`,
    details: Array.isArray(details) ? details : [],
    requestId: headers.get('x-request-id'),
    retryAfter: readSeconds(headers.get('retry-after') ?? headers.get('x-retry-after')),
  };
}

function readSeconds(text: string | null): number | null {
  const seconds = text === null ? Number.NaN : Number(text);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}
