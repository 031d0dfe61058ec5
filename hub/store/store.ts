import type { Channel } from '../../shared/channels.ts';
import type { Health } from '../../shared/wire/health.ts';
import type { Settings } from '../../shared/wire/settings.ts';
import type { AccountStore } from './accounts.ts';
import type { AuthRows } from './auth-rows.ts';
import type { FileStore } from './files.ts';
import type { HubStore } from './hubs.ts';
import type { EndpointChange, RecordKeeping } from './record-keeping.ts';
import type {
  Acceptance,
  ApiKey,
  Assignment,
  Attempt,
  ClaimedDelivery,
  ClaimedSends,
  CodeRenewal,
  Delivery,
  DeliveryFilter,
  DeliveryWithBody,
  Device,
  DeviceChanges,
  Enrollment,
  Group,
  JudgedBatch,
  KeptCounts,
  Message,
  MessageFilter,
  NewApiKey,
  NewMessage,
  NewWorkspace,
  Page,
  PageRequest,
  QueueCounts,
  RedeemRequest,
  SettledDelivery,
  TimelineEvent,
  Within,
  Workspace,
  WorkspaceChanges,
} from './records.ts';
import type { RetentionStore } from './retention.ts';
import type { CancelOutcome } from './steps/cancel.ts';
import type { ReplayOutcome, ReplayRequest } from './steps/replay.ts';
import type { ResendOutcome, ResendRequest } from './steps/resend.ts';
import type { TrafficStore } from './traffic.ts';

/**
 * Everything the hub remembers. Each method is one whole step: one transaction, on disk (fsynced) when its promise
 * resolves, with nothing but SQL inside. Times are epoch milliseconds, given by the caller. A store that cannot write
 * throws StoreUnavailableError and has then changed nothing, unless it is a CommitInDoubtError.
 */
export interface Store
  extends WorkspaceStore,
    DeviceStore,
    MessageStore,
    DeliveryStore,
    FileStore,
    HubStore,
    RecordKeeping,
    RetentionStore,
    TrafficStore,
    AccountStore,
    AuthRows,
    AsyncDisposable {
  /** Resolves when the database answers and can be written. */
  ping(): Promise<void>;
  /**
   * Notes that `clock` shows `now`. Where that is less than was noted of it before, whatever is to be tried later comes as
   * much earlier by it; by how many milliseconds, else 0. `setBack`: how far the caller saw it jump.
   */
  followClock(seen: { clock: string; setBack: number | undefined }, now: number): Promise<number>;
  countQueues(now: number): Promise<QueueCounts>;
}

export interface WorkspaceStore {
  createWorkspace(workspace: NewWorkspace, now: number): Promise<Workspace>;
  listWorkspaces(page: PageRequest & Within): Promise<Page<Workspace>>;
  /** From memory: what another hub has changed is seen a second later. */
  findWorkspace(locationId: string): Promise<Workspace | undefined>;
  readWorkspace(locationId: string): Promise<Workspace | undefined>;
  /**
   * A new URL, or switching the webhook on, begins its record of failures anew. Clearing the URL or switching the webhook off
   * turns its pending deliveries into recorded ones. Assignments end on channels that it uses no more; throws ChannelInUseError
   * when that would end one of a device that is not `within`.
   */
  updateWorkspace(
    locationId: string,
    changes: WorkspaceChanges,
    now: number,
    options?: Within,
  ): Promise<Workspace | undefined>;
  /**
   * Deletes the workspace with its assignments, keys, and deliveries; its messages stay for the record, those queued FAILED.
   * Of a big one the rest goes in steps of `purgeDeleted`, unseen meanwhile.
   */
  deleteWorkspace(locationId: string): Promise<boolean>;
  /**
   * Replaces the workspace's assignments as a whole, or those of the devices `within`. Unknown device ids throw
   * UnknownDeviceError.
   */
  setAssignments(
    locationId: string,
    assignments: Omit<Assignment, 'location_id'>[],
    now: number,
    options?: Within,
  ): Promise<void>;
  /** Those on channels that their device serves; one whose device serves the channel no more counts again once it does. */
  listAssignments(locationId: string): Promise<Assignment[]>;
  /** The channels that at least one assigned device serves for the workspace; answered from memory. */
  listServedChannels(locationId: string): Promise<readonly Channel[]>;
  createApiKey(key: NewApiKey): Promise<void>;
  listApiKeys(locationId: string, page: PageRequest): Promise<Page<ApiKey>>;
  /** Records the use (at most once a minute) and answers whether a live key with that hash belongs to the workspace. */
  useApiKey(locationId: string, hash: string, now: number): Promise<boolean>;
  revokeApiKey(locationId: string, id: string): Promise<boolean>;
}

