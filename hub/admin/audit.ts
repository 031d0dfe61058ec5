import { randomUUIDv7 } from 'node:crypto';
import type { Logger } from 'pino';
import type { AuditAction, AuditTarget } from '../../shared/api/audit.ts';
import type { Caller } from '../api/route.ts';
import { nameInLog } from '../credentials/tokens.ts';
import type { RecordKeeping } from '../store/record-keeping.ts';

/** What was done. `changes` never holds a secret, a header's value or the text of a message. */
interface Change {
  action: AuditAction;
  target: AuditTarget;
  /** The workspace that it concerns, if one. */
  location_id?: string | null;
  changes?: Record<string, unknown>;
}

/** Writes a change that was made to the audit log, with who made it and from where. Never throws. */
export type NoteChange = (caller: Caller, change: Change) => Promise<void>;

interface AuditDependencies {
  store: Pick<RecordKeeping, 'addAuditEntry'>;
  now: () => number;
  log: Logger;
}

export function createAudit({ store, now, log }: AuditDependencies): NoteChange {
  return async ({ actor, requestId, source }, { action, target, location_id = null, changes = {} }) => {
    const by = { actor: actor ?? 'unknown', request_id: requestId, source };
    try {
      await store.addAuditEntry({
        id: randomUUIDv7(),
        at: now(),
        ...by,
        action,
        target,
        location_id,
        changes,
      });
    } catch (error) {
      // The change itself stands, and its caller hears so: the line in the log is then the record.
      const workspace = location_id === null ? undefined : nameInLog(location_id);
      log.error({ err: error, ...by, action, workspace }, 'a change could not be written to the audit log');
    }
  };
}
