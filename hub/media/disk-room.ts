import { statfs } from 'node:fs/promises';

/** The file system that a folder lies on: blocks of `bsize` bytes, `bavail` of which are free for the hub. */
export type MeasureDisk = (path: string) => Promise<{ bsize: number; blocks: number; bavail: number }>;

/** Kept free, less on a small disk: messages and their statuses need room where files have taken all they get. */
const RESERVE_BYTES = 512 * 1024 * 1024;
const RESERVE_SHARE = 0.05;
/** A file being written is measured against the disk each time it has grown by so much. */
const STEP_BYTES = 4 * 1024 * 1024;

/**
 * Hands on what is to be written under `path` while the disk has more room than the reserve; else throws an ENOSPC of its
 * own, as the disk would a little later, when nobody could write anything any more.
 */
export function leaveRoom(
  path: string,
  measure: MeasureDisk = statfs,
): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* (source) {
    let unmeasured = STEP_BYTES;
    for await (const chunk of source) {
      unmeasured += chunk.length;
      if (unmeasured >= STEP_BYTES) {
        await requireRoom(path, measure);
        unmeasured = 0;
      }
      yield chunk;
    }
  };
}

async function requireRoom(path: string, measure: MeasureDisk): Promise<void> {
  const { bsize, blocks, bavail } = await measure(path);
  const reserve = Math.min(RESERVE_BYTES, blocks * bsize * RESERVE_SHARE);
  if (bavail * bsize >= reserve) return;
  throw Object.assign(new Error('the rest of the disk is kept for messages'), { code: 'ENOSPC' });
}
