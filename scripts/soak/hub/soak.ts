import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres } from '../../../test/kit/postgres.ts';
import { Random } from '../random.ts';
import { postSteadily } from './clients.ts';
import { breakHubs, breakReceivers, changeMoods } from './disasters.ts';
import { drain } from './drain.ts';
import { gatherEvidence } from './evidence.ts';
import { Fleet } from './fleet.ts';
import { Inbox } from './inbox.ts';
import { Ledger, type WorkspaceNote } from './ledger.ts';
import { answerBack, operate, replaceDevices } from './operator.ts';
import { Receivers } from './receivers.ts';
import { describeProgress, explain, report } from './report.ts';
import { makeSeats, makeWorkspaces } from './set-up.ts';
import type { Storm } from './storm.ts';
import { judge } from './verdict.ts';

const WORKSPACES = 6;
const SEATS = 5;
const RECEIVERS = 3;
const PROGRESS_MS = 15_000;
/** Of the messages, one in so many is written by a person to a device. */
const ANSWERED = 5;

export interface HubSoakOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly database: 'sqlite' | 'postgres';
  readonly hubs: number;
  /** Messages a second, both ways together. */
  readonly rate: number;
}

/** Loads real hubs, breaks everything around them, and holds what they said and did against what happened. */
export async function soakHub(options: HubSoakOptions): Promise<string[]> {
  const { minutes, seed, database, hubs, rate } = options;
  console.log(
    `Soaking ${hubs === 1 ? 'the hub' : `${hubs} hubs`} on ${database} for ${minutes} min, seed ${seed}.`,
  );
  await using postgres = database === 'postgres' ? await startPostgres() : undefined;
  const place = postgres && { server: postgres, database: await postgres.createDatabase() };
  const ledger = new Ledger();
  await using fleet = await Fleet.start(ledger, hubs, place);
  const workspaces: WorkspaceNote[] = [];
  const inbox = new Inbox(ledger, workspaces);
  await using receivers = await Receivers.start(RECEIVERS, (arrival) => inbox.take(arrival));
  const random = new Random(seed, 'set-up');
  workspaces.push(...(await makeWorkspaces(fleet, receivers, WORKSPACES, random)));
  const seats = await makeSeats({ fleet, ledger, seed, workspaces }, SEATS, random);
  const over = new AbortController();
  const storm: Storm = { fleet, ledger, inbox, receivers, workspaces, seats, seed, signal: over.signal };
  const began = Date.now();
  const progress = setInterval(() => console.log(describeProgress(storm, began)), PROGRESS_MS);
  try {
    await rage(storm, over, { minutes, rate });
    console.log('The storm is over; everybody is well again.');
    const waiting = await drain(storm);
    const evidence = await gatherEvidence(storm, random);
    const faults = [
      ...ledger.faults,
      ...waiting.map((what) => `still waits at the end: ${what}`),
      ...judge(evidence),
      ...inbox.judgeSignatures(),
    ];
    report(storm, evidence, { ...options, faults });
    await explain(storm, faults, random);
    return faults;
  } finally {
    clearInterval(progress);
    for (const { device } of seats) await device.retire();
  }
}

async function rage(
  storm: Storm,
  over: AbortController,
  { minutes, rate }: { minutes: number; rate: number },
): Promise<void> {
  const running = Promise.all([
    postSteadily(storm, rate * (1 - 1 / ANSWERED)),
    answerBack(storm, rate / ANSWERED),
    operate(storm),
    replaceDevices(storm),
    breakHubs(storm),
    breakReceivers(storm),
    changeMoods(storm),
  ]);
  await Promise.race([sleep(minutes * 60_000), running]);
  over.abort();
  await running;
}
