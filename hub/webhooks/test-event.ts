import { randomUUIDv7 } from 'node:crypto';
import type { TestEvent } from '../../shared/api/webhook-events.ts';
import type { TestResult } from '../../shared/api/workspaces.ts';
import type { Workspace } from '../store/records.ts';
import { rfc3339 } from './events.ts';
import type { EventPoster } from './post-event.ts';

/** POSTs a test event the way real ones go, once, and answers what the receiver said. Nothing is recorded. */
export async function sendTestEvent(
  poster: EventPoster,
  workspace: Workspace & { url: string },
  now: number,
): Promise<TestResult> {
  const event: TestEvent = {
    type: 'TEST',
    location_id: workspace.location_id,
    message: 'A test event of Bluewire: address, headers and signature arrive as those of real events do.',
    timestamp: rfc3339(now),
  };
  const { url, headers, signing_secret, previous_secret_until } = workspace;
  const previous_secret = (previous_secret_until ?? 0) > now ? workspace.previous_secret : null;
  const webhook_id = `msg_${randomUUIDv7()}`;
  const result = await poster.post({
    webhook_id,
    body: JSON.stringify(event),
    url,
    headers,
    signing_secret,
    previous_secret,
  });
  return {
    status: result.http_status,
    body: result.response,
    latency_ms: Math.round(result.latency_ms),
    ...(result.error_message === null ? {} : { error: result.error_message }),
  };
}
