import { describe, expect, test } from 'vitest';
import { pickDevice } from '../../../hub/routing/pick-device.ts';
import { routeInbound } from '../../../hub/routing/route-inbound.ts';

const conversations = Array.from({ length: 3_000 }, (_, n) => `workspace +1214555${n}`);
const devices = ['mac-a', 'mac-b', 'mac-c'];

describe('picking a device', () => {
  const pick = (conversation: string, candidates: string[], previous?: string) =>
    pickDevice({ candidates, previous, conversation });

  test('a conversation stays where it was while that device can carry it', () => {
    for (const previous of devices) expect(pick('any', devices, previous)).toBe(previous);
    expect(devices).toContain(pick('any', devices, 'gone'));
  });

  test('new conversations spread evenly', () => {
    const counts = Map.groupBy(conversations, (one) => pick(one, devices));
    for (const device of devices) expect(counts.get(device)?.length).toBeGreaterThan(850);
  });

  test('the choice does not hang on the order of the candidates, and a device that leaves moves only its own', () => {
    for (const conversation of conversations.slice(0, 300)) {
      const picked = pick(conversation, devices);
      expect(pick(conversation, devices.toReversed())).toBe(picked);
      const left = devices.filter((device) => device !== 'mac-c');
      if (picked !== 'mac-c') expect(pick(conversation, left)).toBe(picked);
    }
  });
});

describe('routing an inbound message', () => {
  test('to nobody without candidates, to the only one, to the latest conversation, else to the first', () => {
    const talks = [
      { location_id: 'b', last_at: 5 },
      { location_id: 'c', last_at: 9 },
      { location_id: 'elsewhere', last_at: 99 },
    ];
    expect(routeInbound([], talks)).toBeUndefined();
    expect(routeInbound(['a'], talks)).toBe('a');
    expect(routeInbound(['a', 'b', 'c'], talks)).toBe('c');
    expect(routeInbound(['a', 'b'], talks)).toBe('b');
    expect(routeInbound(['x', 'a'], talks)).toBe('x');
  });
});
