import type { SendStore } from '../store/send-store.ts';
import type { OwnSends } from './judge-row.ts';

// A row this late is found by a sweep that comes every 15 seconds.
const LATE_ROW_MS = 30_000;

/** Tells rows that the hub sent through this bridge from what was typed on the device. */
export function ownSendsIn(sends: SendStore): OwnSends {
  return {
    isBound: (guid) => sends.isBound(guid),
    mayBind({ rowId }, conversations, waitedMs) {
      const looking = sends.inState(['attempting', 'handed_over', 'unknown']);
      // An attempt that is to be made again may have left a row; without one it has no baseline either.
      if (waitedMs < LATE_ROW_MS) looking.push(...sends.inState(['overdue', 'accepted']));
      return looking.some(
        ({ conversation, baseline }) =>
          conversations.includes(conversation) && rowId > (baseline ?? Number.POSITIVE_INFINITY),
      );
    },
  };
}
