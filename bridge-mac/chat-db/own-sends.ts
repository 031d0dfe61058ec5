import type { SendStore } from '../store/send-store.ts';
import type { StoredSend } from '../store/stored-send.ts';
import type { OwnSends } from './judge-row.ts';
import { readMessageText } from './message-text.ts';

// A row this late is found by a sweep that comes every 15 seconds.
const LATE_ROW_MS = 30_000;

/**
 * Tells rows that the hub sent through this bridge from what was typed on the device; `mayBeText`: whether the row of
 * a send may have this text.
 */
export function ownSendsIn(
  sends: SendStore,
  mayBeText: (send: StoredSend, text: string) => boolean,
): OwnSends {
  return {
    isBound: (guid) => sends.isBound(guid),
    mayBind(row, conversations, waitedMs) {
      const { text } = readMessageText(row);
      const looking = sends.inState(['attempting', 'handed_over', 'unknown']);
      // An attempt that is to be made again may have left a row; without one it has no baseline either.
      if (waitedMs < LATE_ROW_MS) looking.push(...sends.inState(['overdue', 'accepted']));
      return looking.some(
        (send) =>
          conversations.includes(send.conversation) &&
          row.rowId > (send.baseline ?? Number.POSITIVE_INFINITY) &&
          // A row without words yet may get any.
          (text === '' || mayBeText(send, text)),
      );
    },
  };
}
