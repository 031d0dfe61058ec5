import type { MessageWithTimeline } from '../../api/messages.ts';
import { formatDuration } from '../../ui/duration.ts';
import type { Tone } from '../../ui/status-badge.tsx';

type Event = MessageWithTimeline['events'][number];

export interface Step {
  key: string;
  label: string;
  tone: Tone;
  at: string;
  source: string;
  detail: string | null;
  /** How long after the step before; undefined at the first, and where clocks differ. */
  after: string | undefined;
}

const LABELS: Record<string, [label: string, tone: Tone]> = {
  QUEUED: ['Accepted and on disk', 'quiet'],
  FETCHED: ['File fetched', 'quiet'],
  FETCH_RETRY: ['File not fetched, to be tried again', 'warn'],
  OFFERED: ['Offered to a device', 'busy'],
  DISPATCHED: ['Taken by the device', 'busy'],
  SENT: ['Sent', 'busy'],
  DELIVERED: ['Delivered', 'good'],
  READ: ['Read', 'good'],
  FAILED: ['Failed', 'bad'],
  RECEIVED: ['Received', 'good'],
  RESEND: ['Sent again', 'quiet'],
  RESENT: ['Was sent again', 'quiet'],
  REACTION: ['Reaction', 'quiet'],
  EDITED: ['Edited', 'quiet'],
  UNSENT: ['Taken back', 'quiet'],
};

/** The steps with the time between each and the one before. A device tells times by its own clock. */
export function listSteps(events: Event[], devices: ReadonlyMap<string, string>): Step[] {
  return events.map((event, index) => {
    const [label, tone] = LABELS[event.status] ?? [event.status, 'quiet' as const];
    const before = events[index - 1];
    const passed = before && Date.parse(event.at) - Date.parse(before.at);
    const isOffer = event.status === 'OFFERED' && event.detail !== null;
    return {
      key: `${index}`,
      label: isOffer ? `Offered to ${devices.get(event.detail ?? '') ?? 'a device'}` : label,
      tone,
      at: event.at,
      source: event.source,
      detail: isOffer ? null : event.detail,
      after: passed === undefined || passed < 0 ? undefined : formatDuration(passed),
    };
  });
}
