import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { pickDevice } from '../../../../hub/routing/pick-device.ts';
import type {
  ClaimedDelivery,
  Message,
  NewMessage,
  NewWorkspace,
  SettledDelivery,
} from '../../../../hub/store/records.ts';
import type { Store } from '../../../../hub/store/store.ts';
import type { Channel } from '../../../../shared/channels.ts';
import type {
  JournalBatch,
  JournalEntry,
  MessageEntry,
  StatusEntry,
} from '../../../../shared/wire/journal.ts';

/** A store that a test may fill and that is gone with its data when disposed. */
export interface StoreUnderTest extends AsyncDisposable {
  store: Store;
}

export type OpenStore = () => Promise<StoreUnderTest>;

export const NOW = Date.UTC(2026, 10, 22, 12);
export const HOUR = 3_600_000;

export function newWorkspace(overrides: Partial<NewWorkspace> = {}): NewWorkspace {
  return {
    location_id: randomBytes(16).toString('hex'),
    name: 'Praxis Dr. Müller',
    address: null,
    email: null,
    phone: null,
    url: 'https://client.example/hook',
    headers: [{ key: 'x-tenant', value: 'seven' }],
    signing_secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    connected: true,
    require_api_key: false,
    ...overrides,
  };
}

/** A paired device. */
export async function addDevice(
  store: Store,
  { id = randomUUID(), channels = ['imessage', 'sms'] }: { id?: string; channels?: Channel[] } = {},
): Promise<string> {
  const code_hash = randomUUID();
  await store.createEnrollment(
    {
      device: { id, kind: 'mac', name: `Mac ${id}`, address: null, channels },
      code_hash,
      expires_at: NOW + HOUR,
    },
    NOW,
  );
  await store.redeemEnrollment(
    {
      code_hash,
      kind: 'mac',
      token_hash: randomUUID(),
      bridge_version: '1',
      os_version: '26',
      hostname: 'mini',
    },
    NOW,
  );
  return id;
}

/** A connected workspace with one paired device that serves it on iMessage and SMS. */
export async function addLine(
  store: Store,
  overrides: Partial<NewWorkspace> = {},
): Promise<{ location_id: string; device_id: string }> {
  const { location_id } = await store.createWorkspace(newWorkspace(overrides), NOW);
  const device_id = await addDevice(store);
  await assign(store, location_id, [device_id]);
  return { location_id, device_id };
}

export function assign(
  store: Store,
  locationId: string,
  deviceIds: string[],
  channels: Channel[] = ['imessage', 'sms'],
): Promise<void> {
  const assignments = deviceIds.flatMap((device_id) => channels.map((channel) => ({ device_id, channel })));
  return store.setAssignments(locationId, assignments, NOW);
}

export function newMessage(location_id: string, overrides: Partial<NewMessage> = {}): NewMessage {
  return {
    id: randomUUIDv7(),
    location_id,
    message_id: randomUUID(),
    user_id: 'user-7',
    phone: '+12145550100',
    text: 'Your appointment is at nine.',
    attachments: [],
    channel: 'imessage',
    content_hash: 'a'.repeat(64),
    expires_at: NOW + HOUR,
    ...overrides,
  };
}

export function route(store: Store, online: string[], limit = 1_000): Promise<string[]> {
  return store.routeQueued({ online, pick: pickDevice, limit }, NOW);
}

export async function claim(
  store: Store,
  device_id: string,
  { limit = 1_000, now = NOW, lease = 30_000 } = {},
) {
  const { sends } = await store.claimSends(
    { device_id, owner: 'hub-1', lease_until: now + lease, limit },
    now,
  );
  return sends;
}

/** Messages on their way: accepted, routed to the device, offered to it, and taken by it. */
export async function dispatch(
  store: Store,
  line: { location_id: string; device_id: string },
  messages: NewMessage[],
): Promise<void> {
  await store.acceptMessages(messages, NOW);
  await route(store, [line.device_id]);
  const claimed = await claim(store, line.device_id);
  await store.settleSends(
    line.device_id,
    claimed.map(({ id }) => ({ id, accepted: true })),
    NOW,
  );
}

export function statusEntry(id: string, status: StatusEntry['status'], overrides: Partial<StatusEntry> = {}) {
  const entry: StatusEntry = {
    kind: 'status',
    id,
    status,
    channel: 'imessage',
    at: NOW + 1_000,
    ...overrides,
  };
  return entry;
}

export function messageEntry(overrides: Partial<MessageEntry> = {}): MessageEntry {
  return {
    kind: 'message',
    guid: randomUUID().toUpperCase(),
    from: '+12145550100',
    from_me: false,
    channel: 'imessage',
    text: 'See you then.',
    attachments: [],
    at: NOW + 2_000,
    ...overrides,
  };
}

/** A device's journal as it sends it: numbered on, batch by batch. */
export class Journal {
  readonly id = randomUUID();
  #seq = 0;

  batch(...entries: JournalEntry[]): JournalBatch {
    return {
      journal_id: this.id,
      entries: entries.map((entry) => {
        this.#seq += 1;
        return { seq: this.#seq, entry };
      }),
    };
  }
}

export function claimDue(
  store: Store,
  { limit = 1_000, now = NOW, owner = 'hub-1', busy = [] as string[] } = {},
) {
  return store.claimDeliveries({ owner, lease_until: now + 60_000, limit, busy }, now);
}

export function settled(
  { id }: { id: string },
  outcome: SettledDelivery['outcome'] = { kind: 'delivered' },
): SettledDelivery {
  const ok = outcome.kind === 'delivered';
  return {
    id,
    attempt: {
      attempt: 1,
      at: NOW,
      latency_ms: 12,
      http_status: ok ? 200 : 500,
      error: ok ? null : 'http_status',
      error_message: null,
      response: null,
    },
    outcome,
  };
}

export function eventOf({ body }: ClaimedDelivery): Record<string, unknown> {
  return JSON.parse(body) as Record<string, unknown>;
}

/** Everything that is due, delivered until nothing is left: the events in the order a receiver sees them. */
export async function drain(store: Store, now = NOW): Promise<Record<string, unknown>[]> {
  const events: Record<string, unknown>[] = [];
  for (;;) {
    const due = await claimDue(store, { now });
    if (due.length === 0) return events;
    events.push(...due.map(eventOf));
    await store.settleDeliveries(
      'hub-1',
      due.map((delivery) => settled(delivery)),
      now,
    );
  }
}

export async function messageOf(store: Store, id: string): Promise<Message> {
  const message = await store.findMessage(id);
  if (message === undefined) throw new Error(`the store lost message ${id}`);
  return message;
}

/** Reports entries and answers the events that follow. */
export function reporter(store: Store, deviceId: string) {
  const journal = new Journal();
  return async (...entries: JournalEntry[]) => {
    await store.recordJournal(deviceId, journal.batch(...entries), NOW);
    return drain(store);
  };
}
