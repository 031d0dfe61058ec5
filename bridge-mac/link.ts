import type { Logger } from 'pino';
import { io, type Socket } from 'socket.io-client';
import { Loop } from '../shared/runtime/loop.ts';
import type { Acceptance } from '../shared/wire/acceptance.ts';
import { DEVICE_NAMESPACE, type DeviceEvents } from '../shared/wire/events.ts';
import type { Health } from '../shared/wire/health.ts';
import { type Hello, type Refusal, refusalSchema, welcomeSchema } from '../shared/wire/hello.ts';
import { journalAckSchema } from '../shared/wire/journal.ts';
import { type Settings, settingsSchema } from '../shared/wire/settings.ts';
import type { Journal } from './journal/journal.ts';

const ACK_TIMEOUT_MS = 10_000;
const HEALTH_EVERY_MS = 60_000;
const IDLE_MS = 60_000;
const RECONNECT = { reconnectionDelay: 250, reconnectionDelayMax: 5_000, randomizationFactor: 0.5 };
/** A hub that refused may be upgraded, or the device paired again: asked slowly, for ever. Milliseconds. */
const REFUSAL_RETRY_MS: Record<Refusal['code'], number> = {
  unsupported_protocol: 30_000,
  unauthorized: 30_000,
  invalid_hello: 30_000,
  unavailable: 5_000,
};

export interface LinkOptions {
  hubUrl: string;
  /** What is said on every connection. */
  hello: () => Hello;
  journal: Journal;
  /** Undefined: nothing can be answered. A rejection is not answered either, and the hub asks again. */
  onSend: (offered: unknown) => Promise<Acceptance | undefined>;
  health: () => Health;
  /** Called with false when the hub does not know this device (any more), with true when it lets it in. */
  onAdmission: (isAdmitted: boolean) => void;
  /** How the hub wants this device to behave: on every connection, and whenever it changes. */
  onSettings: (settings: Settings) => void;
  log: Logger;
}

type Incoming = {
  welcome: (welcome: unknown) => void;
  settings: (settings: unknown) => void;
  send: (send: unknown, answer: unknown) => void;
};

/**
 * The bridge's one connection to its hub. It is sought for ever; on each welcome the journal goes on after what the
 * hub has, one batch in flight, resent until acknowledged.
 */
