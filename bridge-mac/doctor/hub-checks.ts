import { filePath } from '../../shared/wire/files.ts';
import type { Identity } from '../identity.ts';
import { failed, ok, type Result, unknown } from './result.ts';

const LIMIT_MS = 10_000;
/** The hub tells its time in whole seconds, and the answer travels. */
const MOST_CLOCK_ERROR_MS = 60_000;
/** A file that no hub has: only whether the credential is taken is of interest. */
const NO_FILE = filePath('0'.repeat(64));

export interface HubCheckOptions {
  identity: Identity;
  fetch: typeof fetch;
  now: () => number;
}

/** Whether the hub answers, knows this Mac, and agrees on the time. */
export async function checkHub({ identity, fetch, now }: HubCheckOptions): Promise<Result[]> {
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${identity.hub_url}${path}`, {
      ...init,
      redirect: 'manual',
      signal: AbortSignal.timeout(LIMIT_MS),
    });
  let health: Response;
  const asked = now();
  try {
    health = await ask('/healthz');
  } catch (error) {
    return [unreachable(identity.hub_url, error)];
  }
  const answered = now();
  if (!health.ok) {
    return [
      failed(
        'hub',
        `What answers at ${identity.hub_url} is not a working hub (HTTP status ${health.status}).`,
        'See whether the hub runs, and what stands before it (proxy, tunnel).',
      ),
    ];
  }
  return [
    ok('hub', `${identity.hub_url} answers.`),
    await checkPairing(identity, ask),
    checkClock(health.headers.get('date'), (asked + answered) / 2),
  ];
}

function unreachable(hubUrl: string, error: unknown): Result {
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } };
  const why = name === 'TimeoutError' ? 'no answer in time' : String(cause?.code ?? error);
  return failed(
    'hub',
    `The hub at ${hubUrl} cannot be reached (${why}).`,
    `See whether the hub runs and this Mac is online. Nothing is lost: the bridge keeps trying and keeps what waits.`,
  );
}

async function checkPairing(
  { token }: Identity,
  ask: (path: string, init: RequestInit) => Promise<Response>,
): Promise<Result> {
  const check = 'pairing';
  let answer: Response;
  try {
    answer = await ask(NO_FILE, { method: 'HEAD', headers: { authorization: `Bearer ${token}` } });
  } catch {
    return unknown(check, 'Whether the hub knows this Mac cannot be told: it did not answer.');
  }
  if (answer.status === 401 || answer.status === 403) {
    return failed(
      check,
      'The hub does not know this Mac any more.',
      'Create an enrollment at the hub, then run `bluewire-bridge pair <hub-url> <code>`.',
    );
  }
  // Without it the answer came from something that does not know devices.
  if (answer.status === 404 && answer.headers.has('upload-offset'))
    return ok(check, 'The hub knows this Mac.');
  return unknown(check, `Whether the hub knows this Mac cannot be told (HTTP status ${answer.status}).`);
}

function checkClock(date: string | null, at: number): Result {
  const check = 'clock';
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return unknown(check, 'The hub does not tell its time.');
  const apartMs = Math.abs(theirs - at);
  if (apartMs <= MOST_CLOCK_ERROR_MS) return ok(check, 'This Mac and the hub agree on the time.');
  return failed(
    check,
    `This Mac’s clock and the hub’s are ${Math.round(apartMs / 1_000)} seconds apart.`,
    'System Settings → General → Date & Time → set time and date automatically; see to the hub’s clock as well.',
  );
}
