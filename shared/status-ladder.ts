/** Where an outgoing message stands. QUEUED: on the hub's disk. DISPATCHED: on the device's disk. */
export const MESSAGE_STATUSES = ['QUEUED', 'DISPATCHED', 'SENT', 'DELIVERED', 'READ', 'FAILED'] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** What can be learnt about a message once it is queued. */
export const STATUS_EVENTS = ['DISPATCHED', 'SENT', 'DELIVERED', 'READ', 'FAILED'] as const;
export type StatusEvent = (typeof STATUS_EVENTS)[number];

/** Statuses that a client's webhook hears of. */
export type AnnouncedStatus = 'SENT' | 'DELIVERED' | 'READ' | 'FAILED';

export interface Rung {
  next: MessageStatus;
  /** What the client is told, in order; empty when it learns nothing new. The timeline records the event either way. */
  announce: readonly AnnouncedStatus[];
}

const stay = (status: MessageStatus): Rung => ({ next: status, announce: [] });
const climbTo = (next: MessageStatus, ...announce: AnnouncedStatus[]): Rung => ({ next, announce });

/**
 * The whole ladder. Statuses never descend; FAILED ends; each status is announced at most once, SENT always before
 * DELIVERED, even when the evidence for the lower rung never came. DELIVERED is proof, so a later FAILED is void.
 */
export const STATUS_LADDER: Record<MessageStatus, Record<StatusEvent, Rung>> = {
  QUEUED: {
    DISPATCHED: climbTo('DISPATCHED'),
    SENT: climbTo('SENT', 'SENT'),
    DELIVERED: climbTo('DELIVERED', 'SENT', 'DELIVERED'),
    READ: climbTo('READ', 'SENT', 'DELIVERED', 'READ'),
    FAILED: climbTo('FAILED', 'FAILED'),
  },
  DISPATCHED: {
    DISPATCHED: stay('DISPATCHED'),
    SENT: climbTo('SENT', 'SENT'),
    DELIVERED: climbTo('DELIVERED', 'SENT', 'DELIVERED'),
    READ: climbTo('READ', 'SENT', 'DELIVERED', 'READ'),
    FAILED: climbTo('FAILED', 'FAILED'),
  },
  SENT: {
    DISPATCHED: stay('SENT'),
    SENT: stay('SENT'),
    DELIVERED: climbTo('DELIVERED', 'DELIVERED'),
    READ: climbTo('READ', 'DELIVERED', 'READ'),
    FAILED: climbTo('FAILED', 'FAILED'),
  },
  DELIVERED: {
    DISPATCHED: stay('DELIVERED'),
    SENT: stay('DELIVERED'),
    DELIVERED: stay('DELIVERED'),
    READ: climbTo('READ', 'READ'),
    FAILED: stay('DELIVERED'),
  },
  READ: {
    DISPATCHED: stay('READ'),
    SENT: stay('READ'),
    DELIVERED: stay('READ'),
    READ: stay('READ'),
    FAILED: stay('READ'),
  },
  FAILED: {
    DISPATCHED: stay('FAILED'),
    SENT: stay('FAILED'),
    DELIVERED: stay('FAILED'),
    READ: stay('FAILED'),
    FAILED: stay('FAILED'),
  },
};

export function climb(status: MessageStatus, event: StatusEvent): Rung {
  return STATUS_LADDER[status][event];
}
