import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Receiver } from '../../test/kit/receiver.ts';
import { System } from '../../test/kit/system.ts';
import { ROOT } from '../start/supervised.ts';
import { InboundWriter } from './inbound-writer.ts';
import { type BenchRow, formatMs, percentile } from './row.ts';

const ROUNDS = 5;
const MESSAGES_PER_ROUND = 100;
const PAUSE_MS = 20;

/** COMMIT in chat.db → the client's webhook has the MESSAGE: through bridge and hub, everything on disk at each hop. */
export async function measureInbound(): Promise<BenchRow> {
  await using system = await System.start({
    hubEnv: { LOG_LEVEL: 'info' },
    macos: 'tahoe-26',
  });
  await using floor = await Floor.start();
  using writer = new InboundWriter(system.mac.bridgeEnv().BRIDGE_CHAT_DB ?? '');

  const ours: number[] = [];
  const reference: number[] = [];
  await time(system.receiver, (text) => writer.commit(text), 10);
  await time(floor.receiver, (text) => floor.begin(text), 10);
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(...(await time(system.receiver, (text) => writer.commit(text), MESSAGES_PER_ROUND)));
    reference.push(...(await time(floor.receiver, (text) => floor.begin(text), MESSAGES_PER_ROUND)));
  }
  const figure = (samples: number[]): string =>
    `p50 ${formatMs(percentile(samples, 0.5))}, p99 ${formatMs(percentile(samples, 0.99))}`;
  return {
    what: `chat.db COMMIT → MESSAGE at the webhook (${ours.length} messages)`,
    ours: figure(ours),
    reference: `${figure(reference)} (same hops by hand, nothing watched)`,
    ratio: `${(percentile(ours, 0.5) / percentile(reference, 0.5)).toFixed(2)} ×`,
    goal: 'p50 ≤ 5 ms, p99 ≤ 25 ms',
  };
}

/** Milliseconds from `begin` (which answers its moment) to the receiver's call, one message after the other. */
async function time(receiver: Receiver, begin: (text: string) => number, count: number): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const text = `message ${crypto.randomUUID()}`;
    const arrived = receiver.nextCall((call) => call.raw.includes(text));
    const began = begin(text);
    samples.push((await arrived) - began);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE_MS));
  }
  return samples;
}

class Floor implements AsyncDisposable {
  readonly receiver: Receiver;
  readonly #bridge: ChildProcess;
  readonly #hub: ChildProcess;
  readonly #folder: string;

  private constructor(receiver: Receiver, bridge: ChildProcess, hub: ChildProcess, folder: string) {
    this.receiver = receiver;
    this.#bridge = bridge;
    this.#hub = hub;
    this.#folder = folder;
  }

  static async start(): Promise<Floor> {
    const folder = await mkdtemp(join(tmpdir(), 'bluewire-floor-'));
    const receiver = await Receiver.start();
    const program = join(ROOT, 'scripts/bench/floor.ts');
    const hub = fork(program, ['hub', join(folder, 'hub.db'), receiver.url]);
    const [port] = await once(hub, 'message');
    const bridge = fork(program, ['bridge', join(folder, 'bridge.db'), `http://127.0.0.1:${port}`]);
    await once(bridge, 'message');
    return new Floor(receiver, bridge, hub, folder);
  }

  begin(text: string): number {
    const began = performance.now();
    this.#bridge.send(JSON.stringify({ text }));
    return began;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [this.#bridge, this.#hub]) child.kill('SIGKILL');
    await this.receiver[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