export interface DeviceStore {
  /** Throws AllowanceError when whoever enrols has used up their allowance, however many they enrol at once. */
  createEnrollment(enrollment: Enrollment, now: number): Promise<Device>;
  /** Gives a device that has not paired a new code in place of its old one; false when it has paired, or is not there. */
  renewCode(renewal: CodeRenewal): Promise<boolean>;
  /** Trades a code for a credential, once: undefined when the code is unknown, used or expired. */
  redeemEnrollment(request: RedeemRequest, now: number): Promise<Device | undefined>;
  listDevices(page: PageRequest & Within): Promise<Page<Device>>;
  findDevice(id: string): Promise<Device | undefined>;
  findDeviceByToken(tokenHash: string): Promise<Device | undefined>;
  updateDevice(id: string, changes: DeviceChanges, now: number): Promise<Device | undefined>;
  /**
   * Removes a device: its credential dies, never-offered messages return to the queue, offered ones FAIL with
   * device_removed (and are announced).
   */
  deleteDevice(id: string, now: number): Promise<boolean>;
  /** Notes that a device connected with this journal; answers how far that journal is known (0 for a new one). */
  recordHello(
    id: string,
    hello: { journal_id: string; bridge_version: string; os_version: string },
    now: number,
  ): Promise<{ acked_seq: number }>;
  recordSeen(id: string, health: Health | undefined, now: number): Promise<void>;
  /** How the device is to behave: its pace, and what any connected workspace that it serves asks to be told of. */
  readSettings(id: string): Promise<Settings | undefined>;
}

/** Result of accepting one message. `duplicate`: same id, same content. `conflict`: same id, other content. */
export type AcceptOutcome =
  | { kind: 'accepted'; id: string }
  | { kind: 'duplicate'; id: string }
  | { kind: 'conflict'; id: string }
  | { kind: 'opted_out' };

/** Pure decision of the routing stage: which of the devices that could carry a message shall. */
export type PickDevice = (choice: {
  /** Assigned, connected, not paused, online devices for the channel; never empty. */
  candidates: string[];
  /** The device that carried this conversation last. */
  previous: string | undefined;
  /** Names the conversation (workspace and phone), so that many spread evenly and one always alike. */
  conversation: string;
}) => string;

export interface RouteRequest {
  /** Devices that may be given messages. */
  online: string[];
  /** For devices with a limited pace: with so many messages in hand they get no new conversation another could take. */
  enough?: ReadonlyMap<string, number>;
  pick: PickDevice;
  limit: number;
}

export interface MessageStore {
  /** One transaction for all; the outcomes stand in the order of the messages. Twins inside one batch are told apart too. */
  acceptMessages(messages: NewMessage[], now: number): Promise<AcceptOutcome[]>;
  /** The message that a workspace's message_id was accepted as, with the hash of its content. */
  findAccepted(
    locationId: string,
    messageId: string,
  ): Promise<{ id: string; content_hash: string } | undefined>;
  /** Gives queued messages without a device one of the online devices; answers the devices that got work. */
  routeQueued(request: RouteRequest, now: number): Promise<string[]>;
  /** Takes back messages routed to the device but never offered to it, so that another may carry them. */
  unrouteDevice(deviceId: string): Promise<void>;
  /** Takes back messages routed, but never offered, to any other device than these. */
  unrouteExcept(deviceIds: string[]): Promise<void>;
  /**
   * Claims queued messages routed to the device, oldest first, one of each conversation, and marks them offered; none where
   * the device is connected to another hub than the owner.
   */
  claimSends(
    request: { device_id: string; owner: string; lease_until: number; limit: number },
    now: number,
  ): Promise<ClaimedSends>;
  /** Frees the owner's leases on the device's messages, so that what it did not answer is offered again when it returns. */
  releaseSends(deviceId: string, owner: string): Promise<void>;
  /** Records answers to offered sends: DISPATCHED, or FAILED and announced. */
  settleSends(deviceId: string, acceptances: Acceptance[], now: number): Promise<void>;
  /**
   * FAILS queued messages whose time is over; answers how many. Never offered: device_offline_expired. Offered to a device
   * that went away without an answer: send_timeout_unknown.
   */
  expireQueued(now: number, limit: number): Promise<number>;
  /**
   * FAILS with send_timeout_unknown, once their own time is over, DISPATCHED messages of devices that were not seen since
   * `silentSince`; answers how many.
   */
  expireDispatched(request: { silentSince: number; limit: number }, now: number): Promise<number>;
  /**
   * Takes a device's journal batch in one transaction: drops what is known, climbs statuses, stores inbound messages,
   * writes the deliveries that follow, and moves the resume cursor. A gap before the first entry throws JournalGapError.
   */
  recordJournal(
    deviceId: string,
    batch: JudgedBatch,
    now: number,
  ): Promise<{ acked_seq: number; deliveries: number }>;
  /** The group of this id (`group:<uuid>`), when a device that serves the workspace on the group's channel is in it. */
  findServedGroup(locationId: string, id: string): Promise<Group | undefined>;
  /** Ends a message with `canceled` that no device was offered yet; of two that decide at once, the offer or this wins. */
  cancelMessage(id: string, now: number): Promise<CancelOutcome>;
  /** Accepts a FAILED message again, as a message of its own with a message_id made from the old one. */
  resendMessage(request: ResendRequest, now: number): Promise<ResendOutcome>;
  listMessages(filter: MessageFilter, page: PageRequest): Promise<Page<Message>>;
  findMessage(id: string): Promise<Message | undefined>;
  listTimeline(id: string): Promise<TimelineEvent[]>;
}

