import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import type { Acceptance } from '../../../shared/wire/acceptance.ts';
import { DEVICE_NAMESPACE, type DeviceEvents, type HubEvents } from '../../../shared/wire/events.ts';
import type { Refusal, Welcome } from '../../../shared/wire/hello.ts';
import type { JournalAck, JournalEntry } from '../../../shared/wire/journal.ts';
import { PROTOCOL_VERSION } from '../../../shared/wire/protocol-version.ts';
import type { Send } from '../../../shared/wire/send.ts';
import { waitFor } from '../../kit/wait.ts';

/** A device as the hub sees one: a socket that says hello and keeps what it is sent. */
export class TestDevice implements Disposable {
  readonly socket: Socket<HubEvents, DeviceEvents>;
  readonly sends: Send[] = [];
  readonly journalId: string;
  welcome: Welcome | undefined;
  refusal: Refusal | undefined;
  disconnects = 0;
  #seq = 0;
  /** What the device answers to a send; undefined leaves it unanswered. */
  answer: (send: Send) => Acceptance | undefined = ({ id }) => ({ id, accepted: true });

  constructor(url: string, token: string, changes: Record<string, unknown> = {}) {
    this.journalId = String(changes.journal_id ?? randomUUID());
    this.socket = io(`${url}${DEVICE_NAMESPACE}`, {
      auth: {
        protocol: PROTOCOL_VERSION,
        token,
        journal_id: this.journalId,
        journal_seq: 0,
        bridge_version: '0.1.0',
        os_version: '15.5',
        ...changes,
      },
      reconnection: false,
      forceNew: true,
      transports: ['websocket'],
    });
    this.socket.on('welcome', (welcome) => {
      this.welcome = welcome;
    });
    this.socket.on('send', (send, reply) => {
      this.sends.push(send);
      const acceptance = this.answer(send);
      if (acceptance !== undefined) reply(acceptance);
    });
    this.socket.on('connect_error', (error) => {
      this.refusal = (error as Error & { data?: Refusal }).data;
    });
    this.socket.on('disconnect', () => {
      this.disconnects += 1;
    });
  }

  /** Connects and waits for the welcome. */
  static async online(
    url: string,
    token: string,
    changes: Record<string, unknown> = {},
  ): Promise<TestDevice> {
    const device = new TestDevice(url, token, changes);
    await waitFor('the welcome', () => device.welcome ?? refuse(device));
    return device;
  }

  /** Reports entries with the next sequence numbers. */
  async report(...entries: JournalEntry[]): Promise<JournalAck> {
    const batch = {
      journal_id: this.journalId,
      entries: entries.map((entry) => {
        this.#seq += 1;
        return { seq: this.#seq, entry };
      }),
    };
    return this.socket.timeout(10_000).emitWithAck('journal', batch);
  }

  [Symbol.dispose](): void {
    this.socket.disconnect();
  }
}

function refuse(device: TestDevice): undefined {
  if (device.refusal) throw new Error(device.refusal.message);
  return undefined;
}

/** Evidence that a message was sent, delivered, and so on. */
export function statusEntry(id: string, status: 'SENT' | 'DELIVERED', at = 1_700_000_000_000): JournalEntry {
  return { kind: 'status', id, status, channel: 'imessage', at, guid: `guid-${id}` };
}

/** A received message. */
export function messageEntry(guid: string, text: string, from = '+12145550100'): JournalEntry {
  return {
    kind: 'message',
    guid,
    from,
    from_me: false,
    channel: 'imessage',
    text,
    at: 1_700_000_000_000,
    attachments: [],
  };
}
