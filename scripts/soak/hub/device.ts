import { setTimeout as sleep } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import type { Acceptance } from '../../../shared/wire/acceptance.ts';
import { DEVICE_NAMESPACE, type DeviceEvents, type HubEvents } from '../../../shared/wire/events.ts';
import type { Refusal, Welcome } from '../../../shared/wire/hello.ts';
import { PROTOCOL_VERSION } from '../../../shared/wire/protocol-version.ts';
import type { Send } from '../../../shared/wire/send.ts';
import type { Random } from '../random.ts';
import { pause } from '../repeat.ts';
import { DeviceJournal } from './device-journal.ts';
import { DeviceMemory } from './device-memory.ts';
import type { Ledger } from './ledger.ts';

type HubSocket = Socket<HubEvents, DeviceEvents>;

export interface DeviceOptions {
  readonly random: Random;
  readonly ledger: Ledger;
  readonly pickUrl: () => string;
}

/** How often, out of a thousand, something goes wrong with an offer. */
const GONE_BEFORE = 4;
const GONE_AFTER = 6;
const LATE = 15;
const TOO_LATE = 1;
/** Longer than a hub waits for an answer. */
const TOO_LATE_MS = 33_000;
const BATCH_ANSWER_MS = 10_000;
const FIRST_WORDS_MS = 15_000;

/** A device as the hub sees one: it keeps what it took and what it has to tell until the hub has that, and misbehaves. */
export class StandInDevice {
  readonly deviceId: string;
  readonly #token: string;
  readonly #options: DeviceOptions;
  readonly #journal: DeviceJournal;
  readonly memory: DeviceMemory;
  readonly #life = new AbortController();
  readonly #running: Promise<void>;
  #socket: HubSocket | undefined;
  #hangUp: () => void = () => {};
  /** What it does wrong, it does no more. */
  #calm = false;
  #blocked = false;

  constructor(deviceId: string, token: string, options: DeviceOptions) {
    this.deviceId = deviceId;
    this.#token = token;
    this.#options = options;
    this.#journal = new DeviceJournal(options.random);
    this.memory = new DeviceMemory(deviceId, this.#journal, options);
    this.#running = this.#run();
  }

  /** Nothing is left to tell or to do. */
  get isQuiet(): boolean {
    return this.#journal.size === 0 && this.memory.open === 0;
  }

  calmDown(): void {
    this.#calm = true;
    this.setBlocked(false);
  }

  /** The connection is lost; another follows. */
  cut(): void {
    this.#hangUp();
  }

  /** Finds that it cannot send, or can again. */
  setBlocked(blocked: boolean): void {
    this.#blocked = blocked;
    this.#sayHealth();
  }

  /** Removed, or the end of the soak: whatever it has not handed over goes with it. */
  async retire(): Promise<void> {
    this.#life.abort();
    this.memory.stop();
    this.#hangUp();
    await this.#running;
    this.memory.lose(this.#journal.open);
  }

  async #run(): Promise<void> {
    const { random } = this.#options;
    while (!this.#life.signal.aborted) {
      await this.#connect();
      await pause(random.between(50, this.#calm ? 300 : 2_000), this.#life.signal);
    }
  }

  /** One connection, from hello to its end. */
  async #connect(): Promise<void> {
    const { random, pickUrl } = this.#options;
    if (!this.#calm && random.chance(0.1)) this.#journal.beginAnew();
    const ended = Promise.withResolvers<void>();
    const socket: HubSocket = io(`${pickUrl()}${DEVICE_NAMESPACE}`, {
      auth: {
        protocol: PROTOCOL_VERSION,
        token: this.#token,
        journal_id: this.#journal.id,
        journal_seq: this.#journal.latest,
        bridge_version: '0.1.0',
        os_version: '26.1',
      },
      reconnection: false,
      forceNew: true,
      transports: ['websocket'],
      timeout: 5_000,
    });
    this.#socket = socket;
    this.#hangUp = () => {
      socket.disconnect();
      ended.resolve();
    };
    const impatience = setTimeout(this.#hangUp, FIRST_WORDS_MS);
    socket.on('welcome', (welcome) => {
      clearTimeout(impatience);
      this.#greet(socket, welcome);
    });
    socket.on('send', (send, answer) => void this.#take(socket, send, answer));
    socket.on('connect_error', (error) => {
      this.#judgeRefusal((error as Error & { data?: Refusal }).data);
      ended.resolve();
    });
    socket.on('disconnect', () => ended.resolve());
    await ended.promise;
    clearTimeout(impatience);
    socket.disconnect();
    this.#journal.wake();
  }

  #judgeRefusal(refusal: Refusal | undefined): void {
    if (refusal === undefined || refusal.code === 'unavailable' || this.#life.signal.aborted) return;
    if (this.#options.ledger.removedDevices.has(this.deviceId)) return;
    this.#options.ledger.fault(`device ${this.deviceId} was refused: ${refusal.code}`);
  }

  #greet(socket: HubSocket, welcome: Welcome): void {
    const fault = this.#journal.resume(welcome.acked_seq);
    if (fault) this.#options.ledger.fault(`device ${this.deviceId}: ${fault}`);
    this.#sayHealth();
    void this.#pump(socket);
  }

  #sayHealth(): void {
    if (!this.#socket?.connected) return;
    const finding = {
      check: 'automation',
      ok: !this.#blocked,
      message: this.#blocked ? 'refused' : 'allowed',
      blocks_sending: true,
    };
    this.#socket.emit('health', {
      findings: [finding],
      open_sends: this.memory.open,
      unacked_entries: this.#journal.size,
    });
  }

  /** Hands the journal over, batch by batch, while this connection lasts. */
  async #pump(socket: HubSocket): Promise<void> {
    while (socket.connected && !this.#life.signal.aborted) {
      const batch = this.#journal.nextBatch(!this.#calm);
      if (batch === undefined) {
        await this.#journal.whenFilled();
        continue;
      }
      try {
        const channel = socket.timeout(BATCH_ANSWER_MS);
        if (!this.#calm && this.#options.random.chance(0.02))
          channel.emitWithAck('journal', batch).catch(() => undefined);
        const { acked_seq } = await channel.emitWithAck('journal', batch);
        // An answer that gets lost on the way.
        if (!this.#calm && this.#options.random.chance(0.03)) continue;
        const fault = this.#journal.acknowledge(batch.journal_id, acked_seq);
        if (fault) this.#options.ledger.fault(`device ${this.deviceId}: ${fault}`);
      } catch {
        // No answer: the same again, on this connection or the next.
      }
    }
  }

  /** Puts the send on disk, and says so. */
  async #take(socket: HubSocket, send: Send, answer: (acceptance: Acceptance) => void): Promise<void> {
    const { random } = this.#options;
    const quirk = this.#calm ? 1_000 : random.between(0, 1_000);
    if (quirk < GONE_BEFORE) {
      socket.disconnect();
      return;
    }
    const acceptance = this.memory.take(send);
    if (quirk < GONE_BEFORE + GONE_AFTER) {
      socket.disconnect();
      return;
    }
    if (quirk < GONE_BEFORE + GONE_AFTER + LATE) await sleep(random.between(200, 3_000));
    else if (quirk < GONE_BEFORE + GONE_AFTER + LATE + TOO_LATE) await sleep(TOO_LATE_MS);
    if (socket.connected) answer(acceptance);
  }
}
