import { expect } from 'vitest';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import { Balancer } from './balancer.ts';
import { Hub } from './hub.ts';
import { LastingDevice } from './lasting-device.ts';
import type { PostgresServer } from './postgres.ts';
import { Receiver } from './receiver.ts';
import { waitFor } from './wait.ts';

const CONVERSATIONS = 10;

/** Two hubs on one database behind a balancer, a workspace with its client's webhook, and a device. */
export class Site implements AsyncDisposable {
  readonly stack = new AsyncDisposableStack();
  readonly hubs: Hub[] = [];
  readonly accepted = new Map<string, string>();
  /** Answers to POSTs other than 200. */
  readonly refusals: number[] = [];
  url = '';
  locationId = '';
  secret = '';
  token = '';
  #posting = true;

  static async start(postgres: PostgresServer): Promise<Site> {
    const site = new Site();
    const database = site.stack.use(await postgres.createDatabase());
    site.url = database.url;
    const env = { DATABASE_URL: database.url, HUB_SECRET: 'one secret for all hubs', LOG_LEVEL: 'info' };
    for (let n = 0; n < 2; n += 1) site.hubs.push(site.stack.use(await Hub.start(env)));
    site.balancer = site.stack.use(await Balancer.start(...site.hubs.map((hub) => hub.url)));
    site.receiver = site.stack.use(await Receiver.start());
    await site.#join();
    return site;
  }

  balancer!: Balancer;
  receiver!: Receiver;

  device(url = this.balancer.url): LastingDevice {
    return this.stack.use(new LastingDevice(url, this.token));
  }

  /** POSTs like a client: again and again under the same message_id, until a hub has said yes. */
  async post(messageId: string, url = this.balancer.url): Promise<void> {
    const n = Number(messageId.replace(/\D/g, ''));
    const body = JSON.stringify({
      location_id: this.locationId,
      user_id: 'u1',
      phone: `+121455501${10 + (n % CONVERSATIONS)}`,
      message: `text of ${messageId}`,
      message_id: messageId,
      channel: 'imessage',
    });
    await waitFor(`acceptance of ${messageId}`, async () => {
      const headers = { 'content-type': 'application/json', connection: 'close' };
      const answer = await fetch(`${url}/webhook`, { method: 'POST', headers, body }).catch(() => undefined);
      if (answer?.status !== 200) {
        if (answer) this.refusals.push(answer.status);
        return false;
      }
      this.accepted.set(messageId, String(((await answer.json()) as { id: string }).id));
      return true;
    });
  }

  /** POSTs one message after another until told to stop; resolves when the last was accepted. */
  async keepPosting(): Promise<void> {
    for (let n = 0; this.#posting; n += 1) {
      await this.post(`m${n}`);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }

  stopPosting(): void {
    this.#posting = false;
  }

  /** Everything accepted was taken once, in order within each conversation, and its statuses went out in order. */
  async expectAllDone(device: LastingDevice): Promise<void> {
    const ids = [...this.accepted.keys()];
    const isDone = (id: string): boolean => this.receiver.statusesOf(id).length === 2;
    await waitFor(`the statuses of ${ids.length} messages`, () => ids.every(isDone));
    for (const id of ids) expect(this.receiver.statusesOf(id), id).toEqual(['SENT', 'DELIVERED']);
    expect(device.taken.toSorted()).toEqual([...this.accepted.values()].toSorted());
    const place = new Map(device.taken.map((id, index) => [id, index]));
    for (let n = CONVERSATIONS; n < ids.length; n += 1) {
      const [before, after] = [ids[n - CONVERSATIONS]!, ids[n]!].map((id) => this.accepted.get(id)!);
      expect(place.get(before!), ids[n]).toBeLessThan(place.get(after!)!);
    }
    expect(this.receiver.events).toHaveLength(2 * ids.length);
    this.receiver.verifyAll(this.secret);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopPosting();
    await this.stack.disposeAsync();
  }

  async #join(): Promise<void> {
    const hub = this.hubs[0]!;
    const workspace = await hub.api('POST', '/api/workspaces', { name: 'CRM', url: this.receiver.url });
    this.locationId = String(workspace.body.location_id);
    this.secret = String(workspace.body.signing_secret);
    const { body } = await hub.api('POST', '/api/enrollments', { name: 'Mac', kind: 'mac' });
    const base = `/api/workspaces/${this.locationId}`;
    await hub.api('PUT', `${base}/devices`, { devices: [{ device_id: body.device_id }] });
    await hub.api('PUT', `${base}/connection`, { connected: true });
    const paired = await hub.api('POST', '/api/pair', {
      code: body.code,
      protocol: PROTOCOL_VERSION,
      kind: 'mac',
      bridge_version: '0.1.0',
      os_version: '15.5',
      hostname: 'mac.local',
    });
    this.token = String(paired.body.token);
  }
}
