import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import { DEVICE_NAMESPACE, type DeviceEvents, type HubEvents } from '../../shared/wire/events.ts';
import type { JournalEntry } from '../../shared/wire/journal.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';

const BATCH = 50;

/**
 * A device that keeps coming back: it takes each message once, however often it is offered, tells that it was sent and
 * delivered, and repeats what was not acknowledged. All of it in memory: the bridge itself is tested elsewhere.
 */
export class LastingDevice implements Disposable {
  readonly socket: Socket<HubEvents, DeviceEvents>;
  /** Ids in the order in which they were first offered. */
  readonly taken: string[] = [];
  /** Offers of what it had taken before. */
  repeated = 0;
  welcomes = 0;
  readonly #journalId = randomUUID();
  readonly #entries: JournalEntry[] = [];
  readonly #known = new Set<string>();
  #acked = 0;
  #pushing = false;

  constructor(url: string, token: string) {
    this.socket = io(`${url}${DEVICE_NAMESPACE}`, {
      auth: {
        protocol: PROTOCOL_VERSION,
        token,
        journal_id: this.#journalId,
        journal_seq: 0,
        bridge_version: '0.1.0',
        os_version: '15.5',
      },
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 1_000,
    });
    this.socket.on('welcome', ({ acked_seq }) => {
      this.welcomes += 1;
      this.#acked = acked_seq;
      void this.#push();
    });
    this.socket.on('send', ({ id }, answer) => {
      if (this.#known.has(id)) this.repeated += 1;
      else this.#take(id);
      answer({ id, accepted: true });
    });
    // Where the hub ended the connection, or refused it, the library does not come back by itself.
    this.socket.on('disconnect', (reason) => {
      if (reason === 'io server disconnect') this.#comeBack();
    });
    this.socket.on('connect_error', () => {
      if (!this.socket.active) this.#comeBack();
    });
  }

  /** Reports something that nobody asked for. */
  report(entry: JournalEntry): void {
    this.#entries.push(entry);
    void this.#push();
  }

  /** Whether all that it reported was acknowledged. */
  get isHeard(): boolean {
    return this.#acked >= this.#entries.length;
  }

  [Symbol.dispose](): void {
    this.socket.removeAllListeners('disconnect');
    this.socket.disconnect();
  }

  #take(id: string): void {
    this.#known.add(id);
    this.taken.push(id);
    for (const status of ['SENT', 'DELIVERED'] as const)
      this.report({ kind: 'status', id, status, channel: 'imessage', at: Date.now(), guid: `guid-${id}` });
  }

  async #push(): Promise<void> {
    if (this.#pushing) return;
    this.#pushing = true;
    try {
      while (this.socket.connected && !this.isHeard) {
        const entries = this.#entries
          .slice(this.#acked, this.#acked + BATCH)
          .map((entry, index) => ({ seq: this.#acked + index + 1, entry }));
        const batch = { journal_id: this.#journalId, entries };
        const { acked_seq } = await this.socket.timeout(3_000).emitWithAck('journal', batch);
        this.#acked = acked_seq;
      }
    } catch {
      // Not acknowledged: the next welcome, or the next try, says how far the hub is.
      setTimeout(() => void this.#push(), 200).unref();
    } finally {
      this.#pushing = false;
    }
  }

  #comeBack(): void {
    setTimeout(() => this.socket.connect(), 200).unref();
  }
}
