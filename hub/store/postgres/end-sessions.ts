import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { OtherHub } from '../hubs.ts';

/** By which the server knows the connections of a hub. */
export function sessionName(hubId: string): string {
  return `bluewire ${hubId}`;
}

const END = `
SELECT pg_terminate_backend(session.pid) FROM hubs
JOIN pg_stat_activity AS session ON session.application_name = $3 AND session.usename = current_user
WHERE hubs.id = $1 AND hubs.beat = $2`;

/**
 * Ends what a hub was doing here that has not beaten since. One that stands still inside a step holds what the step holds,
 * and others behind it; what it does after it wakes must not be committed behind the back of those who took over.
 */
export async function endSessions(pool: Pool, { id, beat }: OtherHub, log: Logger): Promise<void> {
  try {
    await pool.query(END, [id, beat, sessionName(id)]);
  } catch (error) {
    log.warn(
      { err: error, hub: id },
      'the connections of a hub that is gone could not be ended; they end by time',
    );
  }
}
