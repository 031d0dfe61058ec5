import { describe, expect, test } from 'vitest';
import { Places } from '../../../hub/webhooks/places.ts';
import { waitFor } from '../../kit/wait.ts';

const ANSWERED = { http_status: 200 };

/** As many places as the workspace gets. */
function takeAll(places: Places, locationId: string) {
  const taken = [];
  for (let leave = places.take(locationId); leave; leave = places.take(locationId)) taken.push(leave);
  return taken;
}

describe('places for POSTs', () => {
  test('begin with two for a workspace and grow with its answers to eight, whatever they say', () => {
    const places = new Places({ onFree: () => undefined });
    for (const [round, expected] of [2, 8, 8].entries()) {
      const taken = takeAll(places, 'w');
      expect(taken, `round ${round}`).toHaveLength(expected);
      for (const leave of taken) leave({ http_status: round === 0 ? 500 : 200 });
    }
    expect(places.free).toBe(256);
  });

  test('never run out for a workspace that answers, however many new ones are silent', () => {
    const places = new Places({ onFree: () => undefined });
    for (const leave of takeAll(places, 'good')) leave(ANSWERED);
    const silent = Array.from({ length: 500 }, (_, n) => takeAll(places, `silent-${n}`)).flat();
    expect(silent).toHaveLength(192);
    const good = takeAll(places, 'good');
    expect(good).toHaveLength(8);
    for (const leave of [...silent, ...good]) leave({ http_status: null });
    expect(places.free).toBe(256);
  });

  test('are free again when a POST is slow, which leaves its workspace one at a time', async () => {
    let freed = 0;
    const places = new Places({
      onFree: () => {
        freed += 1;
      },
      slowMs: 1,
    });
    const hanging = Array.from({ length: 96 }, (_, n) => takeAll(places, `w${n}`)).flat();
    await waitFor('the slow ones', () => freed === 192);
    expect(places.free).toBe(256);
    expect(places.limitOf('w0')).toBe(1);
    // It still holds two.
    expect(places.take('w0')).toBeUndefined();
    for (const leave of hanging) leave({ http_status: null });
    expect(places.free).toBe(256);
    // Answers that come late do not make it quick.
    expect(places.limitOf('w0')).toBe(1);
    const [one, ...more] = takeAll(places, 'w0');
    expect(more).toEqual([]);
    one?.(ANSWERED);
    expect(places.limitOf('w0')).toBe(2);
  });

  test('are few in all for workspaces that were silent before', () => {
    const places = new Places({ onFree: () => undefined });
    const taken = Array.from({ length: 300 }, (_, n) => {
      places.noteFailing(`w${n}`);
      return takeAll(places, `w${n}`);
    }).flat();
    expect(taken).toHaveLength(128);
    expect(takeAll(places, 'new')).toHaveLength(2);
    for (const leave of taken) leave({ http_status: null });
  });
});
