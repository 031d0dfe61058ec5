import type { Finding } from '../../shared/wire/health.ts';
import { ChatDb } from './chat-db.ts';
import { ChatDbUnreadableError, explainUnreadable, READABLE } from './unreadable.ts';

/** Whether Messages' database can be read by this process, and the newest ROWID in it (0 for none) when it can. */
export function lookAtChatDb(
  path: string,
  nodePath: string,
): { finding: Finding; newestRow: number | undefined } {
  try {
    using db = ChatDb.open(path, nodePath);
    const newestRow = db.maxRowId();
    db.guidAt(newestRow);
    return { finding: READABLE, newestRow };
  } catch (error) {
    const unreadable =
      error instanceof ChatDbUnreadableError ? error : explainUnreadable(path, error, nodePath);
    return { finding: unreadable.finding, newestRow: undefined };
  }
}

/** The same as one line, with what to do when it cannot be read. */
export function describeChatDb(path: string, nodePath: string): string {
  const { finding, newestRow } = lookAtChatDb(path, nodePath);
  if (newestRow !== undefined) return `chat.db can be read, up to row ${newestRow}`;
  return `${finding.message} ${finding.remedy ?? ''}`.trim();
}
