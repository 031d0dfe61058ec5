import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateHistory } from '../../test/simulated-mac/chat-db/generate-history.ts';
import { InboundWriter } from './inbound-writer.ts';
import { processorTimeOf } from './processor-time.ts';
import { type Reader, startBridge, startPeer } from './readers.ts';
import { type BenchRow, formatMs, percentile } from './row.ts';

const SMALL = 1_000;
const BIG = 1_000_000;
const CONVERSATIONS = 400;
const STARTS = 5;
const ROUNDS = 5;
const ROWS_PER_ROUND = 40;
const PAUSE_MS = 25;
const IDLE_MS = 20_000;
const SETTLE_MS = 2_000;

type Start = (chatDb: string) => Promise<Reader>;

/** What the size of chat.db costs the bridge: its start, its rest, and each new row; the peer on the same files. */
export async function measureBigDatabase(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bluewire-big-'));
  try {
    const small = await makeDatabase(folder, SMALL);
    const big = await makeDatabase(folder, BIG);
    return [await measureStart(small, big), await measureRest(big), await measureRow(small, big)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeDatabase(folder: string, messages: number): Promise<string> {
  const path = join(folder, `chat-${messages}.db`);
  await generateHistory(path, { macos: 'tahoe-26', messages, conversations: CONVERSATIONS });
  return path;
}

/** From the start of the process until it has told of a message that was there before. */
async function measureStart(small: string, big: string): Promise<BenchRow> {
  const samples = { small: [] as number[], big: [] as number[] };
  const peer: number[] = [];
  for (let round = 0; round < STARTS; round += 1) {
    samples.small.push(await timeStart(small));
    samples.big.push(await timeStart(big));
    const began = performance.now();
    await using _reader = await startPeer(big);
    peer.push(performance.now() - began);
  }
  const [ours, reference] = [percentile(samples.big, 0.5), percentile(samples.small, 0.5)];
  return {
    what: `start of the bridge → first message told, chat.db of ${BIG.toLocaleString('en')} messages`,
    ours: `p50 ${formatMs(ours)}`,
    reference: `${formatMs(reference)} with ${SMALL.toLocaleString('en')}; imessage-kit watches after ${formatMs(percentile(peer, 0.5))}`,
    ratio: `${(ours / reference).toFixed(2)} ×`,
    goal: '≤ 1 s',
  };
}

async function timeStart(chatDb: string): Promise<number> {
  using writer = new InboundWriter(chatDb);
  const text = `start ${crypto.randomUUID()}`;
  writer.commit(text);
  const began = performance.now();
  await using reader = await startBridge(chatDb);
  return (await toldAt(reader, text)) - began;
}

async function measureRest(big: string): Promise<BenchRow> {
  const ours = await shareAtRest(startBridge, big);
  const peer = await shareAtRest(startPeer, big);
  return {
    what: 'bridge at rest, same database: share of one core',
    ours: `${(ours * 100).toFixed(2)} %`,
    reference: `imessage-kit ${(peer * 100).toFixed(2)} %`,
    ratio: peer > 0 ? `${(ours / peer).toFixed(2)} ×` : '–',
    goal: '≤ 1 %',
  };
}

async function shareAtRest(start: Start, chatDb: string): Promise<number> {
  await using reader = await start(chatDb);
  await sleep(SETTLE_MS);
  const before = processorTimeOf(reader.pid);
  await sleep(IDLE_MS);
  return (processorTimeOf(reader.pid) - before) / IDLE_MS;
}

/** From COMMIT until the stand-in hub (the peer's parent process) has it. */
async function measureRow(small: string, big: string): Promise<BenchRow> {
  await using bridgeOnSmall = await startBridge(small);
  await using bridgeOnBig = await startBridge(big);
  await using peerOnBig = await startPeer(big);
  const samples = { small: [] as number[], big: [] as number[], peer: [] as number[] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const taken = {
      small: await timeRows(small, bridgeOnSmall),
      big: await timeRows(big, bridgeOnBig),
      peer: await timeRows(big, peerOnBig, 'may lose'),
    };
    // The first round warms up.
    if (round === 0) continue;
    for (const which of ['small', 'big', 'peer'] as const) samples[which].push(...taken[which]);
  }
  const [ours, reference] = [percentile(samples.big, 0.5), percentile(samples.small, 0.5)];
  const lost = ROUNDS * ROWS_PER_ROUND - samples.peer.length;
  const peer = `imessage-kit p50 ${formatMs(percentile(samples.peer, 0.5))}, p99 ${formatMs(percentile(samples.peer, 0.99))}, ${lost} not told`;
  return {
    what: `a new row: COMMIT → told (${samples.big.length} messages)`,
    ours: `p50 ${formatMs(ours)}, p99 ${formatMs(percentile(samples.big, 0.99))}`,
    reference: `p50 ${formatMs(reference)} with ${SMALL.toLocaleString('en')}; ${peer}`,
    ratio: `${(ours / reference).toFixed(2)} ×`,
    goal: 'the same as with 1,000',
  };
}

async function timeRows(chatDb: string, reader: Reader, loss?: 'may lose'): Promise<number[]> {
  using writer = new InboundWriter(chatDb);
  const samples: number[] = [];
  for (let index = 0; index < ROWS_PER_ROUND; index += 1) {
    const text = `row ${crypto.randomUUID()}`;
    const committed = writer.commit(text);
    const told = loss ? await reader.whenTold(text) : await toldAt(reader, text);
    if (told !== undefined) samples.push(told - committed);
    await sleep(Math.random() * PAUSE_MS);
  }
  return samples;
}

async function toldAt(reader: Reader, text: string): Promise<number> {
  const at = await reader.whenTold(text);
  if (at === undefined) throw new Error('The bridge did not tell of a message.');
  return at;
}
