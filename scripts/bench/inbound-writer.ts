import { appleNanoseconds, ChatDatabase } from '../../test/simulated-mac/chat-db/chat-database.ts';
import { encodeAttributedBody } from '../../test/simulated-mac/typedstream.ts';

const SENDER = '+12145550199';

/** Writes incoming messages as Messages does, the join last, and tells when that COMMIT returned. */
export class InboundWriter implements Disposable {
  readonly #db: ChatDatabase;

  constructor(chatDb: string) {
    this.#db = new ChatDatabase(chatDb, 'tahoe-26');
  }

  /** Commits one message; answers performance.now() right after the last COMMIT. */
  commit(text: string): number {
    const guid = crypto.randomUUID().toUpperCase();
    this.#db.insertMessage(
      {
        guid,
        text: null,
        attributedBody: encodeAttributedBody(text),
        service: 'iMessage',
        account: 'E:owner@example.com',
        date: appleNanoseconds(Date.now()),
        is_from_me: 0,
        is_delivered: 1,
        is_finished: 1,
      },
      { address: SENDER, service: 'iMessage' },
    );
    this.#db.joinMessage(guid, {
      guid: `any;-;${SENDER}`,
      style: 45,
      identifier: SENDER,
      service: 'iMessage',
      accountGuid: '00000000-0000-0000-0000-000000000001',
      accountLogin: 'E:owner@example.com',
      members: [SENDER],
    });
    return performance.now();
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
