// Everything around a hub in the bench, as a process of its own: clients that POST /webhook, devices that accept at once
// and journal SENT and DELIVERED, and the webhook that hears of it. Tells its parent the webhook's URL, then obeys.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import { Pool } from 'undici';
import { DEVICE_NAMESPACE, type DeviceEvents, type HubEvents } from '../../shared/wire/events.ts';
import { type JournalEntry, MAX_BATCH } from '../../shared/wire/journal.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import type { Line, Order } from './lines.ts';

const PAUSE_MS = 15;
const CONNECTING_AT_ONCE = 50;

let lines: Line[] = [];
let pool: Pool | undefined;
let delivered = 0;
let onDelivered: () => void = () => undefined;
let onSend: (deviceId: string, text: string) => void = () => undefined;
let posted = 0;

const webhook = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response.end('ok');
    if (!chunks.join('').includes('"status":"DELIVERED"')) return;
    delivered += 1;
    onDelivered();
  });
});
webhook.keepAliveTimeout = 60_000;

/** A device that has what it is sent at once, and reports it in batches, one at a time. */
class StandInDevice {
  readonly #socket: Socket<HubEvents, DeviceEvents>;
  readonly #journalId = crypto.randomUUID();
  #entries: JournalEntry[] = [];
  #seq = 0;
  #reporting = false;
  readonly welcomed: Promise<void>;

  constructor(url: string, { device_id, token }: Line) {
    const auth = {
      protocol: PROTOCOL_VERSION,
      token,
      journal_id: this.#journalId,
      journal_seq: 0,
      bridge_version: '0.1.0',
      os_version: '26.0',
    };
    this.#socket = io(`${url}${DEVICE_NAMESPACE}`, { auth, forceNew: true, transports: ['websocket'] });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.welcomed = promise;
    this.#socket.on('welcome', () => resolve());
    this.#socket.on('connect_error', reject);
    this.#socket.on('send', ({ id, text, channel }, answer) => {
      onSend(device_id, text);
      answer({ id, accepted: true });
      const common = { kind: 'status', id, channel, at: Date.now(), guid: crypto.randomUUID() } as const;
      this.#entries.push({ ...common, status: 'SENT' }, { ...common, status: 'DELIVERED' });
      void this.#report();
    });
  }

  async #report(): Promise<void> {
    if (this.#reporting) return;
    this.#reporting = true;
    while (this.#entries.length > 0) {
      const entries = this.#entries.splice(0, MAX_BATCH).map((entry) => {
        this.#seq += 1;
        return { seq: this.#seq, entry };
      });
      await this.#socket.emitWithAck('journal', { journal_id: this.#journalId, entries });
    }
    this.#reporting = false;
  }
}

async function post(line: Line, text: string): Promise<void> {
  posted += 1;
  const body = JSON.stringify({
    location_id: line.location_id,
    user_id: '1',
    phone: `+1214${5_550_000 + (posted % 50_000)}`,
    message: text,
    message_id: crypto.randomUUID(),
    channel: 'imessage',
  });
  const headers = { 'content-type': 'application/json' };
  const response = await pool?.request({ path: '/webhook', method: 'POST', headers, body });
  await response?.body.dump();
  if (response?.statusCode !== 200) throw new Error(`POST /webhook answered ${response?.statusCode}.`);
}

async function connect(url: string, wanted: Line[]): Promise<number> {
  pool = new Pool(url);
  lines = wanted;
  for (let from = 0; from < lines.length; from += CONNECTING_AT_ONCE) {
    const some = lines.slice(from, from + CONNECTING_AT_ONCE);
    await Promise.all(some.map((line) => new StandInDevice(url, line).welcomed));
  }
  return lines.length;
}

async function send(count: number, connections: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const goal = delivered + count;
  onDelivered = () => {
    if (delivered === goal) resolve();
  };
  let left = count;
  const keepSending = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const line = lines[left % lines.length];
      if (line) await post(line, 'Hello from the bench, a text of the usual length for a business message.');
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: connections }, keepSending));
  await promise;
  return (performance.now() - began) / 1_000;
}

async function wake(count: number): Promise<number[]> {
  const samples: number[] = [];
  while (samples.length < count) {
    const line = lines[Math.floor(Math.random() * lines.length)];
    if (!line) throw new Error('There is no device to wake.');
    const text = `wake ${crypto.randomUUID()}`;
    const { promise, resolve } = Promise.withResolvers<number>();
    onSend = (deviceId, sent) => {
      if (sent === text && deviceId === line.device_id) resolve(performance.now());
    };
    const began = performance.now();
    const accepted = post(line, text);
    samples.push((await promise) - began);
    await accepted;
    await sleep(Math.random() * PAUSE_MS);
  }
  return samples;
}

function obey(order: Order): Promise<number | number[]> {
  if (order.kind === 'connect') return connect(order.url, order.lines);
  return order.kind === 'send' ? send(order.count, order.connections) : wake(order.count);
}

process.on('message', async (order: Order) => process.send?.(await obey(order)));
process.on('disconnect', () => process.exit());
webhook.listen(0, '127.0.0.1');
await once(webhook, 'listening');
process.send?.(`http://127.0.0.1:${(webhook.address() as AddressInfo).port}/hook`);
