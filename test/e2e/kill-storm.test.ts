import { expect, test } from 'vitest';
import { System } from '../kit/system.ts';
import { waitFor } from '../kit/wait.ts';

const MESSAGES = 100;
const CONVERSATIONS = 25;
const FINAL = new Set(['DELIVERED', 'FAILED']);

/** Small seeded generator (mulberry32), so that a failing storm can be run again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const seed = Number(process.env.STORM_SEED ?? Date.now() % 1_000_000);

test(`hub and bridge killed at random during ${MESSAGES} messages: each sent once, each with a final status (STORM_SEED=${seed})`, async () => {
  const random = seeded(seed);
  await using system = await System.start({ bridgeEnv: { BRIDGE_SEND_DEADLINE: '20s' } });
  const ids = Array.from({ length: MESSAGES }, (_, index) => `storm-${index}`);
  const phoneOf = (index: number): string => `+12145551${String(index % CONVERSATIONS).padStart(3, '0')}`;

  // A client's retry: the same message_id until the hub has said yes.
  const post = async (index: number): Promise<void> => {
    await waitFor(`acceptance of ${ids[index]}`, () =>
      system.send(ids[index]!, phoneOf(index)).catch(() => false as const),
    );
  };
  const posting = (async () => {
    for (let index = 0; index < MESSAGES; index += 1) await post(index);
  })();

  const isFinal = (id: string): boolean => system.receiver.statusesOf(id).some((status) => FINAL.has(status));
  const storm = (async () => {
    for (let kills = 0; kills < 12; kills += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100 + random() * 900));
      if (random() < 0.5) {
        await system.killBridge();
        system.startBridgeAlone();
      } else {
        await system.hub.kill();
        await system.hub.restart();
      }
    }
  })();

  await Promise.all([posting, storm]);
  await waitFor('a final status for every message', () => ids.every(isFinal), 150_000);

  const sent = await system.mac.sent();
  const counts = Map.groupBy(sent, (record) => record.text);
  expect([...counts].filter(([, records]) => records.length > 1).map(([text]) => text)).toEqual([]);
  expect(counts.size).toBe(MESSAGES);
  for (const id of ids) expect(system.receiver.statusesOf(id), id).toEqual(['SENT', 'DELIVERED']);
}, 240_000);
