import { hostname } from 'node:os';
import { errorBodySchema } from '../shared/api/errors.ts';
import {
  PAIRING_PATH,
  type PairRequest,
  type PairResponse,
  pairResponseSchema,
} from '../shared/api/pairing.ts';
import { VERSION } from '../shared/version.ts';
import { PROTOCOL_VERSION } from '../shared/wire/protocol-version.ts';
import { pathsIn, prepareHome } from './home.ts';
import { type Identity, readIdentity, writeIdentity } from './identity.ts';
import { OS_VERSION } from './os-version.ts';
import { takeLock } from './store/lock.ts';

const TIMEOUT_MS = 15_000;

/**
 * Trades a one-time code for this Mac's credential and stores it. Returns what to tell the operator; throws a
 * sentence, the hub's own where it gave one.
 */
export async function pairWithHub(
  home: string,
  hubUrl: string,
  code: string,
  now: () => number,
): Promise<string> {
  const url = normaliseHubUrl(hubUrl);
  prepareHome(home);
  const paths = pathsIn(home);
  using lock = takeLock(paths.lock);
  if (lock === undefined)
    throw new Error(
      'The bridge is running: stop it (Ctrl-C in its terminal, or `bluewire-bridge uninstall`), pair, and start it again.',
    );
  const before = readOldIdentity(paths.identity);
  const pairedAt = now();
  const { device_id, device_name, token } = await redeem(url, code);
  const identity: Identity = { hub_url: url, device_id, device_name, token, paired_at: pairedAt };
  const isSame = before !== undefined && before.device_id === identity.device_id;
  // What came in since the first pairing is still to be forwarded.
  writeIdentity(paths.identity, isSame ? { ...identity, paired_at: before.paired_at } : identity);
  return describe(identity, before, isSame);
}

function describe(identity: Identity, before: Identity | undefined, isSame: boolean): string {
  const paired = `Paired with ${identity.hub_url} as “${identity.device_name}”.`;
  const next = 'Start the bridge with `bluewire-bridge run`, or with `bluewire-bridge install` for good.';
  if (before === undefined) return `${paired} ${next}`;
  const kept = isSame
    ? 'The device is the same: its journal and its place in Messages are kept.'
    : `It was paired with ${before.hub_url} as “${before.device_name}” before: what waited for that is dropped, and messages from now on are forwarded.`;
  return `${paired} ${kept} ${next}`;
}

function normaliseHubUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error(`“${text}” is not the address of a hub: write it as http:// or https:// and a name.`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

// A damaged identity is what pairing again repairs.
function readOldIdentity(path: string): Identity | undefined {
  try {
    return readIdentity(path);
  } catch {
    return undefined;
  }
}

async function redeem(hubUrl: string, code: string): Promise<PairResponse> {
  const body: PairRequest = {
    code,
    protocol: PROTOCOL_VERSION,
    kind: 'mac',
    bridge_version: VERSION,
    os_version: OS_VERSION,
    hostname: hostname().slice(0, 255),
  };
  const { status, answer } = await post(`${hubUrl}${PAIRING_PATH}`, body, hubUrl);
  const paired = pairResponseSchema.safeParse(answer);
  if (status === 201 && paired.success) return paired.data;
  const refused = errorBodySchema.safeParse(answer);
  if (refused.success) throw new Error(refused.data.message);
  throw new Error(`What answers at ${hubUrl} is not a Bluewire hub (HTTP status ${status}).`);
}

async function post(
  url: string,
  body: unknown,
  hubUrl: string,
): Promise<{ status: number; answer: unknown }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.status, answer: parseJson(await response.text()) };
  } catch (error) {
    throw new Error(`The hub at ${hubUrl} cannot be reached.`, { cause: error });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
