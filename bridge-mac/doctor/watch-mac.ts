import type { Logger } from 'pino';
import { Loop } from '../../shared/runtime/loop.ts';
import type { HealthReport } from '../health.ts';
import { type CheapOptions, examineCheaply } from './doctor.ts';
import { toFinding } from './result.ts';

const EVERY_MS = 60_000;

export interface WatchOptions extends CheapOptions {
  health: HealthReport;
  log: Logger;
}

/** Makes the cheap checks every minute for as long as the bridge runs, and keeps its report fresh. */
export function watchMac({ health, log, ...options }: WatchOptions): Loop {
  const step = async (signal: AbortSignal): Promise<number> => {
    const results = await examineCheaply(options, signal);
    if (signal.aborted) return 0;
    for (const result of results) {
      const finding = toFinding(result);
      if (finding === undefined) health.drop(result.check);
      else if (health.note(finding) && !finding.ok) log.warn({ remedy: finding.remedy }, finding.message);
    }
    health.save();
    return EVERY_MS;
  };
  return new Loop({ name: 'looking after the Mac', log, step });
}
