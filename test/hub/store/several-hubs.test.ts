import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { pickDevice } from '../../../hub/routing/pick-device.ts';
import type { ClaimedDelivery } from '../../../hub/store/records.ts';
import type { Store } from '../../../hub/store/store.ts';
import type { JournalEntry } from '../../../shared/wire/journal.ts';
import { describeWithPostgres } from '../../kit/describe-with-postgres.ts';
import {
  addDevice,
  assign,
  eventOf,
  Journal,
  newMessage,
  newWorkspace,
  settled,
  statusEntry,
} from './contract/fixtures.ts';
import { openUrl } from './postgres-fixtures.ts';

const HUBS = 3;
const PHONES = ['+12145550101', '+12145550102', '+12145550103', '+12145550104'];
const PER_CONVERSATION = 12;
const FILE = { sha256: 'b'.repeat(64), size: 10, mime_type: 'image/png' };

/** Hubs, clients, devices and receivers at work on one database, each step through whichever hub comes next. */
class Storm {
  readonly #stores: Store[];
  readonly #turns = Math.floor(Math.random() * 1_000);
  #asked = 0;
  readonly locations: string[] = [];
  readonly devices: string[] = [];
  /** Hub ids in the order of acceptance, by conversation. */
  readonly accepted = new Map<string, string[]>();
  /** Hub ids in the order in which devices were first given them, by conversation. */
  readonly given = new Map<string, string[]>();
  readonly told = new Map<string, ClaimedDelivery[]>();
  readonly faults: string[] = [];
  readonly #asking = new Set<string>();
  readonly #underWay = new Map<string, string>();
  readonly #toReport = new Map<string, JournalEntry[]>();
  #producing = true;

  constructor(stores: Store[]) {
    this.#stores = stores;
  }

  get #hub(): { store: Store; owner: string } {
    this.#asked += 1;
    const n = (this.#asked * 7 + this.#turns) % HUBS;
    return { store: this.#stores[n]!, owner: `hub-${n}` };
  }

  async prepare(): Promise<void> {
    const { store } = this.#hub;
    for (let n = 0; n < 3; n += 1) this.devices.push(await addDevice(store));
    for (let n = 0; n < 2; n += 1) {
      const { location_id } = await store.createWorkspace(newWorkspace(), Date.now());
      this.locations.push(location_id);
      await assign(store, location_id, this.devices);
    }
  }

  async run(): Promise<void> {
    const clients = this.locations.flatMap((id) => PHONES.map((phone) => this.#write(id, phone)));
    const workers = [
      ...this.#stores.map(() => this.#untilDone(() => this.#route())),
      ...this.devices.flatMap((id) => [
        this.#untilDone(() => this.#offer(id)),
        this.#untilDone(() => this.#offer(id)),
      ]),
      ...this.devices.map((id) => this.#report(id)),
      ...this.#stores.map((store, n) => this.#untilDone(() => this.#deliver(store, `hub-${n}`))),
      this.#untilDone(() => this.#fetch()),
      this.#untilDone(() => this.#disturb()),
    ];
    const written = await Promise.allSettled(clients);
    this.#producing = false;
    for (const one of [...written, ...(await Promise.allSettled(workers))])
      if (one.status === 'rejected') this.faults.push(String(one.reason?.stack));
  }

  get expectedEvents(): number {
    return this.locations.length * PHONES.length * PER_CONVERSATION * 2;
  }

  get toldEvents(): number {
    return this.told.values().reduce((sum, events) => sum + events.length, 0);
  }

  async #untilDone(work: () => Promise<unknown>): Promise<void> {
    const deadline = Date.now() + 40_000;
    while (this.#producing || this.toldEvents < this.expectedEvents) {
      if (Date.now() > deadline) throw new Error(`stuck: ${this.toldEvents} of ${this.expectedEvents} told`);
      await work();
      await sleep(Math.random() * 5);
    }
  }

  async #write(location_id: string, phone: string): Promise<void> {
    for (let n = 0; n < PER_CONVERSATION; n += 1) {
      const attachments = n % 5 === 2 ? [`https://files.example/${n}`] : [];
      const expires_at = Date.now() + 3_600_000;
      const message = newMessage(location_id, { phone, attachments, expires_at, text: String(n) });
      // A client that got no answer asks again, at another hub, which knows nothing of the first.
      const twins = [message, { ...message, id: randomUUIDv7() }];
      const outcomes = await Promise.all(
        twins.map((one) => this.#hub.store.acceptMessages([one], Date.now())),
      );
      const [id = '', ...more] = new Set(outcomes.flat().map((one) => ('id' in one ? one.id : one.kind)));
      if (more.length > 0) this.faults.push('a message was accepted twice');
      add(this.accepted, `${location_id} ${phone}`, id);
    }
  }

  async #route(): Promise<void> {
    const request = { online: this.devices, pick: pickDevice, limit: 10 };
    await this.#hub.store.routeQueued(request, Date.now());
  }

  async #offer(deviceId: string): Promise<void> {
    const { store, owner } = this.#hub;
    const lease_until = Date.now() + 60_000;
    const request = { device_id: deviceId, owner, lease_until, limit: 4 };
    const { sends } = await store.claimSends(request, Date.now());
    for (const { id, location_id, phone } of sends) {
      const key = `${deviceId} ${phone}`;
      if (this.#asking.has(key)) this.faults.push(`${deviceId} is asked twice at once in one conversation`);
      this.#asking.add(key);
      add(this.given, `${location_id} ${phone}`, id);
    }
    await sleep(Math.random() * 3);
    for (const { phone } of sends) this.#asking.delete(`${deviceId} ${phone}`);
    const answers = sends.map(({ id }) => ({ id, accepted: true as const }));
    await store.settleSends(deviceId, answers, Date.now());
    for (const { id } of sends)
      for (const status of ['SENT', 'DELIVERED'] as const)
        add(this.#toReport, deviceId, statusEntry(id, status));
  }

  async #report(deviceId: string): Promise<void> {
    const journal = new Journal();
    await this.#untilDone(async () => {
      const waiting = this.#toReport.get(deviceId) ?? [];
      const entries = waiting.splice(0, 1 + Math.floor(Math.random() * 6));
      if (entries.length === 0) return;
      const batch = journal.batch(...entries);
      // Acknowledgements get lost, and the device is connected to another hub by then.
      const acks = await Promise.all(
        [0, 1].map(() => this.#hub.store.recordJournal(deviceId, batch, Date.now())),
      );
      if (acks.some(({ acked_seq }) => acked_seq !== batch.entries.at(-1)?.seq))
        this.faults.push('a batch was not acknowledged whole');
    });
  }

  async #deliver(store: Store, owner: string): Promise<void> {
    const lease_until = Date.now() + 60_000;
    const claimed = await store.claimDeliveries({ owner, lease_until, limit: 8, busy: [] }, Date.now());
    for (const delivery of claimed) {
      const key = `${delivery.location_id} ${String(eventOf(delivery).phone)}`;
      if (this.#underWay.has(key)) this.faults.push(`two events of ${key} are under way at once`);
      this.#underWay.set(key, delivery.id);
    }
    await sleep(Math.random() * 3);
    const outcomes = claimed.map((delivery) => {
      const key = `${delivery.location_id} ${String(eventOf(delivery).phone)}`;
      this.#underWay.delete(key);
      if (Math.random() < 0.2) return settled(delivery, { kind: 'retry', at: Date.now() + 5 });
      add(this.told, key, delivery);
      return settled(delivery);
    });
    await store.settleDeliveries(owner, outcomes, Date.now());
  }

  async #fetch(): Promise<void> {
    const { store, owner } = this.#hub;
    const places = { total: 8, per_workspace: 4, per_host: 2 };
    const lease_until = Date.now() + 60_000;
    for (const fetch of await store.claimFetches({ owner, lease_until, places }, Date.now()))
      await store.settleFetch(owner, fetch, { kind: 'stored', file: { ...FILE, name: 'a.png' } }, Date.now());
  }

