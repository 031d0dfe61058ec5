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
    const rows = this.#db.all(
      `SELECT c.ROWID AS id, c.guid, c.style, c.chat_identifier, c.service_name, c.account_id, c.account_login, c.display_name
       FROM chat c JOIN chat_message_join j ON j.chat_id = c.ROWID JOIN message m ON m.ROWID = j.message_id
       WHERE m.is_from_me = 0 GROUP BY c.ROWID ORDER BY max(m.date) DESC LIMIT ?`,
      KEPT,
    );
    for (const row of rows.reverse()) {
      const members = this.#db.all(
        'SELECT h.id FROM chat_handle_join j JOIN handle h ON h.ROWID = j.handle_id WHERE j.chat_id = ?',
        row.id ?? 0,
      );
      this.touch({
        guid: String(row.guid),
        style: row.style === 43n ? 43 : 45,
        identifier: String(row.chat_identifier),
        service: String(row.service_name),
        accountGuid: String(row.account_id),
        accountLogin: String(row.account_login),
        members: members.map((member) => String(member.id)),
        ...(row.display_name ? { displayName: String(row.display_name) } : {}),
      });
    }
  }

  touch(chat: ChatSpec): void {
    this.#chats.delete(chat.guid);
    this.#chats.set(chat.guid, chat);
    const oldest = this.#chats.keys().next();
    if (this.#chats.size > KEPT && !oldest.done) this.#chats.delete(oldest.value);
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
