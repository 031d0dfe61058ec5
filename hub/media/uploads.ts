import { createWriteStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { ApiError } from '../../shared/api/errors.ts';
import { MAX_FILE_BYTES } from '../../shared/wire/files.ts';
import type { FileStore } from '../store/files.ts';
import { hashFile, isDiskFull, type MediaFolder, sizeOf } from './media-folder.ts';
import { sniffType } from './types.ts';

export interface Upload {
  deviceId: string;
  sha256: string;
  /** Where in the file the body begins. */
  offset: number;
  /** Of the whole file. */
  length: number;
  body: Readable;
}

/** The body does not continue what the hub has, which is `offset` bytes. */
export class WrongOffsetError extends Error {
  override readonly name = 'WrongOffsetError';
  readonly offset: number;

  constructor(offset: number) {
    super(`the upload goes on at byte ${offset}`);
    this.offset = offset;
  }
}

const RETRY_AFTER_SECONDS = 60;
/** What a device may have begun and not ended; a bridge sends four files at once. */
const MOST_FILES = 64;
const MOST_BYTES = 10 * MAX_FILE_BYTES;
/** What a device may have handed over that no message names yet: a bridge tells of a file as soon as it is here. */
const MOST_UNNAMED = { files: 1_000, bytes: 50 * MAX_FILE_BYTES };

type UploadStore = Pick<FileStore, 'recordUpload' | 'countUploads'>;

/**
 * Uploads in pieces, each device's in a file of its own until it is whole and has the SHA-256 that it was announced under.
 * What arrived before a connection broke off counts, so that an upload goes on where it stopped.
 */
export class Uploads {
  readonly #folder: MediaFolder;
  readonly #store: UploadStore;
  readonly #now: () => number;
  readonly #log: Logger;
  /** Devices that were refused for what they left unnamed: said once, until they are not. */
  readonly #refused = new Set<string>();
  /** Uploads under way by their path: the body being read, and its end. */
  readonly #open = new Map<
    string,
    Pick<Upload, 'deviceId' | 'length' | 'body'> & { ended: Promise<unknown> }
  >();

  constructor(
    folder: MediaFolder,
    { store, now, log }: { store: UploadStore; now: () => number; log: Logger },
  ) {
    this.#folder = folder;
    this.#store = store;
    this.#now = now;
    this.#log = log;
  }

  /** Bytes that the hub has of a file that is not whole yet. */
  async offsetOf(deviceId: string, sha256: string): Promise<number> {
    return (await sizeOf(this.#pathOf(deviceId, sha256))) ?? 0;
  }

  /**
   * Appends the body; answers how much the hub has then. A second upload of the same file takes over from one before it,
   * whose connection may be dead without anybody having noticed. Throws WrongOffsetError, ApiError checksum_mismatch (what
   * there was is dropped), payload_too_large (more than `length`), and unavailable when there is no room.
   */
  async append(upload: Upload): Promise<number> {
    const path = this.#pathOf(upload.deviceId, upload.sha256);
    for (let before = this.#open.get(path); before; before = this.#open.get(path)) {
      before.body.destroy();
      await before.ended;
    }
    const work = this.#append(path, upload);
    const ended = work.catch(() => undefined);
    this.#open.set(path, { ...upload, ended });
    try {
      return await work;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      throw new ApiError('unavailable', 'The hub has no room for the file.', {
        retryAfter: RETRY_AFTER_SECONDS,
        cause: error,
      });
    } finally {
      if (this.#open.get(path)?.ended === ended) this.#open.delete(path);
    }
  }

  /** Removes what nobody added to since `before`. */
  async sweep(before: number): Promise<number> {
    let removed = 0;
    for (const name of await readdir(this.#folder.partial)) {
      const path = join(this.#folder.partial, name);
      const found = await stat(path).catch(() => undefined);
      if (!found || found.mtimeMs >= before || this.#open.has(path)) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }

  async #append(path: string, { deviceId, sha256, offset, length, body }: Upload): Promise<number> {
    const had = (await sizeOf(path)) ?? 0;
    if (offset !== had || had > length) {
      // More than the whole: a piece of an upload that announced another length.
      if (had > length) await rm(path, { force: true });
      throw new WrongOffsetError(had > length ? 0 : had);
    }
    await this.#checkUnnamed(deviceId, length);
    await this.#makeRoomFor(path, deviceId, length);
    await this.#writeBody(path, body, length - had);
    const has = (await sizeOf(path)) ?? 0;
    if (has < length) return has;
    if ((await hashFile(path)) !== sha256) {
      await rm(path, { force: true });
      throw new ApiError(
        'checksum_mismatch',
        'The file does not have the SHA-256 that it was announced under; it was dropped.',
      );
    }
    const mime_type = await sniffType(path);
    await this.#folder.keep(path, sha256, () =>
      this.#store.recordUpload(deviceId, { sha256, size: length, mime_type }, this.#now()),
    );
    return length;
  }

  /** Throws rate_limited when the device has handed over too much that nothing needs. */
  async #checkUnnamed(deviceId: string, length: number): Promise<void> {
    const { files, bytes } = await this.#store.countUploads(deviceId);
    if (files < MOST_UNNAMED.files && bytes + length <= MOST_UNNAMED.bytes) {
      this.#refused.delete(deviceId);
      return;
    }
    if (!this.#refused.has(deviceId))
      this.#log.warn(
        { device_id: deviceId, files, bytes },
        'a device has handed over too many files that no message names; more are refused until its messages name them, or HUB_MEDIA_RETENTION is over',
      );
    this.#refused.add(deviceId);
    throw new ApiError(
      'rate_limited',
      `The device has handed over ${files} files that no message names; it must name some of them first.`,
      { retryAfter: RETRY_AFTER_SECONDS },
    );
  }

  #pathOf(deviceId: string, sha256: string): string {
    return join(this.#folder.partial, `${deviceId}.${sha256}`);
  }

  /**
   * Sees that what the device has begun stays within its bounds, this upload included: what it left off longest ago goes.
   * Throws rate_limited when all of it is under way.
   */
  async #makeRoomFor(path: string, deviceId: string, length: number): Promise<void> {
    const idle: { path: string; size: number; at: number }[] = [];
    let files = 1;
    let bytes = length;
    for (const [other, { deviceId: owner, length }] of this.#open) {
      // Those that came later count this one.
      if (other === path) break;
      if (owner !== deviceId) continue;
      files += 1;
      bytes += length;
    }
    for (const name of await readdir(this.#folder.partial)) {
      const other = join(this.#folder.partial, name);
      if (!name.startsWith(`${deviceId}.`) || this.#open.has(other)) continue;
      const found = await stat(other).catch(() => undefined);
      if (found) idle.push({ path: other, size: found.size, at: found.mtimeMs });
    }
    files += idle.length;
    bytes += idle.reduce((sum, { size }) => sum + size, 0);
    for (const oldest of idle.sort((a, b) => a.at - b.at)) {
      if (files <= MOST_FILES && bytes <= MOST_BYTES) return;
      if (this.#open.has(oldest.path)) continue;
      await rm(oldest.path, { force: true });
      files -= 1;
      bytes -= oldest.size;
    }
    if (files > MOST_FILES || bytes > MOST_BYTES)
      throw new ApiError('rate_limited', 'The device uploads too much at once; let some of it end first.', {
        retryAfter: RETRY_AFTER_SECONDS,
      });
  }

  async #writeBody(path: string, body: Readable, room: number): Promise<void> {
    let left = room;
    const limit = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        if (chunk.length > left)
          throw new ApiError('payload_too_large', 'The body goes beyond the Upload-Length of the file.');
        left -= chunk.length;
        yield chunk;
      }
    };
    try {
      await pipeline(
        body,
        limit,
        this.#folder.leaveRoom,
        createWriteStream(path, { flags: 'a', mode: 0o600 }),
      );
    } catch (error) {
      if (error instanceof ApiError || isDiskFull(error) || !body.destroyed || body.readableEnded)
        throw error;
      throw new ApiError('invalid_field', 'The upload broke off; what arrived is kept.', { cause: error });
    }
  }
}