  /** What admins and sweeps do meanwhile must neither lose nor double anything. */
  async #disturb(): Promise<void> {
    const { store } = this.#hub;
    const [location_id = ''] = this.locations;
    await store.updateWorkspace(location_id, { name: String(Math.random()) }, Date.now());
    await store.setAssignments(
      location_id,
      this.devices.flatMap((device_id) => [{ device_id, channel: 'imessage' as const }]),
      Date.now(),
    );
    await store.expireQueued(Date.now(), 100);
    await store.expireDispatched({ silentSince: 0, limit: 100 }, Date.now());
    await store.unrouteDevice(this.devices[0] ?? '');
    const { items } = await store.listDeliveries({ status: 'pending' }, { limit: 3 });
    for (const { id } of items) await store.retryDelivery(id, Date.now());
    await store.countQueues(Date.now());
    await sleep(10);
  }
}

function add<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

describeWithPostgres('several hubs on one Postgres', (postgres) => {
  test('take messages, files, statuses and events from each other’s hands without losing, doubling or reordering', async () => {
    await using database = await postgres().createDatabase();
    await using stack = new AsyncDisposableStack();
    const stores = await Promise.all(Array.from({ length: HUBS }, () => openUrl(database.url)));
    for (const store of stores) stack.use(store);
    const storm = new Storm(stores);
    await storm.prepare();
    await storm.run();

    expect(storm.faults).toEqual([]);
    expect(storm.given).toEqual(storm.accepted);
    for (const [conversation, ids] of storm.accepted) {
      const events = storm.told.get(conversation) ?? [];
      const byMessage = Map.groupBy(events, (event) => eventOf(event).message_id);
      expect(byMessage.size).toBe(ids.length);
      for (const [, ofMessage] of byMessage)
        expect(ofMessage.map((event) => eventOf(event).status)).toEqual(['SENT', 'DELIVERED']);
    }
    const [store] = stores;
    expect(await store!.countQueues(Date.now())).toMatchObject({
      messages_queued: 0,
      messages_dispatched: 0,
      deliveries_pending: 0,
    });
  }, 120_000);
});
