import { ChatDb } from './chat-db.ts';
import { ChatDbUnreadableError } from './unreadable.ts';

/** One line on whether Messages' database can be read, and what to do when it cannot. */
export function describeChatDb(path: string, nodePath: string): string {
  try {
    using db = ChatDb.open(path, nodePath);
    return `chat.db can be read, up to row ${db.maxRowId()}`;
  } catch (error) {
    if (!(error instanceof ChatDbUnreadableError)) throw error;
    return `${error.finding.message} ${error.finding.remedy ?? ''}`.trim();
  }
}
