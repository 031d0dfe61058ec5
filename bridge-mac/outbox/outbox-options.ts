import type { Logger } from 'pino';
import type { WireFile } from '../../shared/wire/files.ts';
import type { ChatDb } from '../chat-db/chat-db.ts';
import type { SendRoute } from '../config.ts';
import type { StoredSend } from '../store/stored-send.ts';
import type { AttemptDeps } from './attempt.ts';
import type { Follower } from './follow.ts';
import type { TendingDeps } from './tend-messages.ts';

export interface OutboxOptions
  extends Omit<AttemptDeps, 'look' | 'onOutcome' | 'pathOf'>,
    Pick<TendingDeps, 'restartMessages' | 'onFinding'> {
  follower: Follower;
  /** Ways of addressing one person, the preferred first. */
  routes: readonly SendRoute[];
  /** Where the files of parts lie; one that is not there, whole, is staged again. */
  files: {
    pathOf(send: StoredSend, file: WireFile): string;
    isStaged(send: StoredSend): boolean;
    wake(): void;
  };
  /** The open chat.db; undefined while it cannot be read, and then nothing is sent: nothing could be proven. */
  currentDb: () => ChatDb | undefined;
  osascriptTimeoutMs: number;
  log: Logger;
}
