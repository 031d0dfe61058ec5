import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Membership } from '../../../hub/cluster/membership.ts';
import type { HubStore, OtherHub } from '../../../hub/store/hubs.ts';
import { createLog } from '../../../shared/runtime/log.ts';

const log = createLog('hub', 'fatal', { write: () => undefined });
const SECOND = 1_000;

/** Lets some seconds of the timers pass. */
const pass = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * SECOND);

/** The table of hubs in memory, beaten by hand. */
class Table implements Pick<HubStore, 'registerHub' | 'beatHub' | 'takeOverHub' | 'leaveHub'> {
  readonly hubs = new Map<string, string>();
  readonly takenOver: string[] = [];
  beats = 0;
  isDown = false;

  async registerHub(id: string, beat: string): Promise<void> {
    this.hubs.set(id, beat);
  }

  async beatHub(id: string, beat: string): Promise<OtherHub[] | undefined> {
    if (this.isDown) throw new Error('the database is away');
    this.beats += 1;
    if (!this.hubs.has(id)) return undefined;
    this.hubs.set(id, beat);
    return [...this.hubs].filter(([other]) => other !== id).map(([id, beat]) => ({ id, beat }));
  }

  async takeOverHub({ id, beat }: OtherHub): Promise<boolean> {
    if (this.hubs.get(id) !== beat) return false;
    this.takenOver.push(id);
    return this.hubs.delete(id);
  }

  async leaveHub(id: string): Promise<void> {
    this.hubs.delete(id);
  }
}

describe('membership', () => {
  const open: AsyncDisposable[] = [];
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
  });

  function join(
    table: Table,
    changes: Partial<ConstructorParameters<typeof Membership>[0]> = {},
  ): Membership {
    const membership = new Membership({
      store: table,
      owner: 'self',
      shared: true,
      log,
      now: Date.now,
      onWork: () => undefined,
      onBeat: () => undefined,
      onCutOff: () => undefined,
      ...changes,
    });
    open.push(membership);
    return membership;
  }

  test('a hub that beats is never taken over, whatever the clocks say', async () => {
    const table = new Table();
    table.hubs.set('other', '0');
    let wall = 0;
    const membership = join(table, {
      now: () => wall,
      onBeat: () => {
        wall += 3_600 * SECOND;
        table.hubs.set('other', String(table.beats));
      },
    });
    await membership.enter();
    await pass(60);
    expect(table.beats).toBeGreaterThan(20);
    expect(table.takenOver).toEqual([]);
  });

  test('one that stands still is taken over once, after five beats, and its work is announced', async () => {
    const table = new Table();
    table.hubs.set('other', '0');
    let works = 0;
    const membership = join(table, { onWork: () => (works += 1) });
    await membership.enter();
    await pass(9);
    expect(table.takenOver).toEqual([]);
    await pass(2);
    expect(table.takenOver).toEqual(['other']);
    expect(works).toBe(1);
    await pass(20);
    expect(works).toBe(1);
  });

  test('a hub that cannot beat soon holds nothing, and goes on in the same term when it can again', async () => {
    const table = new Table();
    let steady = 0;
    let works = 0;
    const membership = join(table, { steady: () => steady, now: () => 0, onWork: () => (works += 1) });
    expect(membership.term()).toBeUndefined();
    await membership.enter();
    expect(membership.term()).toBe(1);
    table.isDown = true;
    steady += 7 * SECOND;
    expect(membership.term()).toBe(1);
    steady += 2 * SECOND;
    expect(membership.term()).toBeUndefined();
    table.isDown = false;
    await pass(4);
    expect(works).toBe(1);
    expect(membership.term()).toBe(1);
  });

  test('a hub that cannot reach the database for half a minute lets its devices go, once', async () => {
    const table = new Table();
    let steady = 0;
    let times = 0;
    const onCutOff = (): void => {
      times += 1;
    };
    const membership = join(table, { steady: () => steady, now: () => 0, onCutOff });
    await membership.enter();
    table.isDown = true;
    for (const [at, expected] of [
      [29, 0],
      [31, 1],
      [90, 1],
    ] as const) {
      steady = at * SECOND;
      await pass(5);
      expect(times).toBe(expected);
    }
    table.isDown = false;
    await pass(5);
    table.isDown = true;
    steady += 40 * SECOND;
    await pass(5);
    expect(times).toBe(2);
  });

  test('an outage of the database is held against nobody', async () => {
    const table = new Table();
    table.hubs.set('other', '0');
    const membership = join(table, { onBeat: () => table.hubs.set('other', randomUUID()) });
    await membership.enter();
    await pass(3);
    table.isDown = true;
    await pass(60);
    table.isDown = false;
    await pass(5);
    expect(table.takenOver).toEqual([]);
  });

  test('a machine that slept notices by the clock on the wall', async () => {
    const table = new Table();
    let wall = 0;
    const membership = join(table, { steady: () => 0, now: () => wall });
    await membership.enter();
    table.isDown = true;
    wall += 60 * SECOND;
    expect(membership.term()).toBeUndefined();
  });

  test('a hub that was counted as gone enters again in a new term', async () => {
    const table = new Table();
    let works = 0;
    const membership = join(table, { onWork: () => (works += 1) });
    await membership.enter();
    table.hubs.delete('self');
    await pass(4);
    expect(works).toBe(1);
    expect(membership.term()).toBe(2);
    expect(table.hubs.has('self')).toBe(true);
  });

  test('a hub that is alone with its database enters, never beats, and leaves', async () => {
    const table = new Table();
    let wall = 0;
    const membership = join(table, { shared: false, now: () => wall });
    await membership.enter();
    wall += 3_600 * SECOND;
    expect(membership.term()).toBe(1);
    await pass(60);
    await membership[Symbol.asyncDispose]();
    expect(table.hubs.size).toBe(0);
    expect(table.beats).toBe(0);
  });
});
