import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Socket } from 'socket.io';
import type { z } from 'zod';
import { VERSION } from '../../shared/version.ts';
import { type Acceptance, acceptanceSchema } from '../../shared/wire/acceptance.ts';
import type { DeviceEvents, HubEvents } from '../../shared/wire/events.ts';
import { blocksSending, type Health, healthSchema } from '../../shared/wire/health.ts';
import type { Hello } from '../../shared/wire/hello.ts';
import type { JournalAck } from '../../shared/wire/journal.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import type { Send } from '../../shared/wire/send.ts';
import type { DeviceConnection, Presence } from '../devices/presence.ts';
import type { Metrics } from '../metrics.ts';
import type { HubStore } from '../store/hubs.ts';
import type { Device } from '../store/records.ts';
import { type DeviceStore, JournalGapError, type MessageStore } from '../store/store.ts';
import { batchEnvelopeSchema, type Judgement, judgeBatch } from './judge-batch.ts';

export interface SessionDependencies {
  store: Pick<DeviceStore, 'recordHello' | 'recordSeen' | 'readSettings' | 'findDeviceByToken'> &
    Pick<MessageStore, 'recordJournal'> &
    Pick<HubStore, 'connectDevice'>;
  presence: Presence;
  /** Id of this hub. */
  owner: string;
  metrics: Metrics;
  log: Logger;
  now: () => number;
  /** Called when a journal batch led to webhook events. */
  onDeliveriesDue: () => void;
  /** Called when a device became unable to send by what it found, or able again. */
  onDeviceChanged: (deviceId: string) => void;
  /** Called with a connection that ended, after all that came by it. */
  onEnd: (connection: DeviceConnection) => void;
}

export type DeviceSocket = Socket<
  DeviceEvents,
  HubEvents,
  Record<string, never>,
  { device: Device; hello: Hello }
>;

/** How long a device may take to put a send on its disk. */
const ANSWER_DEADLINE_MS = 30_000;
// A device keeps one batch in flight; one that resends after lost answers may have a few.
const MAX_WAITING_BATCHES = 16;

/** One connection of one device: admits its words only when they are well-formed, and takes them one at a time. */
export class DeviceSession implements DeviceConnection {
  readonly id: string = randomUUID();
  readonly deviceId: string;
  readonly #socket: DeviceSocket;
  readonly #hello: Hello;
  readonly #dependencies: SessionDependencies;
  readonly #log: Logger;
  readonly #unanswered = new Set<(reason: Error) => void>();
  /** What the device was told last of how to behave, as JSON. */
  #settings = '';
  #blocked: boolean;
  /** What it found about itself last, until that is recorded. */
  #health: Health | undefined;
  #tail: Promise<void> = Promise.resolve();
  #waitingBatches = 0;
  #ended = false;

  constructor(socket: DeviceSocket, dependencies: SessionDependencies) {
    const { device, hello } = socket.data;
    this.deviceId = device.id;
    this.#socket = socket;
    this.#hello = hello;
    this.#blocked = blocksSending(device.findings);
    this.#dependencies = dependencies;
    this.#log = dependencies.log.child({ device_id: device.id });
    socket.on('disconnect', (reason) => this.#end(reason));
    socket.on('journal', (batch, answer) => this.#takeJournal(batch, answer));
    socket.on('health', (health) => this.#takeHealth(health));
    socket.onAny((event: unknown) => {
      if (event !== 'journal' && event !== 'health') this.#expel('sent an event that the hub does not know');
    });
    this.#enqueue(() =>
      this.#welcome(device).catch((error: unknown) => {
        this.close();
        throw error;
      }),
    );
  }

