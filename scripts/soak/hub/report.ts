import { cpus } from 'node:os';
import type { Random } from '../random.ts';
import type { Evidence } from './evidence.ts';
import type { Loose } from './fleet.ts';
import type { Storm } from './storm.ts';

/** One line on how far the soak is. */
export function describeProgress({ ledger, inbox, fleet }: Storm, began: number): string {
  const accepted = [...ledger.messages.values()].filter(({ ids }) => ids.size > 0).length;
  const delivered = [...inbox.heard.values()].filter(({ successAt }) => successAt !== undefined).length;
  const down = ['hub killed', 'hub stopped', 'hub frozen', 'receiver killed'].map(
    (deed) => `${deed} ${ledger.deeds.get(deed) ?? 0}`,
  );
  const seconds = Math.round((Date.now() - began) / 1_000);
  const errors = fleet.errors.reduce((sum, [, times]) => sum + times, 0);
  return (
    `${seconds} s: ${ledger.messages.size} messages, ${accepted} accepted, ${ledger.sends.length} sent, ` +
    `${ledger.receipts.size} came in; ${delivered} events delivered in ${inbox.attempts} attempts; ` +
    `${down.join(', ')}; ${ledger.faults.length} faults, ${errors} errors logged`
  );
}

/** The closing lines. */
export function report(
  { ledger, inbox, fleet }: Storm,
  { deliveries }: Evidence,
  {
    minutes,
    seed,
    database,
    hubs,
    faults,
  }: { minutes: number; seed: number; database: string; hubs: number; faults: readonly string[] },
): void {
  const notes = [...ledger.messages.values()];
  const total = (count: (note: (typeof notes)[number]) => number): number =>
    notes.reduce((sum, note) => sum + count(note), 0);
  const kept = (status: string): number => deliveries.filter((one) => one.status === status).length;
  const counts = (list: Iterable<readonly [string, number]>): string =>
    [...list].map(([name, count]) => `${name} ${count}`).join(', ');
  console.log(`Done to it: ${counts(ledger.deeds)}.`);
  const { errors } = fleet;
  if (errors.length > 0) console.log(`Errors in the logs: ${counts(errors)}.`);
  const cores = cpus();
  console.log(
    `${minutes} min, seed ${seed}, ${database}, ${hubs} hub${hubs === 1 ? '' : 's'}, ${cores.length} cores (${cores[0]?.model}): ` +
      `${total(({ ids }) => ids.size)} messages accepted of ${notes.length} (${total(({ lost }) => lost)} answers lost, ` +
      `${total(({ abandoned }) => Number(abandoned))} given up after 503), ${ledger.sends.length} sent, ` +
      `${ledger.receipts.size} came in; ${deliveries.length} events accepted = ${kept('delivered')} delivered + ` +
      `${kept('dead')} dead + ${kept('recorded')} recorded, in ${inbox.attempts} attempts; ` +
      `${faults.length === 0 ? 'nothing wrong' : `${faults.length} wrong`}.`,
  );
}

const MOST_EXPLAINED = 6;

/** What the hub has on record of the messages that faults name, for whoever looks for the cause. */
export async function explain(
  { fleet, ledger }: Storm,
  faults: readonly string[],
  random: Random,
): Promise<void> {
  const named = new Set(faults.flatMap((fault) => fault.match(/w\d+-m\d+/g) ?? []));
  for (const messageId of [...named].slice(0, MOST_EXPLAINED)) {
    const note = ledger.messages.get(messageId);
    for (const id of note?.ids ?? []) {
      const { body } = await fleet.api(random, 'GET', `/api/messages/${id}`);
      const events = (body.events as unknown as Loose[] | undefined) ?? [];
      const steps = events.map(({ at, status, source, detail }) => [at, status, source, detail].join(' '));
      console.log([`${messageId} (${id}, ${String(body.created_at)}):`, ...steps].join('\n  '));
    }
  }
}
