import type { Database, Statement } from 'better-sqlite3';
import type { MessageEntry } from '../../shared/wire/journal.ts';

/** One of a message's files, as the hub is told of it. */
export type FileResult = MessageEntry['attachments'][number];

/** What became of the files of messages that wait for the journal: on the hub, or not to be had. */
export class IncomingFileStore {
  readonly #get: Statement<[string, string], { result: string }>;
  readonly #put: Statement<[string, string, string]>;
  readonly #drop: Statement<[string]>;

  constructor(db: Database) {
    this.#get = db.prepare('SELECT result FROM incoming_files WHERE message = ? AND file = ?');
    this.#put = db.prepare(
      `INSERT INTO incoming_files (message, file, result) VALUES (?, ?, ?)
       ON CONFLICT (message, file) DO UPDATE SET result = excluded.result`,
    );
    this.#drop = db.prepare('DELETE FROM incoming_files WHERE message = ?');
  }

  /** By the guids of message and attachment; undefined while nothing is decided. */
  get(message: string, file: string): FileResult | undefined {
    const found = this.#get.get(message, file);
    return found === undefined ? undefined : (JSON.parse(found.result) as FileResult);
  }

  put(message: string, file: string, result: FileResult): void {
    this.#put.run(message, file, JSON.stringify(result));
  }

  /** Forgets a message's files: its entry is in the journal. */
  drop(message: string): void {
    this.#drop.run(message);
  }
}
