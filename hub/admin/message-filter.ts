import { refuseField } from '../api/validate.ts';
import type { MessageFilter } from '../store/records.ts';

/** Refuses what no list of messages can be asked for. */
export function judgeFilter({ message_id, workspace }: MessageFilter): void {
  if (message_id !== undefined && workspace === undefined)
    throw refuseField('workspace', 'is needed with message_id, which is unique only within a workspace');
}