  offer(send: Send): Promise<Acceptance> {
    const { promise, resolve, reject } = Promise.withResolvers<Acceptance>();
    if (this.#ended) reject(new Error('the device is not connected any more'));
    const timer = setTimeout(
      () => reject(new Error('the device did not answer in time')),
      ANSWER_DEADLINE_MS,
    );
    this.#unanswered.add(reject);
    this.#socket.emit('send', send, (answer: unknown) => {
      const acceptance = acceptanceSchema.safeParse(answer);
      if (acceptance.success && acceptance.data.id === send.id) resolve(acceptance.data);
      else {
        this.#expel('answered a send with something else than an acceptance');
        reject(new Error('the device answered with something else than an acceptance'));
      }
    });
    return promise.finally(() => {
      clearTimeout(timer);
      this.#unanswered.delete(reject);
    });
  }

  /** Tells the device how to behave, where that changed. In turn with everything else, so that the latest stands last. */
  refreshSettings(): void {
    this.#enqueue(async () => {
      const settings = await this.#dependencies.store.readSettings(this.deviceId);
      const changed = settings && JSON.stringify(settings) !== this.#settings;
      if (!changed || this.#ended) return;
      this.#settings = JSON.stringify(settings);
      this.#socket.emit('settings', settings);
    });
  }

  close(): void {
    this.#socket.disconnect(true);
  }

  async #welcome(device: Device): Promise<void> {
    const { store, presence, owner, now } = this.#dependencies;
    const { journal_id, bridge_version, os_version } = this.#hello;
    const { acked_seq } = await store.recordHello(
      device.id,
      { journal_id, bridge_version, os_version },
      now(),
    );
    // The device may have been removed since its token was looked up.
    const settings = await store.readSettings(device.id);
    if (this.#ended || settings === undefined) {
      this.close();
      return;
    }
    const connected = await store.connectDevice({ device_id: device.id, hub: owner, id: this.id });
    if (connected === undefined || this.#ended) {
      this.close();
      return;
    }
    this.#settings = JSON.stringify(settings);
    this.#socket.emit('welcome', {
      protocol: PROTOCOL_VERSION,
      device_id: device.id,
      device_name: device.name,
      hub_version: VERSION,
      acked_seq,
      settings,
    });
    if (connected.former)
      this.#log.warn(
        { former_hub: connected.former.hub },
        'the device is connected already; the newer connection stays',
      );
    presence.add(this);
    // What changed between the look and the entry was told to nobody.
    this.refreshSettings();
    this.#log.info({ bridge_version, os_version, acked_seq }, 'device connected');
  }

  #takeJournal(payload: unknown, answer: unknown): void {
    const envelope = this.#read(batchEnvelopeSchema, payload, 'journal');
    if (!envelope) return;
    const batch = judgeBatch(envelope);
    const fault = this.#faultOfBatch(batch, answer);
    if (fault) {
      this.#expel(fault);
      return;
    }
    this.#waitingBatches += 1;
    this.#enqueue(async () => {
      this.#waitingBatches -= 1;
      if (!this.#ended) await this.#recordJournal(batch, answer as (ack: JournalAck) => void);
    });
  }

  #faultOfBatch(batch: Judgement, answer: unknown): string | undefined {
    const first = batch.entries[0]?.seq ?? 0;
    if (batch.journal_id !== this.#hello.journal_id)
      return 'sent a batch of another journal than its hello named';
    if (batch.entries.some(({ seq }, index) => seq !== first + index))
      return 'sent a journal batch with a gap inside';
    if (typeof answer !== 'function') return 'sent a journal batch without asking for an answer';
    if (this.#waitingBatches >= MAX_WAITING_BATCHES)
      return 'sent more journal batches than it may without waiting for an answer';
    return undefined;
  }

  // Not acknowledged means not kept: the device resends whatever a failure here leaves unanswered.
  async #recordJournal(batch: Judgement, answer: (ack: JournalAck) => void): Promise<void> {
    const { store, metrics, now, onDeliveriesDue } = this.#dependencies;
    try {
      const { acked_seq, deliveries } = await store.recordJournal(this.deviceId, batch, now());
      if (deliveries > 0) onDeliveriesDue();
      answer({ acked_seq });
      for (const { entry } of batch.entries) metrics.journalEntries.inc({ kind: entry?.kind ?? 'malformed' });
      for (const { seq, paths } of batch.malformed)
        this.#log.warn({ seq, paths }, 'a journal entry is malformed; it was passed over and acknowledged');
    } catch (error) {
      if (!(error instanceof JournalGapError)) throw error;
      this.#log.warn({ expected: error.expected }, 'the journal has a gap; the device is asked to resend');
      answer({ acked_seq: error.expected - 1 });
    }
  }

  #takeHealth(payload: unknown): void {
    const health = this.#read(healthSchema, payload, 'health');
    if (!health) return;
    const { store, now, onDeviceChanged } = this.#dependencies;
    // Only the latest counts, and waits: a device that says it without end takes no more memory than one that says it once.
    const isInTurn = this.#health !== undefined;
    this.#health = health;
    if (isInTurn) return;
    this.#enqueue(async () => {
      const health = this.#health;
      this.#health = undefined;
      if (health === undefined) return;
      await store.recordSeen(this.deviceId, health, now());
      const blocked = blocksSending(health.findings);
      if (blocked === this.#blocked) return;
      this.#blocked = blocked;
      this.#log.warn({ blocked }, blocked ? 'the device cannot send' : 'the device can send again');
      onDeviceChanged(this.deviceId);
    });
    // Said every minute, so that what a lost signal of another hub would have told is told.
    this.refreshSettings();
  }

  #read<Schema extends z.ZodType>(
    schema: Schema,
    payload: unknown,
    event: string,
  ): z.output<Schema> | undefined {
    const parsed = schema.safeParse(payload);
    if (parsed.success) return parsed.data;
    // Where it went wrong, and never what it said: the payload carries people's words.
    const paths = parsed.error.issues.slice(0, 5).map((issue) => issue.path.join('.'));
    this.#expel(`sent a malformed ${event}`, { paths });
    return undefined;
  }

  #expel(fault: string, details: Record<string, unknown> = {}): void {
    this.#log.warn(details, `the device ${fault}; its connection is closed`);
    this.close();
  }

  #enqueue(work: () => Promise<void>): void {
    this.#tail = this.#tail.then(work).catch((error: unknown) => {
      this.#log.warn({ err: error }, "the device's message could not be recorded; it will be sent again");
    });
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    const { presence, store, now, onEnd } = this.#dependencies;
    presence.remove(this);
    for (const reject of this.#unanswered) reject(new Error('the device disconnected'));
    this.#enqueue(() => store.recordSeen(this.deviceId, undefined, now()).finally(() => onEnd(this)));
    this.#log.info({ reason }, 'device disconnected');
  }

  /** Resolves when everything taken so far has been recorded. */
  async settled(): Promise<void> {
    await this.#tail;
  }
}
