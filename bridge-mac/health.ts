import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { type Finding, type Health, healthSchema } from '../shared/wire/health.ts';

/** What the running bridge says of itself, for `status` and `doctor`. `at` is epoch milliseconds. */
const reportedHealthSchema = healthSchema.extend({
  at: z.number(),
  pid: z.int(),
  /** Whether the hub had let the bridge in. */
  connected: z.boolean(),
});
export type ReportedHealth = z.infer<typeof reportedHealthSchema>;

export interface HealthOptions {
  /** Where `status` and `doctor` find the latest report. */
  path: string;
  counts: () => Pick<Health, 'open_sends' | 'unacked_entries'>;
  isConnected: () => boolean;
  onChange: () => void;
  now: () => number;
}

/** The latest finding of each check, with the counts that go with them. */
export class HealthReport {
  readonly #options: HealthOptions;
  readonly #findings = new Map<string, Finding>();

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** Whether this is news. */
  note(finding: Finding): boolean {
    const known = this.#findings.get(finding.check);
    this.#findings.set(finding.check, finding);
    if (known !== undefined && isSame(known, finding)) return false;
    this.save();
    this.#options.onChange();
    return true;
  }

  /** A check that cannot tell any more says nothing. */
  drop(check: string): void {
    if (!this.#findings.delete(check)) return;
    this.save();
    this.#options.onChange();
  }

  /** What stops sending first, then what else is wrong. */
  current(): Health {
    const findings = [...this.#findings.values()].sort((one, other) => urgency(other) - urgency(one));
    return { findings, ...this.#options.counts() };
  }

  /** Leaves the report for `status` and `doctor`. A disk that is full is told by other means. */
  save(): void {
    const { path, isConnected, now } = this.#options;
    const report: ReportedHealth = {
      ...this.current(),
      at: now(),
      pid: process.pid,
      connected: isConnected(),
    };
    try {
      writeFileSync(`${path}.new`, `${JSON.stringify(report)}\n`, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch {
      // An old report shows its age.
    }
  }
}

const GOOD_FOR_MS = 3 * 60_000;

/** Whether a report is of now: a running bridge leaves one every minute. `now` is epoch milliseconds. */
export function isFresh(report: ReportedHealth, now: number): boolean {
  return Math.abs(now - report.at) < GOOD_FOR_MS;
}

/** The last report left at `path`; undefined when there is none that can be read. */
export function readReportedHealth(path: string): ReportedHealth | undefined {
  try {
    return reportedHealthSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

function isSame(one: Finding, other: Finding): boolean {
  return one.ok === other.ok && one.message === other.message && one.blocks_sending === other.blocks_sending;
}

function urgency(finding: Finding): number {
  if (finding.ok) return 0;
  return finding.blocks_sending === true ? 2 : 1;
}
