import { expect, test } from 'vitest';
import { addLine, claimDue, HOUR, Journal, messageEntry, NOW, type OpenStore, settled } from './fixtures.ts';

export function describeClock(open: OpenStore): void {
  test('what waits comes as much earlier as a clock shows less than was noted of it, once for all who see it', async () => {
    await using opened = await open();
    const { store } = opened;
    const line = await addLine(store);
    await store.recordJournal(line.device_id, new Journal().batch(messageEntry()), NOW);
    const [delivery] = await claimDue(store);
    await store.settleDeliveries('hub-1', [settled(delivery!, { kind: 'retry', at: NOW + 30_000 })], NOW);
    const follow = (now: number, { clock = 'one', setBack }: { clock?: string; setBack?: number } = {}) =>
      store.followClock({ clock, setBack }, now);
    expect(await follow(NOW)).toBe(0);
    expect(await follow(NOW + 15_000)).toBe(0);
    expect(await follow(NOW + 12_000)).toBe(0);
    expect(await follow(NOW - 9 * HOUR, { clock: 'another' })).toBe(0);
    expect(await store.nextDeliveryAt(NOW)).toBe(NOW + 30_000);

    const before = NOW + 12_000 - HOUR;
    const both = await Promise.all([follow(before, { setBack: HOUR + 500 }), follow(before + 10)]);
    const moved = both[0] + both[1];
    expect([HOUR - 10, HOUR, HOUR + 500]).toContain(moved);
    expect(both).toContain(0);
    expect(await store.nextDeliveryAt(before)).toBe(NOW + 30_000 - moved);
    expect(await follow(before + 15_000)).toBe(0);
    expect(await follow(before + 20 * HOUR)).toBe(0);
    expect(await store.nextDeliveryAt(before)).toBe(NOW + 30_000 - moved);
  });
}
