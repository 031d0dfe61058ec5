import { parseBuffer } from 'bplist-parser';

/** How often a message was edited and taken back, as its `message_summary_info` tells. */
export interface EditHistory {
  /** Texts in the history of all its parts, the first ones included. */
  edits: number;
  retracted: number;
}

// A summary is some hundred bytes, and a few kilobytes with a long history.
const MAX_BYTES = 1_000_000;

/**
 * Reads `ec` (texts of each edited part, oldest first) and `rp` (parts taken back) of the property list. Undefined when
 * there is none, or it is damaged.
 */
export function readEditHistory(summary: Uint8Array | null): EditHistory | undefined {
  if (summary === null || summary.byteLength > MAX_BYTES) return undefined;
  const root = parse(Buffer.from(summary.buffer, summary.byteOffset, summary.byteLength));
  if (typeof root !== 'object' || root === null) return undefined;
  const { ec, rp } = root as { ec?: unknown; rp?: unknown };
  const histories = typeof ec === 'object' && ec !== null ? Object.values(ec) : [];
  const edits = histories.reduce((sum: number, texts) => sum + (Array.isArray(texts) ? texts.length : 0), 0);
  return { edits, retracted: Array.isArray(rp) ? rp.length : 0 };
}

function parse(bytes: Buffer): unknown {
  try {
    return parseBuffer<unknown>(bytes)[0];
  } catch {
    return undefined;
  }
}