/** Claims and outcomes survive the end of the process, but a power failure may undo the latest: an event goes out again. */
export interface DeliveryStore {
  /**
   * Claims deliveries that are due, counting the attempt, in one statement. Only the oldest pending delivery of a
   * conversation is ever claimed. `busy` names workspaces that get no more for now, `mostFor` how many another gets at most.
   */
  claimDeliveries(
    request: {
      owner: string;
      lease_until: number;
      limit: number;
      busy: string[];
      mostFor?: (locationId: string) => number;
    },
    now: number,
  ): Promise<ClaimedDelivery[]>;
  /**
   * Records attempts and their outcomes; one whose lease another owner took over is ignored. Answers what they change
   * about the webhooks themselves.
   */
  settleDeliveries(owner: string, settled: SettledDelivery[], now: number): Promise<EndpointChange[]>;
  /** Gives back what this owner claimed and did not attempt; with `leaseUntil`, what it claimed until then alone. */
  releaseDeliveries(owner: string, leaseUntil?: number): Promise<void>;
  /**
   * Ends this owner's leases on all but the deliveries that it has in hand, their attempts staying counted: outcomes that a
   * crash of the database undid. Answers how many.
   */
  freeStrayDeliveries(owner: string, inHand: string[]): Promise<number>;
  /** When the next delivery that is not leased comes due, `busy` workspaces aside; undefined when none waits. */
  nextDeliveryAt(now: number, busy?: string[]): Promise<number | undefined>;
  /** Makes one batch of a workspace's dead or recorded deliveries pending again, oldest first. */
  replayDeliveries(request: ReplayRequest, now: number): Promise<ReplayOutcome>;
  /** Makes one batch of a workspace's deliveries that rest after a failure due now; how many. */
  hastenDeliveries(request: { location_id: string; limit: number }, now: number): Promise<number>;
  /** What is dead or recorded of a workspace from `since` on. */
  countKept(locationId: string, since: number): Promise<KeptCounts>;
  listDeliveries(filter: DeliveryFilter, page: PageRequest): Promise<Page<Delivery>>;
  findDelivery(id: string): Promise<DeliveryWithBody | undefined>;
  listAttempts(deliveryId: string): Promise<Attempt[]>;
  /** The events about a message, oldest first, with their attempts; the first fifty of them. */
  listMessageDeliveries(messageId: string): Promise<(DeliveryWithBody & { attempt_log: Attempt[] })[]>;
  /** Makes a dead, recorded or waiting delivery due now, with `force` a delivered one too; false: there is none to retry. */
  retryDelivery(id: string, now: number, force?: boolean): Promise<boolean>;
}

/** A page was asked for with a cursor that no page answered. */
export class InvalidCursorError extends Error {
  override readonly name = 'InvalidCursorError';
}

/** The store cannot be read or written now; nothing was changed. */
export class StoreUnavailableError extends Error {
  override readonly name: string = 'StoreUnavailableError';
}

/** The connection broke while a step was being committed: whether it stands is not known. */
export class CommitInDoubtError extends StoreUnavailableError {
  override readonly name = 'CommitInDoubtError';
}

/** A journal batch starts after the next expected entry: the device must resend from `expected`. */
export class JournalGapError extends Error {
  override readonly name = 'JournalGapError';
  readonly expected: number;

  constructor(expected: number, got: number) {
    super(`The journal continues at ${expected}, but the batch starts at ${got}.`);
    this.expected = expected;
  }
}
