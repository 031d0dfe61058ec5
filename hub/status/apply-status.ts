import type { Channel } from '../../shared/channels.ts';
import { type Failure, failure } from '../../shared/failure-codes.ts';
import {
  type AnnouncedStatus,
  climb,
  type MessageStatus,
  type StatusEvent,
} from '../../shared/status-ladder.ts';

/** What was learnt of an outgoing message. `channel` is the one really used, where that is known. */
export interface Evidence {
  event: StatusEvent;
  channel?: Channel | undefined;
  error?: Failure | undefined;
}

export interface Standing {
  status: MessageStatus;
  channel: Channel;
  error: Failure | null;
}

/**
 * Where a message stands once the evidence is in, and what its client hears of it, in order. READ is recorded always, and
 * announced with `tellRead`: to those who asked for it. A FAILED message keeps its failure and channel
 * whatever comes later.
 */
export function applyStatus(
  standing: Standing,
  evidence: Evidence,
  { tellRead }: { tellRead: boolean },
): { standing: Standing; announce: AnnouncedStatus[] } {
  const rung = climb(standing.status, evidence.event);
  const announce = rung.announce.filter((status) => tellRead || status !== 'READ');
  if (standing.status === 'FAILED') return { standing, announce };
  const failed = rung.next === 'FAILED';
  return {
    standing: {
      status: rung.next,
      channel: evidence.channel ?? standing.channel,
      error: failed ? (evidence.error ?? failure('rejected')) : null,
    },
    announce,
  };
}

/**
 * A device's refusal says that it never had the message on disk, so it counts only until the device has said otherwise:
 * what chat.db proved is not undone by it.
 */
export function refusalCounts(status: MessageStatus): boolean {
  return status === 'QUEUED' || status === 'DISPATCHED';
}
