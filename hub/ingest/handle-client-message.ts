import { randomUUIDv7 } from 'node:crypto';
import type { Logger } from 'pino';
import type { Accepted } from '../../shared/api/client-message.ts';
import { ApiError, type ErrorBody } from '../../shared/api/errors.ts';
import type { Channel } from '../../shared/channels.ts';
import { groupCalls } from '../../shared/runtime/group.ts';
import { Throttle, throttleKey } from '../api/throttle.ts';
import { hashToken } from '../credentials/tokens.ts';
import type { Group, NewMessage, Workspace } from '../store/records.ts';
import { type AcceptOutcome, CommitInDoubtError, type Store, StoreUnavailableError } from '../store/store.ts';
import { parseBody } from './parse-body.ts';
import { RateLimit } from './rate-limit.ts';
import { type ClientMessage, type Fields, readFields, readMessage } from './read-message.ts';

/** Unknown locations and bad keys that a source may send before it hears 429, and the seconds they count for. */
const FAILURES = { failures: 30, seconds: 60 };
const RETRY_AFTER_SECONDS = 5;

export interface IngestDeps {
  store: Pick<
    Store,
    | 'acceptMessages'
    | 'findAccepted'
    | 'findServedGroup'
    | 'findWorkspace'
    | 'listServedChannels'
    | 'useApiKey'
  >;
  /** HUB_MESSAGE_TTL, milliseconds. */
  messageTtl: number;
  /** HUB_RATE_LIMIT: requests of each workspace in a minute; undefined for any number. */
  perMinute?: number | undefined;
  log: Logger;
  /** Called when a message was accepted: there is work for the dispatch, or files to fetch first. */
  onAccepted?: (message: NewMessage) => void;
  /** Epoch milliseconds. */
  clock?: () => number;
}

/** What the requests share: the group commit, the throttle, and the limit of each workspace. */
export interface Ingest extends IngestDeps {
  clock: () => number;
  accept: (message: NewMessage) => Promise<AcceptOutcome>;
  throttle: Throttle;
  rateLimit: RateLimit | undefined;
}

export interface ClientRequest {
  /** The raw body; a value that is not a Buffer is taken as parsed JSON. */
  body: unknown;
  /** Address of the caller. */
  source: string;
  authorization: string | undefined;
}

export interface ClientResponse {
  status: number;
  body: Accepted | ErrorBody;
  headers: Record<string, string>;
}

export function createIngest(deps: IngestDeps): Ingest {
  const { store, log, clock = Date.now } = deps;
  const accept = async (messages: NewMessage[]): Promise<AcceptOutcome[]> => {
    try {
      return await store.acceptMessages(messages, clock());
    } catch (error) {
      log.error({ err: error, messages: messages.length }, 'messages could not be stored; none was accepted');
      throw error;
    }
  };
  return {
    ...deps,
    clock,
    accept: groupCalls(accept),
    throttle: new Throttle(FAILURES),
    rateLimit: deps.perMinute === undefined ? undefined : new RateLimit(deps.perMinute),
  };
}

/**
 * POST /webhook. 200 once the message is on disk; every refusal has a code of the contract. Checked in this order, the
 * first fault answering: JSON, fields that are missing, location, API key, values, connection and assignment, and last,
 * with the write itself, repetition and opt-out. A message that was accepted before is a duplicate even where its
 * workspace has been switched off since.
 */
export async function handleClientMessage(request: ClientRequest, ingest: Ingest): Promise<ClientResponse> {
  try {
    return { status: 200, body: await takeMessage(request, ingest), headers: {} };
  } catch (error) {
    const refusal = asApiError(error);
    const headers: Record<string, string> = {};
    if (refusal.retryAfter !== undefined) headers['retry-after'] = String(refusal.retryAfter);
    if (refusal.code === 'invalid_api_key') headers['www-authenticate'] = 'Bearer';
    return { status: refusal.status, body: refusal.body, headers };
  }
}

async function takeMessage(request: ClientRequest, ingest: Ingest): Promise<Accepted> {
  const fields = readFields(Buffer.isBuffer(request.body) ? parseBody(request.body) : request.body);
  const workspace = await findWorkspace(fields, request.source, ingest);
  if (workspace.require_api_key) await checkApiKey(workspace, request, ingest);
  await ingest.rateLimit?.count(workspace.location_id);
  const message = readMessage(fields);
  const group = await findGroup(workspace, message, ingest);
  const obstacle = await findObstacle(workspace, message, group, ingest);
  if (obstacle) {
    const known = await ingest.store.findAccepted(workspace.location_id, message.message_id);
    if (known === undefined) throw obstacle;
    const kind = known.content_hash === message.content_hash ? 'duplicate' : 'conflict';
    return answer({ kind, id: known.id }, workspace, message);
  }
  const accepted: NewMessage = {
    ...message,
    id: randomUUIDv7(),
    location_id: workspace.location_id,
    only_device: group?.device_id,
    expires_at: ingest.clock() + ingest.messageTtl,
  };
  const outcome = await ingest.accept(accepted);
  if (outcome.kind === 'accepted') ingest.onAccepted?.(accepted);
  return answer(outcome, workspace, message);
}

