import { failure } from '../../../shared/failure-codes.ts';
import type { MessageStatus } from '../../../shared/status-ladder.ts';
import { filesOf, queueOf, type StoreContext } from './context.ts';
import { applyEvidence, OUTGOING, type Outgoing } from './evidence.ts';

/** `late`: it can no longer be taken back; QUEUED means that a device was offered it and may have it. */
export type CancelOutcome =
  | { kind: 'canceled' }
  | { kind: 'unknown' }
  | { kind: 'inbound' }
  | { kind: 'late'; status: MessageStatus };

type Found = Outgoing & { direction: 'out' | 'in'; offered_at: number | null };

/** Ends a message that no device was ever offered: from the offer on a device may have it on its disk. */
export async function cancelMessage(context: StoreContext, id: string, now: number): Promise<CancelOutcome> {
  const { db } = context;
  const find = (forUpdate: string): Promise<Found | undefined> =>
    db.get(`SELECT ${OUTGOING}, direction, offered_at FROM messages WHERE id = ? ${forUpdate}`, id);
  await context.hold(async () => {
    const meant = await find('');
    return meant?.direction === 'out' ? [queueOf(meant.location_id), filesOf(meant.location_id)] : [];
  });
  // A claim that has locked the row is waited for, and then seen.
  const message = await find(db.forUpdate);
  if (message === undefined) return { kind: 'unknown' };
  const { direction, offered_at, ...outgoing } = message;
  if (direction === 'in') return { kind: 'inbound' };
  if (outgoing.status !== 'QUEUED' || offered_at !== null) return { kind: 'late', status: outgoing.status };
  const evidence = { event: 'FAILED', error: failure('canceled') } as const;
  await applyEvidence(context, outgoing, evidence, { at: now, now, source: 'hub' });
  return { kind: 'canceled' };
}
