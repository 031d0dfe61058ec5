import type { WireFile } from '../../shared/wire/files.ts';

/** Content that the hub has whole. `mime_type` is what it shows itself to be, whatever anybody claimed. */
export interface StoredFile {
  sha256: string;
  size: number;
  mime_type: string;
}

/** Makes the link under which a client gets a file, and says until when (epoch milliseconds) it is good. */
export type LinkTo = (
  file: StoredFile & { name: string },
  now: number,
) => { url: string; expires_at: number };

/** Fetches at once at most. A workspace without any gets one even when all places are taken. */
export interface FetchPlaces {
  total: number;
  per_workspace: number;
  /** Of one workspace from one host. */
  per_host: number;
}

/** A file of an outgoing message, to be fetched. */
export interface ClaimedFetch {
  /** The hub's id of the message. */
  id: string;
  /** Place among the files of the message, from 0. */
  n: number;
  location_id: string;
  url: string;
  /** Number of this fetch, 1 for the first. */
  attempt: number;
}

export type FetchOutcome =
  | { kind: 'stored'; file: WireFile }
  /** `counts`: it was the other side's fault, and one of its tries is used up. */
  | { kind: 'retry'; at: number; counts: boolean; reason: string }
  | { kind: 'unavailable'; reason: string };

export interface FileStore {
  /**
   * Claims files that are due, counting the fetch. What one workspace or one host keeps waiting takes no place from
   * others.
   */
  claimFetches(
    request: { owner: string; lease_until: number; places: FetchPlaces },
    now: number,
  ): Promise<ClaimedFetch[]>;
  /**
   * Records what came of a fetch; one whose lease another took over, or whose message ended meanwhile, is `void`. `ready`:
   * it was the last file the message waited for, which may now be routed, and with it what waited behind. `failed`: the
   * message FAILED with attachment_unavailable and is announced.
   */
  settleFetch(
    owner: string,
    fetch: Pick<ClaimedFetch, 'id' | 'n'>,
    outcome: FetchOutcome,
    now: number,
  ): Promise<'ready' | 'waiting' | 'failed' | 'void'>;
  /** Gives back what this owner claimed and did not settle, uncounted. */
  releaseFetches(owner: string): Promise<void>;
  /** Notes that the hub has this content whole. */
  recordFile(file: StoredFile, now: number): Promise<void>;
  /** The same of a file that a device handed over; it counts as the device's until a message names it. */
  recordUpload(deviceId: string, file: StoredFile, now: number): Promise<void>;
  /** What a device handed over that no message has named. */
  countUploads(deviceId: string): Promise<{ files: number; bytes: number }>;
  findFile(sha256: string): Promise<StoredFile | undefined>;
  /** The same, and keeps it from being forgotten for the whole time of retention. */
  touchFile(sha256: string, now: number): Promise<StoredFile | undefined>;
  /** The file, when it belongs to a message that was given to this device. */
  findGrantedFile(deviceId: string, sha256: string): Promise<StoredFile | undefined>;
  /** Content that nothing used since `before`, that no message waits with, and that no live link leads to. */
  listUnneededFiles(request: { before: number; limit: number }, now: number): Promise<string[]>;
  /** Forgets the content if that is still so; whether it did. */
  forgetFile(sha256: string, before: number, now: number): Promise<boolean>;
  /** Those of the hashes that the store does not know. */
  listUnknownFiles(sha256s: string[]): Promise<string[]>;
}
