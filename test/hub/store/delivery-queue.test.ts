import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClaimedDelivery, SettledDelivery } from '../../../hub/store/records.ts';
import type { Store } from '../../../hub/store/store.ts';
import { describeWithPostgres } from '../../kit/describe-with-postgres.ts';
import {
  addLine,
  claimDue,
  drain,
  eventOf,
  HOUR,
  Journal,
  messageEntry,
  NOW,
  type OpenStore,
  settled,
} from './contract/fixtures.ts';
import { databasesOf } from './postgres-fixtures.ts';
import { openTemporary } from './sqlite-fixtures.ts';

const SENDERS = ['+12145550101', '+12145550102', '+12145550103'];

type Act =
  | { kind: 'hear'; sender: number }
  | { kind: 'claim'; limit: number }
  | { kind: 'settle'; index: number; outcome: 'delivered' | 'retry' | 'dead' }
  | { kind: 'retry-dead' }
  | { kind: 'retry-pending' }
  | { kind: 'wait'; ms: number }
  | { kind: 'release' }
  | { kind: 'switch'; on: boolean };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('hear' as const), sender: fc.nat(2) }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('claim' as const), limit: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      index: fc.nat(5),
      outcome: fc.constantFrom('delivered', 'delivered', 'retry', 'dead'),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ kind: 'retry-dead' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'retry-pending' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 61_000) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'release' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('switch' as const), on: fc.boolean() }) },
);

/** Plays acts on a store and checks after each what must always hold. */
class Game {
  readonly #store: Store;
  readonly #line: { location_id: string; device_id: string };
  readonly #journal = new Journal();
  /** Claimed and neither settled nor expired, with the end of the lease. */
  #open: { delivery: ClaimedDelivery; until: number }[] = [];
  now = NOW;
  heard = 0;

  constructor(store: Store, line: { location_id: string; device_id: string }) {
    this.#store = store;
    this.#line = line;
  }

  async play(one: Act): Promise<void> {
    const store = this.#store;
    if (one.kind === 'hear') {
      this.heard += 1;
      const entry = messageEntry({ from: SENDERS[one.sender] ?? '', text: String(this.heard) });
      await store.recordJournal(this.#line.device_id, this.#journal.batch(entry), this.now);
    } else if (one.kind === 'claim') await this.#claim(one.limit);
    else if (one.kind === 'settle') await this.#settle(one.index, one.outcome);
    else if (one.kind === 'retry-dead') await this.#retry('dead');
    else if (one.kind === 'retry-pending') await this.#retry('pending');
    else if (one.kind === 'wait') this.#wait(one.ms);
    else if (one.kind === 'release') {
      await store.releaseDeliveries('hub-1');
      this.#open = [];
    } else await store.updateWorkspace(this.#line.location_id, { webhook_enabled: one.on }, this.now);
  }

  async #claim(limit: number): Promise<void> {
    const claimed = await claimDue(this.#store, { limit, now: this.now });
    for (const delivery of claimed) {
      const phone = eventOf(delivery).phone;
      const under = this.#open.find((one) => eventOf(one.delivery).phone === phone);
      expect(under, 'one delivery of a conversation is under way at a time').toBeUndefined();
      this.#open.push({ delivery, until: this.now + 60_000 });
    }
  }

  async #settle(index: number, kind: 'delivered' | 'retry' | 'dead'): Promise<void> {
    const one = this.#open.splice(index % Math.max(1, this.#open.length), 1)[0];
    if (one === undefined) return;
    const outcome: SettledDelivery['outcome'] = kind === 'retry' ? { kind, at: this.now + 5_000 } : { kind };
    await this.#store.settleDeliveries('hub-1', [settled(one.delivery, outcome)], this.now);
  }

  async #retry(status: 'dead' | 'pending'): Promise<void> {
    const { items } = await this.#store.listDeliveries({ status }, { limit: 5 });
    const [any] = items.toReversed();
    if (any) await this.#store.retryDelivery(any.id, this.now);
  }

  #wait(ms: number): void {
    this.now += ms;
    this.#open = this.#open.filter(({ until }) => until > this.now);
  }
}

describe('the queue of deliveries on SQLite', () => describeQueue(openTemporary, 100));

describeWithPostgres('the queue of deliveries on Postgres', (postgres) =>
  describeQueue(databasesOf(postgres), 12),
);

function describeQueue(open: OpenStore, numRuns: number): void {
  test('whatever happens to it: one under way per conversation, the rest in order, and nothing is stuck or lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 50 }), async (acts) => {
        await using opened = await open();
        const { store } = opened;
        const line = await addLine(store);
        const game = new Game(store, line);
        for (const one of acts) await game.play(one);

        await store.updateWorkspace(line.location_id, { webhook_enabled: true }, game.now);
        const pending = (await store.listDeliveries({ status: 'pending' }, { limit: 200 })).items.length;
        const drained = await drain(store, game.now + HOUR);
        expect(drained).toHaveLength(pending);
        for (const sender of SENDERS) {
          const told = drained.filter(({ phone }) => phone === sender).map(({ message }) => Number(message));
          expect(told).toEqual(told.toSorted((a, b) => a - b));
        }
        const { items } = await store.listDeliveries({}, { limit: 200 });
        expect(items).toHaveLength(game.heard);
        expect(items.filter(({ status }) => status === 'pending')).toEqual([]);
      }),
      {
        numRuns,
        // A lease that runs out while an older event was made due by hand.
        examples: [
          [
            [
              { kind: 'hear', sender: 2 },
              { kind: 'claim', limit: 1 },
              { kind: 'settle', index: 0, outcome: 'dead' },
              { kind: 'hear', sender: 2 },
              { kind: 'claim', limit: 1 },
              { kind: 'retry-dead' },
            ],
          ],
        ],
      },
    );
  });
}