export class HubLink implements AsyncDisposable {
  readonly #options: LinkOptions;
  readonly #socket: Socket<Incoming, DeviceEvents>;
  readonly #pusher: Loop;
  #welcomed = false;
  #stopped = false;
  #lastTrouble: string | undefined;
  #retry: NodeJS.Timeout | undefined;
  #healthTimer: NodeJS.Timeout | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    const hub = new URL(options.hubUrl);
    this.#socket = io(`${hub.origin}${DEVICE_NAMESPACE}`, {
      path: `${hub.pathname.replace(/\/$/, '')}/socket.io/`,
      auth: (say) => say(options.hello()),
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      autoConnect: false,
      ...RECONNECT,
    });
    this.#pusher = new Loop({
      name: 'pushing the journal',
      log: options.log,
      step: () => this.#push(),
      backoff: { base: 100, max: 5_000 },
    });
  }

  start(): this {
    const socket = this.#socket;
    socket.on('welcome', (welcome) => this.#onWelcome(welcome));
    socket.on('settings', (settings) => this.#onSettings(settings));
    socket.on('send', (send, answer) => void this.#onSend(send, answer));
    socket.on('connect_error', (error) => this.#onRefused(error));
    socket.on('disconnect', (reason) => this.#onDisconnect(reason));
    this.#healthTimer = setInterval(() => this.reportHealth(), HEALTH_EVERY_MS);
    this.#pusher.start();
    socket.connect();
    return this;
  }

  /** There is something new in the journal. */
  wake(): void {
    this.#pusher.wake();
  }

  /** Whether the hub has let this device in, as far as is known. */
  get isConnected(): boolean {
    return this.#welcomed;
  }

  reportHealth(): void {
    if (this.#welcomed) this.#socket.emit('health', this.#options.health());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#healthTimer);
    clearTimeout(this.#retry);
    this.#socket.disconnect();
    await this.#pusher.stop();
  }

  #onWelcome(data: unknown): void {
    const parsed = welcomeSchema.safeParse(data);
    if (!parsed.success) {
      this.#options.log.warn('the hub greeted in a way that cannot be understood; trying again');
      this.#reconnect(REFUSAL_RETRY_MS.unavailable);
      return;
    }
    const { device_id, device_name, hub_version, acked_seq } = parsed.data;
    this.#lastTrouble = undefined;
    this.#onSettings(parsed.data.settings);
    if (!this.#canResume(acked_seq)) return;
    this.#options.log.info({ device_id, device_name, hub_version, acked_seq }, 'connected to the hub');
    this.#welcomed = true;
    this.#options.onAdmission(true);
    this.reportHealth();
    this.wake();
  }

  #onSettings(settings: unknown): void {
    const { log, onSettings } = this.#options;
    const parsed = settingsSchema.safeParse(settings);
    if (!parsed.success) {
      log.warn('the hub said settings that cannot be understood; the former ones stay');
      return;
    }
    try {
      onSettings(parsed.data);
    } catch (error) {
      log.error({ err: error }, 'the settings of the hub could not be stored; the former ones stay');
    }
  }

  async #onSend(send: unknown, answer: unknown): Promise<void> {
    try {
      const acceptance = await this.#options.onSend(send);
      if (acceptance !== undefined && typeof answer === 'function') answer(acceptance);
    } catch (error) {
      this.#options.log.error({ err: error }, 'a send could not be stored; the hub will offer it again');
    }
  }

  async #push(): Promise<number> {
    if (!this.#welcomed) return IDLE_MS;
    const batch = this.#options.journal.nextBatch();
    if (batch === undefined) return IDLE_MS;
    const answer: unknown = await this.#socket.timeout(ACK_TIMEOUT_MS).emitWithAck('journal', batch);
    const { acked_seq } = journalAckSchema.parse(answer);
    this.#resume(acked_seq);
    return 0;
  }

  /** Goes on after what the hub has. A disk that cannot be written keeps this device away, and must not end the bridge. */
  #canResume(ackedSeq: number): boolean {
    try {
      return this.#resume(ackedSeq) === 'ok';
    } catch (error) {
      this.#options.log.error({ err: error }, 'what the hub has heard could not be noted; trying again');
      this.#reconnect(REFUSAL_RETRY_MS.unavailable);
      return false;
    }
  }

  #resume(ackedSeq: number): 'ok' | 'renewed' {
    const { journal, log } = this.#options;
    if (journal.acknowledge(ackedSeq) === 'ok') return 'ok';
    log.warn(
      { acked_seq: ackedSeq, last_seq: journal.lastSeq },
      'the hub knows another past of the journal (a backup was restored?): continuing in a new one',
    );
    this.#reconnect(0);
    return 'renewed';
  }

  #reconnect(afterMs: number): void {
    this.#welcomed = false;
    this.#socket.disconnect();
    this.#connectLater(afterMs);
  }

  #connectLater(afterMs: number): void {
    clearTimeout(this.#retry);
    if (this.#stopped) return;
    const spread = afterMs * (0.8 + 0.4 * Math.random());
    this.#retry = setTimeout(() => this.#socket.connect(), spread);
  }

  #onDisconnect(reason: string): void {
    this.#welcomed = false;
    if (this.#stopped) return;
    this.#options.log.info({ reason }, 'disconnected from the hub');
    // socket.io comes back by itself, except where the hub ended it.
    if (reason === 'io server disconnect') this.#connectLater(RECONNECT.reconnectionDelay);
  }

  #onRefused(error: Error & { data?: unknown }): void {
    this.#welcomed = false;
    const refusal = refusalSchema.safeParse(error.data);
    const sentence = refusal.success
      ? `The hub refuses this bridge: ${refusal.data.message}`
      : `The hub cannot be reached: ${error.message}.`;
    // The same trouble is told once, not at every attempt.
    this.#options.log[sentence === this.#lastTrouble ? 'debug' : 'warn'](
      { hub: this.#options.hubUrl },
      sentence,
    );
    this.#lastTrouble = sentence;
    if (refusal.data?.code === 'unauthorized') this.#options.onAdmission(false);
    if (this.#socket.active) return;
    this.#connectLater(REFUSAL_RETRY_MS[refusal.success ? refusal.data.code : 'unavailable']);
  }
}