async function findWorkspace(fields: Fields, source: string, ingest: Ingest): Promise<Workspace> {
  const locationId = fields.get('location_id');
  if (typeof locationId !== 'string') throw refuseField('invalid_field', 'location_id', 'must be text');
  // Postgres does not even take a NUL, to look for it.
  const workspace = locationId.includes('\0') ? undefined : await ingest.store.findWorkspace(locationId);
  if (workspace) return workspace;
  return refuseStranger(refuseField('unknown_location', 'location_id', 'is not known here'), source, ingest);
}

async function checkApiKey(workspace: Workspace, request: ClientRequest, ingest: Ingest): Promise<void> {
  const key = /^Bearer +(\S+) *$/i.exec(request.authorization ?? '')?.[1];
  if (key && (await ingest.store.useApiKey(workspace.location_id, hashToken(key), ingest.clock()))) return;
  const sentence = key
    ? 'authorization holds no live API key of this workspace'
    : 'authorization is missing: this workspace needs "Authorization: Bearer <API key>"';
  const refusal = new ApiError('invalid_api_key', `${sentence}.`, {
    details: [{ field: 'authorization', message: `${sentence}.` }],
  });
  await refuseStranger(refusal, request.source, ingest);
}

/**
 * Throws `refusal`, or rate_limited when the source has had too many. Only failures are throttled: others behind the
 * same address keep sending, and a right guess among 2^120 needs no throttle to be out of reach.
 */
async function refuseStranger(refusal: ApiError, source: string, { throttle }: Ingest): Promise<never> {
  const key = throttleKey(source);
  await throttle.check(key);
  await throttle.countFailure(key);
  throw refusal;
}

/** Throws what POST /webhook would answer now to a message on this channel to this phone. */
export async function checkSendable(
  workspace: Workspace,
  message: Pick<ClientMessage, 'channel' | 'phone'>,
  ingest: Pick<Ingest, 'store'>,
): Promise<void> {
  const obstacle = await findObstacle(
    workspace,
    message,
    await findGroup(workspace, message, ingest),
    ingest,
  );
  if (obstacle) throw obstacle;
}

async function findGroup(
  { location_id }: Workspace,
  { phone }: Pick<ClientMessage, 'phone'>,
  { store }: Pick<Ingest, 'store'>,
): Promise<Group | undefined> {
  return phone.startsWith('group:') ? await store.findServedGroup(location_id, phone) : undefined;
}

async function findObstacle(
  { location_id, connected }: Workspace,
  { channel, phone }: Pick<ClientMessage, 'channel' | 'phone'>,
  group: Group | undefined,
  { store }: Pick<Ingest, 'store'>,
): Promise<ApiError | undefined> {
  if (!connected)
    return refuseField(
      'workspace_not_connected',
      'location_id',
      'names a workspace that is switched off: an operator must connect it',
    );
  const served = await store.listServedChannels(location_id);
  if (!served.includes(channel))
    return refuseField(
      'channel_not_assigned',
      'channel',
      `has no device: none assigned to this workspace serves ${channel}`,
    );
  return phone.startsWith('group:') ? findGroupObstacle(channel, group) : undefined;
}

function findGroupObstacle(channel: Channel, group: Group | undefined): ApiError | undefined {
  if (group === undefined)
    return refuseField('invalid_phone', 'phone', 'names a group that no device of this workspace is in');
  if (group.channel === channel) return undefined;
  return refuseField('invalid_channel', 'channel', `must be ${group.channel}: that is what the group uses`);
}

function answer(outcome: AcceptOutcome, { location_id }: Workspace, { message_id }: ClientMessage): Accepted {
  if (outcome.kind === 'opted_out')
    throw refuseField('opted_out', 'phone', 'has opted out of messages from this workspace');
  if (outcome.kind === 'conflict')
    throw refuseField(
      'message_id_conflict',
      'message_id',
      'was used before for a message with other content',
    );
  const accepted: Accepted = {
    status: 'queued',
    message: 'Message queued',
    message_id,
    location_id,
    id: outcome.id,
  };
  return outcome.kind === 'duplicate' ? { ...accepted, duplicate: true } : accepted;
}

function refuseField(code: ApiError['code'], field: string, fault: string): ApiError {
  const message = `${field} ${fault}.`;
  return new ApiError(code, message, { details: [{ field, message }] });
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof CommitInDoubtError)
    return new ApiError(
      'unavailable',
      'It is not known whether the message was stored; send it again with the same message_id.',
      { retryAfter: RETRY_AFTER_SECONDS, cause: error },
    );
  if (error instanceof StoreUnavailableError)
    return new ApiError('unavailable', 'The message could not be stored and was not accepted; try again.', {
      retryAfter: RETRY_AFTER_SECONDS,
      cause: error,
    });
  throw error;
}
