import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fleet, startFloorFleet, startHubFleet } from './fleet.ts';
import { samplesSchema } from './lines.ts';
import { type BenchRow, formatMs, percentile } from './row.ts';

const MACS = 1_000;
const ROUNDS = 3;
const WAKES_PER_ROUND = 200;
const WARM_UP = 50;
const SETTLE_MS = 500;
const READINGS = 6;
const MIB = 2 ** 20;

/** What a thousand connected Macs take of one hub, and how soon the right one has its message. */
export async function measureMacs(): Promise<BenchRow[]> {
  await using hub = await startHubFleet(MACS);
  await using floor = await startFloorFleet(MACS);
  const memory = [await growth(hub), await growth(floor)] as const;
  const ours: number[] = [];
  const reference: number[] = [];
  for (const fleet of [hub, floor]) await wake(fleet, WARM_UP);
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(...(await wake(hub, WAKES_PER_ROUND)));
    reference.push(...(await wake(floor, WAKES_PER_ROUND)));
  }
  const macs = MACS.toLocaleString('en');
  const figure = (samples: number[]): string =>
    `p50 ${formatMs(percentile(samples, 0.5))}, p99 ${formatMs(percentile(samples, 0.99))}`;
  return [
    {
      what: `memory that ${macs} connected Macs take of one hub`,
      ours: `${memory[0].toFixed(0)} MiB`,
      reference: `${memory[1].toFixed(0)} MiB (socket.io and Express by hand)`,
      ratio: `${(memory[0] / memory[1]).toFixed(2)} ×`,
      goal: '≤ 150 MB',
    },
    {
      what: `wake: POST /webhook sent → the right one of ${macs} Macs has it (${ours.length} messages)`,
      ours: figure(ours),
      reference: `${figure(reference)} (same parts by hand)`,
      ratio: `${(percentile(ours, 0.5) / percentile(reference, 0.5)).toFixed(2)} ×`,
      goal: 'p99 ≤ 20 ms',
    },
  ];
}

function wake(fleet: Fleet, count: number): Promise<number[]> {
  return fleet.order({ kind: 'wake', count }, samplesSchema);
}

/** MiB that the connected devices add. */
async function growth(fleet: Fleet): Promise<number> {
  const before = await settledMemory(fleet.pid);
  await fleet.connect();
  return ((await settledMemory(fleet.pid)) - before) / MIB;
}

/** Resident bytes of a process after it dropped what it does not need: the least of some readings. */
async function settledMemory(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < READINGS; reading += 1) {
    process.kill(pid, 'SIGUSR2');
    await sleep(SETTLE_MS);
    least = Math.min(least, residentBytes(pid));
  }
  return least;
}

function residentBytes(pid: number): number {
  if (process.platform !== 'linux')
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1_024;
  const [, kib = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1_024;
}
