import type { ChatDatabase, ChatSpec } from '../chat-db/chat-database.ts';

/** Of hundreds of conversations Messages keeps only the recent ones in memory; scripts see no others. */
const KEPT = 40;

/**
 * The chats that `chat id` can reach. A conversation enters when a message arrives in it, and leaves when forty others
 * were busier; one that only ever sent is not among them until Messages is started again.
 */
export class LoadedChats {
  readonly #db: ChatDatabase;
  readonly #chats = new Map<string, ChatSpec>();

  constructor(db: ChatDatabase) {
    this.#db = db;
    this.reload();
  }

  /** What Messages reads when it starts: the conversations with the latest inbound messages. */
  reload(): void {
    this.#chats.clear();
    const recent = this.#db.chats(
      `c.ROWID IN (SELECT j.chat_id FROM chat_message_join j JOIN message m ON m.ROWID = j.message_id
         WHERE m.is_from_me = 0 GROUP BY j.chat_id ORDER BY max(m.date) DESC LIMIT ${KEPT})
       ORDER BY (SELECT max(j.message_date) FROM chat_message_join j WHERE j.chat_id = c.ROWID)`,
    );
    for (const chat of recent) this.touch(chat);
  }

  touch(chat: ChatSpec): void {
    this.#chats.delete(chat.guid);
    this.#chats.set(chat.guid, chat);
    const oldest = this.#chats.keys().next();
    if (this.#chats.size > KEPT && !oldest.done) this.#chats.delete(oldest.value);
  }

  unload(guid: string): void {
    this.#chats.delete(guid);
  }

  forget(): void {
    this.#chats.clear();
  }

  find(guid: string): ChatSpec | undefined {
    return this.#chats.get(guid);
  }

  all(): ChatSpec[] {
    return [...this.#chats.values()].reverse();
  }
}
