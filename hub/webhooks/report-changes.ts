import type { Logger } from 'pino';
import { nameInLog } from '../credentials/tokens.ts';
import type { Metrics } from '../metrics.ts';
import type { EndpointChange } from '../store/record-keeping.ts';

/** Tells operators what attempts changed about webhooks: one line in the log and one count for each. */
export function reportChanges(
  changes: EndpointChange[],
  { log, metrics }: { log: Logger; metrics: Pick<Metrics, 'endpointChanges'> },
): void {
  for (const { location_id, change, since, detail } of changes) {
    metrics.endpointChanges.inc({ change });
    const fields = { workspace: nameInLog(location_id), since: new Date(since).toISOString(), detail };
    if (change === 'failing') log.warn(fields, 'a webhook began to fail; its events are retried');
    else if (change === 'recovered') log.info(fields, 'a webhook works again');
    else
      log.error(fields, 'a webhook was switched off; its events are recorded until it is switched on again');
  }
}
