import type { ReactNode } from 'react';
import classes from './ui.module.css';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet';

interface BadgeProps {
  tone: Tone;
  children: ReactNode;
}

/** A state in a word; the word says it, the colour only hastens. */
export function Badge({ tone, children }: BadgeProps) {
  return (
    <span className={classes.badge} data-tone={tone}>
      {children}
    </span>
  );
}

/** In place of the state that a row had while it was in the list. */
export function ChangedBadge() {
  return (
    <span title="It is in this list no longer">
      <Badge tone="quiet">Changed</Badge>
    </span>
  );
}

/** Of a Mac that is none: what it "sends" reaches nobody. */
export function SimulatedBadge() {
  return (
    <span title="Simulated Mac: nothing leaves its machine">
      <Badge tone="quiet">Simulated</Badge>
    </span>
  );
}

const STATES: Record<string, [tone: Tone, label: string]> = {
  QUEUED: ['warn', 'Queued'],
  DISPATCHED: ['busy', 'Dispatched'],
  SENT: ['busy', 'Sent'],
  DELIVERED: ['good', 'Delivered'],
  READ: ['good', 'Read'],
  FAILED: ['bad', 'Failed'],
  RECEIVED: ['good', 'Received'],
  pending: ['busy', 'Pending'],
  delivered: ['good', 'Delivered'],
  dead: ['bad', 'Dead letter'],
  recorded: ['quiet', 'Recorded only'],
  online: ['good', 'Online'],
  offline: ['bad', 'Offline'],
  blocked: ['bad', 'Blocked'],
  paused: ['warn', 'Paused'],
  unpaired: ['quiet', 'Waiting to pair'],
  invited: ['warn', 'Invited'],
  active: ['good', 'Active'],
  disabled: ['quiet', 'Disabled'],
};

/** The state of a message, delivery, device or user, as the API names it. */
export function StatusBadge({ status }: { status: string }) {
  const [tone, label] = STATES[status] ?? ['quiet', status];
  return <Badge tone={tone}>{label}</Badge>;
}
