import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Logger } from 'pino';
import { MAX_FILE_BYTES } from '../../shared/wire/files.ts';
import type { MessageEntry } from '../../shared/wire/journal.ts';
import type { FileDesk } from '../chat-db/read-inbox.ts';
import type { AttachmentRow } from '../chat-db/rows.ts';
import type { FileResult } from '../store/incoming-file-store.ts';
import type { BridgeStore } from '../store/open-store.ts';
import { convertFile, type PresentedFile } from './convert.ts';
import { type Located, locateFile, presentName } from './incoming-path.ts';
import { Places } from './places.ts';
import { hashFile, type Uploader, UploadRefusedError } from './upload.ts';

const DONE = 5;
const FAILED = 6;
// Messages may try again by itself.
const FAILED_GRACE_MS = 10_000;
const FILES_AT_ONCE = 4;

export interface IncomingOptions {
  store: BridgeStore;
  uploader: Pick<Uploader, 'upload'>;
  /** The owner's home folder, which `~/` stands for. */
  home: string;
  /** Folders that files of messages lie in. */
  roots: readonly string[];
  /** How long Messages may take to fetch a file, in milliseconds. */
  deadlineMs: number;
  /** Where converted files lie until they are on the hub; undefined: nothing is converted. */
  convertedFolder: string | undefined;
  /** Something was decided: messages that waited for it may go. */
  onProgress: () => void;
  log: Logger;
}

interface About {
  message: { guid: string; rowId: number };
  file: AttachmentRow;
}

/**
 * Brings files of incoming messages to the hub: waits until Messages has them whole, then uploads. What became of each
 * is on disk, so a restart goes on from there. Messages gets the deadline to fetch a file; the hub may stay away for ever.
 */
export class IncomingFiles implements FileDesk, AsyncDisposable {
  readonly #options: IncomingOptions;
  readonly #jobs = new Map<string, Promise<void>>();
  readonly #troubled = new Set<string>();
  /** An upload that fails gives its place away until it tries again: the hub may refuse only some files. */
  readonly #places = new Places(FILES_AT_ONCE);
  readonly #stopping = new AbortController();

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  resultsOf(
    message: { guid: string; rowId: number },
    files: readonly AttachmentRow[],
    waitedMs: number,
  ): MessageEntry['attachments'] | undefined {
    const results: FileResult[] = [];
    for (const file of files) {
      const known = this.#options.store.incomingFiles.get(message.guid, file.guid);
      const result = known ?? this.#decide({ message, file }, waitedMs);
      if (result !== undefined) results.push(result);
    }
    return results.length === files.length ? results : undefined;
  }

  forget(message: string): void {
    this.#options.store.incomingFiles.drop(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#jobs.values());
  }

  /** Gives a file up, or starts to bring it to the hub; undefined while it is to be waited for. */
  #decide(about: About, waitedMs: number): FileResult | undefined {
    const { home, roots, deadlineMs } = this.#options;
    const { file } = about;
    const key = keyOf(about);
    if (this.#jobs.has(key)) return undefined;
    const located: Located = file.path ? locateFile(file.path, home, roots) : { kind: 'missing' };
    if (located.kind === 'outside') return this.#giveUp(about, located.why);
    const isThere = located.kind === 'there' && file.transferState === DONE;
    if (isThere && located.size > MAX_FILE_BYTES) return this.#giveUp(about, 'it is too large');
    const isLate = waitedMs >= deadlineMs;
    if (isThere && (file.size === 0 || located.size === file.size) && !(isLate && this.#troubled.has(key))) {
      if (this.#places.tryTake()) this.#start(about, located.path);
      return undefined;
    }
    if (isLate) return this.#giveUp(about, 'Messages did not fetch it in time');
    if (file.transferState === FAILED && waitedMs >= Math.min(FAILED_GRACE_MS, deadlineMs))
      return this.#giveUp(about, 'Messages could not fetch it');
    return undefined;
  }

  #giveUp({ message, file }: About, why: string): FileResult {
    const { store, log } = this.#options;
    const name = presentName(file.name ?? (file.path && basename(file.path)));
    const result: FileResult = { name, unavailable: 'attachment_unavailable' };
    store.incomingFiles.put(message.guid, file.guid, result);
    log.warn(
      { row_id: message.rowId, guid: message.guid },
      `An attachment of row ${message.rowId} in chat.db cannot be had: ${why}.`,
    );
    return result;
  }

  #start(about: About, path: string): void {
    const key = keyOf(about);
    const job = this.#bring(about, path)
      .then(() => void this.#troubled.delete(key))
      .catch((error: unknown) => {
        if (this.#stopping.signal.aborted) return;
        if (!(error instanceof UploadRefusedError)) throw error;
        this.#giveUp(about, `the hub refuses it. ${error.message}`);
        this.#troubled.delete(key);
      })
      .catch((error: unknown) => {
        this.#troubled.add(key);
        this.#options.log.debug(
          { row_id: about.message.rowId, err: error },
          'a file was not brought to the hub',
        );
      })
      .finally(() => {
        this.#jobs.delete(key);
        this.#places.give();
        if (!this.#stopping.signal.aborted && !this.#troubled.has(key)) this.#options.onProgress();
      });
    this.#jobs.set(key, job);
  }

  async #bring({ message, file }: About, path: string): Promise<void> {
    const { store, uploader, convertedFolder, log } = this.#options;
    const { signal } = this.#stopping;
    const original: PresentedFile = {
      path,
      name: presentName(file.name ?? basename(path)),
      mimeType: file.mimeType?.slice(0, 255) || 'application/octet-stream',
    };
    const converted =
      convertedFolder === undefined ? undefined : await convertFile(original, convertedFolder, log, signal);
    try {
      const given = converted ?? original;
      const local = await hashFile(given.path, signal);
      if (local.size > MAX_FILE_BYTES) throw new UploadRefusedError('It is too large.');
      await uploader.upload(local, signal, (rest) => this.#places.without(rest));
      const { sha256, size } = local;
      store.relaxedTransaction(() =>
        store.incomingFiles.put(message.guid, file.guid, {
          sha256,
          name: given.name,
          mime_type: given.mimeType,
          size,
        }),
      );
    } finally {
      if (converted !== undefined) await rm(converted.path, { force: true });
    }
  }
}

function keyOf({ message, file }: About): string {
  return `${message.guid}\0${file.guid}`;
}
